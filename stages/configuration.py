"""params.yaml as it stands."""

from pathlib import Path
from typing import Any

import yaml

from stages.errors import UserError

PATH = Path("params.yaml")


def read_all(path: Path = PATH) -> dict[str, Any]:
    """Reads the whole of params.yaml.

    Raises:
        UserError: If the file is missing, not YAML, or not a mapping.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run from the root of the repository") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text ({error})") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(values, dict):
        raise UserError(f"{path}: expected sections such as `problems:`, found {type(values).__name__}")
    return values


def tasks(path: Path = PATH) -> list[str]:
    """Returns the names of the tasks that are built."""
    names = read_all(path).get("tasks")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise UserError(f"{path}: `tasks` must be a list of task names, such as [fol, math]")
    return names
