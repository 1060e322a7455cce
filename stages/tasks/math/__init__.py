"""Word problems over exact rational numbers, solved by arithmetic calls."""

from stages.tasks.math.checking import check
from stages.tasks.task import Task

TASK = Task(
    name="math",
    instructions="Solve the problem.",
    check=check,
    confusions={
        "add": "multiply",
        "subtract": "add",
        "multiply": "add",
        "divide": "multiply",
        "percent": "divide",
    },
    ordered=frozenset({"subtract", "divide"}),
    failing_call="divide(a=1, b=0)",
)
