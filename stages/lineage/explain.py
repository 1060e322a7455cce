"""Which stages `dvc repro` would run, and why: down to the function, constant, parameter, file or library."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from .changes import Changes, Reason
from .errors import LineageError
from .project import FILE, Project, parse_project
from .snapshot import Snapshot, counts

Notes = Callable[[str], Mapping[str, int]]
RUNS, MAY_RUN, SKIPPED = "runs", "may run", "skipped"


@dataclass(frozen=True)
class Stage:
    """What `dvc repro` would do with a stage.

    Attributes:
        name: As DVC addresses it.
        state: `runs`; `may run`, if the result of a stage that it depends on changes; or `skipped`.
        reasons: Why; empty for a skipped stage.
        keys: The keys of the fingerprints file that it reads.
        needs: The stages that it depends on.
        notes: What else is known of it: name to number.
    """

    name: str
    state: str
    reasons: list[Reason]
    keys: list[str]
    needs: list[str]
    notes: Mapping[str, int] = field(default_factory=dict)


def no_notes(_: str) -> Mapping[str, int]:
    """Returns that nothing else is known."""
    return {}


class Explanation:
    """All stages of a project, in an order in which they can run; `changes` knows the code that they run.

    Args:
        project: Whose stages.
        notes: Says what else is known of a stage that may run, by its name.
    """

    def __init__(self, project: Project, notes: Notes = no_notes) -> None:
        self._notes = notes
        with _repository(project) as repository:
            self.changes = Changes(project, lambda: _committed(project, repository))
            self._fingerprints = project.fingerprints.as_posix()
            self.stages = list(self._explained(repository))

    def _explained(self, repository: Any) -> Iterator[Stage]:
        index = repository.index
        order = TopologicalSorter({stage: list(index.graph.successors(stage)) for stage in index.stages})
        states: dict[str, str] = {}
        for stage in order.static_order():
            needs = [before for before in index.graph.successors(stage) if _feeds(before, stage)]
            changing = [before for before in needs if states[before.addressing] != SKIPPED]
            upstream = sorted(before.addressing for before in changing)
            reasons = [] if stage.frozen else list(self._reasons(stage, changing))
            states[stage.addressing] = RUNS if reasons else MAY_RUN if upstream else SKIPPED
            if not stage.frozen:
                reasons += [Reason("upstream", name, states[name]) for name in upstream]
            keys = [key for each in stage.params if self._names_code(each) for key in each.params]
            names = sorted(before.addressing for before in needs)
            state = states[stage.addressing]
            notes = {} if state == SKIPPED else self._notes(stage.addressing)
            yield Stage(stage.addressing, state, reasons, keys, names, notes)

    def _reasons(self, stage: Any, changing: list[Any]) -> Iterator[Reason]:
        if not any(dep.hash_info for dep in [*stage.deps, *stage.outs]):
            yield Reason("new", stage.addressing, "never ran")
            return
        if stage.cmd_changed:
            yield Reason("command", stage.cmd)
        if stage.always_changed:
            yield Reason("always", stage.addressing, "runs always")
        parameters = [dep for dep in stage.deps if dep in stage.params]
        for dep in parameters:
            recorded = dep.hash_info.value or {} if dep.hash_info else {}
            if self._names_code(dep):
                yield from self.changes.of({key: recorded.get(key) for key in dep.params})
            else:
                yield from _parameters(dep, recorded)
        coming = [out for before in changing for out in before.outs]
        for entry in [*(dep for dep in stage.deps if dep not in parameters), *stage.outs]:
            if not any(_overlap(entry, out) for out in coming):
                yield from (Reason("data", path, change) for path, change in entry.status().items())

    def _names_code(self, dep: Any) -> bool:
        return bool(dep.def_path == self._fingerprints)

    def as_json(self) -> str:
        """Returns everything as JSON."""
        return json.dumps({"stages": [asdict(stage) for stage in self.stages]}, indent=2)


def _feeds(before: Any, stage: Any) -> bool:
    """Returns whether a stage depends on another for data, not only because that writes the fingerprints."""
    return any(_overlap(out, dep) for out in before.outs for dep in stage.deps if dep not in stage.params)


def _overlap(one: Any, other: Any) -> bool:
    first, second = f"{one.fs_path}/", f"{other.fs_path}/"
    return first.startswith(second) or second.startswith(first)


def _parameters(dep: Any, recorded: dict[str, Any]) -> Iterator[Reason]:
    now = dep.read_params()
    for key in dep.params or sorted({*now, *recorded}):
        for name, old, new in _leaves(key, recorded.get(key), now.get(key)):
            change = "added" if old is None else "removed" if new is None else "changed"
            yield Reason("parameter", name, change, root=dep.def_path, old=old, new=new)


def _leaves(key: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yields the parts of a parameter that differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from _leaves(f"{key}.{name}", old.get(name), new.get(name))
    elif old != new:
        yield key, old, new


@contextmanager
def _repository(project: Project) -> Iterator[Any]:
    from dvc.exceptions import DvcException
    from dvc.lock import LockError
    from dvc.repo import Repo

    try:
        with Repo(str(project.folder)) as repository, repository.lock:
            yield repository
    except LockError:
        raise LineageError("another DVC command is running in this workspace; try again when it is done") from None
    except DvcException as error:
        raise LineageError(f"DVC can't read the pipeline: {error}") from None


def _committed(project: Project, repository: Any) -> Snapshot | None:
    """Returns the project's files as of the last commit; None if there is none."""
    from dvc.scm import NoSCMError
    from scmrepo.exceptions import SCMError

    try:
        files = repository.scm.get_fs("HEAD")
        top = project.folder.relative_to(repository.scm.root_dir).as_posix().removeprefix(".")
        place = f"/{top}/".replace("//", "/")
        then = parse_project(files.cat_file(f"{place}{FILE}"), project.folder)
        package = f"{place}{then.package_folder}/"
        names = sorted(name.removeprefix(package) for name in files.find(package))
        content = {name: files.cat_file(package + name) for name in names if counts(name)}
        return Snapshot(then, content, {str(lock): files.cat_file(f"{place}{lock}") for lock in then.locks})
    except (LineageError, OSError, ValueError, SCMError, NoSCMError):
        return None
