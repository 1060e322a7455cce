"""Stage `fingerprint`: what each stage's code is, as parameters for DVC."""

from stages.errors import UserError
from stages.lineage import LineageError, read_project, update


def run() -> None:
    """Writes the file of fingerprints that the other stages read their keys of.

    Raises:
        UserError: If the configuration is wrong, or code imports something by a name that can't be told.
    """
    try:
        update(read_project())
    except LineageError as error:
        raise UserError(str(error)) from None
