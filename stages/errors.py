"""The one exception that is meant for people."""


class UserError(Exception):
    """Something in the configuration or the data that its user can mend.

    The message is one short text that names the file, key or line and the remedy. The launcher prints it
    without a traceback and exits with code 1.
    """
