"""The page's script, outside this product: with copies of the three modules, on pairs of our own."""

import os
import re
import subprocess
import sys

from stages.files import write_jsonl
from tests import tiny
from tests.preferences.test_pairs import Setting
from tests.workspace import ROOT

MODULES = ("token_tree.py", "shared_prefixes.py", "shared_prefix_trainer.py")


def test_the_script_runs_with_the_three_modules_alone(tmp_path):
    page = (ROOT / "docs/shared_prefix.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "script.py").write_text(outside(script) + "assert trainer.prefixes_shared\n", encoding="utf-8")
    for name in MODULES:
        text = (ROOT / "stages/student" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(outside(text), encoding="utf-8")
    tiny.model().save_pretrained(tmp_path / "MODEL")
    tiny.tokenizer().save_pretrained(tmp_path / "MODEL")
    write_jsonl(tmp_path / "pairs.jsonl", [pair.record() for pair in Setting("math", ["arithmetic"], [1]).pairs[:20]])
    environment = os.environ | {"HF_HOME": str(tmp_path / "cache"), "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "train_loss" in done.stdout
    assert list((tmp_path / "trained").glob("checkpoint-*/adapter_model.safetensors"))


def outside(text):
    return text.replace("stages.student.", "")
