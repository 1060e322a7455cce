"""Roots that run together pass objects to each other: what one does decides what of the other counts."""

from pathlib import Path

import pytest

from tests.lineage.toy import Toy

FILES = {
    "main.py": """
    import importlib
    import inspect
    from toy import fill
    from toy.registry import KINDS

    class Job:
        def size(self): return 1
        def unused(self): return 2

    def run(name):
        plugin = importlib.import_module(f"toy.plugins.{name}").PLUGIN
        return plugin.work(Job()), inspect.getdoc(plugin.work), KINDS
    """,
    "fill.py": "from toy.registry import KINDS, OTHERS\nKINDS['a'] = lambda: 3\nOTHERS['a'] = lambda: 4\n",
    "registry.py": "KINDS = {}\nOTHERS = {}\n",
    "alone.py": "from toy.main import Job\ndef alone(): return Job()\n",
    "plugins/one.py": """
    from toy.registry import OTHERS

    class Plugin:
        def work(self, job):
            '''Works well.'''
            return self._twice(job.size()), OTHERS

        def _twice(self, x): return x * 5

        def unused(self): return 6

    PLUGIN = Plugin()
    """,
    "plugins/two.py": "PLUGIN = 7\n",
    "verbs.py": "def verb(x): return x.unused()\n",
}
ROOTS = {"main": "toy.main:run", "plugins.*": "toy.plugins.*:PLUGIN", "alone": "toy.alone:alone"}
EDITS = {
    "a called method of the plugin": ("plugins/one.py", "job.size())", "job.size() + 1)", {"plugins.one"}),
    "what that calls": ("plugins/one.py", "x * 5", "x * 6", {"plugins.one"}),
    "a method of the importer's that the plugin calls": ("main.py", "return 1", "return 10", {"main"}),
    "a method that neither calls": ("main.py", "return 2", "return 20", set()),
    "a method of the plugin that neither calls": ("plugins/one.py", "return 6", "return 60", set()),
    "a registration for the importer": ("fill.py", "3", "30", {"main"}),
    "a registration for the plugin": ("fill.py", "4", "40", {"main"}),
    "documentation that the importer reads": ("plugins/one.py", "Works well.", "Works.", {"plugins.one"}),
    "the other plugin": ("plugins/two.py", "7", "70", {"plugins.two"}),
}


@pytest.mark.parametrize(("name", "old", "new", "keys"), EDITS.values(), ids=EDITS.keys())
def test_edits_of_what_passes_between_roots(tmp_path: Path, name: str, old: str, new: str, keys: set[str]):
    toy = Toy(tmp_path, FILES, ROOTS)
    before = toy.all()
    toy.replace(name, old, new)
    after = toy.all()
    assert {key for key in before if before[key] != after[key]} == keys
