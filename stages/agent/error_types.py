"""The one list of ways in which a step can be wrong; chains, pairs, evaluation and report all use it."""

from enum import StrEnum

CORRECT = "correct"


class ErrorType(StrEnum):
    """How a step, or the chain that it decided, went wrong."""

    MALFORMED = "malformed"
    UNKNOWN_FUNCTION = "unknown_function"
    WRONG_FUNCTION = "wrong_function"
    WRONG_ARGUMENT = "wrong_argument"
    WRONG_ORDER = "wrong_order"
    PREMATURE_STOP = "premature_stop"
    WRONG_ANSWER = "wrong_answer"
    LOOP = "loop"
    STEP_LIMIT = "step_limit"
    EXECUTION_ERROR = "execution_error"


class CallError(Exception):
    """A call that cannot be made or failed; its message is for the model, in the voice of the agent."""

    def __init__(self, error: ErrorType, message: str) -> None:
        super().__init__(message)
        self.error = error
