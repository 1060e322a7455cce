"""Ways to spoil a workspace: each gives a function that changes the files in a folder."""

import json
import shutil

import yaml

from tests.workspace import overlaid


def params(**changes):
    """Lays changes over params.yaml; `None` in the place of a section removes it."""

    def spoil(folder):
        path = folder / "params.yaml"
        path.write_text(yaml.safe_dump(overlaid(yaml.safe_load(path.read_text()), changes)))

    return spoil


def without(*keys):
    def spoil(folder):
        path = folder / "params.yaml"
        values = yaml.safe_load(path.read_text())
        place = values
        for key in keys[:-1]:
            place = place[key]
        del place[keys[-1]]
        path.write_text(yaml.safe_dump(values))

    return spoil


def content(path, text):
    return lambda folder: (folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())


def line(path, number, text):
    def spoil(folder):
        lines = (folder / path).read_text(encoding="utf-8").splitlines()
        lines[number - 1] = text
        (folder / path).write_text("\n".join(lines) + "\n", encoding="utf-8")

    return spoil


def field(path, number, key, *value):
    """Sets a field of a row, or removes it if no value is given."""

    def spoil(folder):
        lines = (folder / path).read_text(encoding="utf-8").splitlines()
        row = json.loads(lines[number - 1])
        row.pop(key)
        line(path, number, json.dumps({**row, **({key: value[0]} if value else {})}))(folder)

    return spoil


def removed(path):
    def spoil(folder):
        shutil.rmtree(folder / path) if (folder / path).is_dir() else (folder / path).unlink()

    return spoil
