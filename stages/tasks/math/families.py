"""The procedural families. A new family is one more `Story` here."""

from stages.tasks.math.stories import Story

FAMILIES = {
    "collecting": Story(
        openings=["{name} has {n} {thing}.", "{name} starts with {n} {thing}."],
        moves={
            "add": ["{name} finds {n} more.", "{name} buys {n} more.", "{name} gets {n} more."],
            "subtract": ["{name} loses {n}.", "{name} gives away {n}.", "{name} sells {n}."],
            "multiply": ["Later {name} has {n} times as many."],
            "percent": ["{name} keeps only {n} percent of them."],
        },
        question="How many {thing} does {name} have now?",
    ),
    "sharing": Story(
        openings=["{name} has {n} {thing} to share.", "{name} brings {n} {thing}."],
        moves={
            "divide": ["{name} takes one of {n} equal shares."],
            "add": ["{name} finds {n} more.", "{name} gets {n} more."],
            "subtract": ["{name} gives away {n}.", "{name} loses {n}."],
            "percent": ["{name} keeps only {n} percent of them."],
        },
        question="How many {thing} are left for {name}?",
    ),
    "comparing": Story(
        openings=["{name} has {n} {thing}."],
        moves={
            "add": ["{after} has {n} more than {before}."],
            "subtract": ["{after} has {n} fewer than {before}."],
            "multiply": ["{after} has {n} times as many as {before}."],
            "percent": ["{after} has {n} percent as many as {before}."],
        },
        question="How many {thing} does {after} have?",
    ),
    "travel": Story(
        openings=["{name} drives a bus at {n} km an hour.", "{name} rides a train at {n} km an hour."],
        first={"multiply": ["The trip takes {n} hours."]},
        moves={
            "add": ["A closed road makes the way {n} km longer."],
            "subtract": ["A new road makes the way {n} km shorter."],
            "divide": ["{name} goes only one of {n} equal parts of the way."],
            "percent": ["{name} goes only {n} percent of the way."],
        },
        question="How many km does {name} go?",
        start=(10, 80),
        counted=False,
    ),
    "shopping": Story(
        openings=["In a shop, {thing} cost {n} dollars each."],
        first={"multiply": ["{name} buys {n} of them."]},
        moves={
            "add": ["A bag adds {n} dollars.", "{name} adds a tip of {n} dollars."],
            "subtract": ["A coupon takes {n} dollars off."],
            "divide": ["{name} pays one of {n} equal shares."],
            "percent": ["On sale, {name} pays only {n} percent of it."],
        },
        question="How many dollars does {name} pay?",
        start=(2, 60),
        counted=False,
    ),
}
