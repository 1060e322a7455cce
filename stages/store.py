"""Verb `store`: looks after the completions that were paid for."""

import argparse
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from stages.completions.seeds import read_rows
from stages.completions.store import FILE, Store, folder
from stages.errors import UserError
from stages.files import write_jsonl

_DAY = 24 * 60 * 60


def run(argv: list[str]) -> int:
    """Runs `store info | verify [--repair] | prune --days N | export FILE | import FILE…` and returns the exit code.

    Raises:
        UserError: If there is no store to look after, or it or a file cannot be used.
    """
    options = _parser().parse_args(argv)
    return _ACTIONS[options.action](options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stages store", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("info", help="where the store is, and what is in it")
    verify = actions.add_parser("verify", help="check that every completion is as it was written")
    verify.add_argument("--repair", action="store_true", help="keep what can be read, drop what is damaged")
    prune = actions.add_parser("prune", help="remove old completions")
    prune.add_argument("--days", type=_days, required=True, help="remove what was kept longer ago than this")
    export = actions.add_parser("export", help="write all completions as JSON Lines")
    export.add_argument("file", type=Path)
    import_ = actions.add_parser("import", help="add completions of exports, or of files of chains")
    import_.add_argument("file", type=Path, nargs="+")
    return parser


def _days(text: str) -> int:
    days = int(text)
    if days < 0:
        raise ValueError
    return days


def _existing(writable: bool = False) -> Store:
    if not (folder() / FILE).exists():
        raise UserError(f"{folder() / FILE}: there is no store yet; a teacher that is a language model makes it")
    return Store(folder(), writable)


def _info(_: argparse.Namespace) -> int:
    store = _existing()
    print(f"{store.path}: {len(store)} completions, {store.path.stat().st_size / 1e6:.1f} MB")
    return 0


def _verify(options: argparse.Namespace) -> int:
    store = _existing(writable=options.repair)
    good, damaged = store.repair() if options.repair else store.verify()
    kept = ", removed" if options.repair else ""
    print(f"{store.path}: {good} completions as they were written, {damaged} damaged{kept}")
    return 1 if damaged and not options.repair else 0


def _prune(options: argparse.Namespace) -> int:
    print(f"{_existing(writable=True).forget(int(time.time()) - options.days * _DAY)} completions removed")
    return 0


def _export(options: argparse.Namespace) -> int:
    rows = ({"key": key, "response": response} for key, response in _existing().rows() if response is not None)
    print(f"{options.file}: {write_jsonl(options.file, rows)} completions")
    return 0


def _import(options: argparse.Namespace) -> int:
    store = Store(folder())
    for file in options.file:
        print(f"{file}: {store.add_missing(read_rows(file))} completions added")
    return 0


_ACTIONS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "info": _info,
    "verify": _verify,
    "prune": _prune,
    "export": _export,
    "import": _import,
}
