"""Cases of `test_constructs`, part 1 of 4."""

from tests.lineage.constructs.case import case

CASES = [
    case(
        "functions",
        """
        def run(x=LIVE1):
            return helper(x) + LIVE2

        def helper(x):
            return inner(x) + LIVE3

        def inner(x):
            return helper(x - 1) if x else LIVE4

        def unused():
            return DEAD1
        """,
    ),
    case(
        "constants",
        """
        A = LIVE1
        B = A + LIVE2
        C: int = LIVE3
        D, E = LIVE4, LIVE5
        F = DEAD1
        G: int
        H = [LIVE6]
        H += [LIVE7]
        H.append(LIVE8)
        I = {}
        I["a"] = LIVE9
        J = [DEAD2]
        J.append(DEAD3)

        def run():
            return B, C, D, H, I
        """,
    ),
    case(
        "imports",
        """
        import toy.a
        import toy.b as renamed
        from toy.c import f, g as h, unused
        from . import d
        from .e import *
        from .pkg import exported

        def run():
            from toy.local import local
            import toy.local2 as l2
            return toy.a.f(), renamed.f(), f(), h(), d.f(), starred(), exported(), local(), l2.f()
        """,
        a="def f(): return LIVE1\ndef g(): return DEAD1",
        b="def f(): return LIVE2\ndef g(): return DEAD2",
        c="def f(): return LIVE3\ndef g(): return LIVE4\ndef unused(): return DEAD3",
        d="def f(): return LIVE5\ndef g(): return DEAD4",
        e="def starred(): return LIVE6\ndef other(): return DEAD5",
        pkg____init__="from toy.pkg.inner import function as exported, other",
        pkg__inner="def function(): return LIVE7\ndef other(): return DEAD6",
        local="def local(): return LIVE8\ndef g(): return DEAD7",
        local2="def f(): return LIVE9\ndef g(): return DEAD8",
    ),
    case(
        "conditional imports and definitions",
        """
        import sys
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from toy.types import Kind
        try:
            from toy.fast import work
        except ImportError:
            from toy.slow import work
        if sys.version_info >= (3, 99):
            def extra(): return LIVE1
        else:
            def extra(): return LIVE2
        with open(__file__):
            opened = LIVE3
        for name in ["a"]:
            looped = LIVE4

        def run(kind: "Kind"):
            return work(), extra(), opened, looped

        if __name__ == "__main__":
            print(DEAD1)
        """,
        types="class Kind:\n    x = DEAD2",
        fast="def work(): return LIVE5",
        slow="def work(): return LIVE6",
    ),
    case(
        "methods",
        """
        class Base:
            def called(self): return LIVE1
            def overridden(self): return LIVE2
            def other(self): return DEAD1

        class Thing(Base):
            attribute = LIVE3

            def __init__(self, x=LIVE4):
                self.x = x + LIVE5

            def overridden(self):
                return super().overridden() + LIVE6

            @property
            def value(self):
                return LIVE7

            @value.setter
            def value(self, x):
                self.x = LIVE8

            @staticmethod
            def static():
                return LIVE9

            @classmethod
            def make(cls):
                return cls(LIVE10)

            def __len__(self):
                return LIVE11

            def unused(self):
                return DEAD2

        def elsewhere(thing):
            return thing.unused() + thing.other() + DEAD3

        def run():
            thing = Thing.make()
            thing.value = 3
            return thing.called() + thing.overridden() + thing.value + Thing.static()
        """,
    ),
    case(
        "methods by name, wherever the name is read",
        """
        from toy.things import Thing

        def apply(thing):
            return thing.work()

        def run():
            return apply(Thing()), getattr(Thing(), "named")()
        """,
        things="""
        class Thing:
            def work(self): return LIVE1
            def named(self): return LIVE2
            def rest(self): return DEAD1

        def other(thing): return thing.rest()
        """,
    ),
    case(
        "attributes by computed names",
        """
        class Thing:
            def solve_a(self): return LIVE1
            def solve_b(self): return LIVE2

        def dispatch(name):
            return getattr(Thing(), f"solve_{name}")()

        def run(name):
            return dispatch(name)

        def other(thing): return thing.solve_a(), thing.solve_b(), DEAD1
        """,
    ),
    case(
        "members of a module by computed names",
        """
        from toy import functions

        def run(name):
            return getattr(functions, name)()
        """,
        functions="def a(): return LIVE1\ndef b(): return LIVE2\nC = LIVE3",
        other="X = DEAD1",
    ),
    case(
        "a module handed on, globals and sys.modules",
        """
        import sys
        from toy import a, b

        def run(use):
            return use(a), b.look("f"), sys.modules["toy.c"]
        """,
        a="def f(): return LIVE1",
        b="""
        def f(): return LIVE2
        def look(name): return globals()[name]
        """,
        c="X = LIVE3",
        d="X = DEAD1",
    ),
    case(
        "foreign bases call what they like",
        """
        from pydantic import BaseModel
        import threading

        class Model(BaseModel):
            field: int = LIVE1

            def validate_field(self):
                return LIVE2

        class Worker(threading.Thread):
            def run(self):
                return LIVE3

        class Deep(Worker):
            def helper(self):
                return LIVE4

        def names(x): return x.validate_field, x.run, x.helper, DEAD1

        def run():
            return Model(), Deep().start()
        """,
    ),
    case(
        "dataclasses, enums, named tuples, protocols",
        """
        from dataclasses import dataclass, field
        from enum import Enum
        from typing import NamedTuple, Protocol

        @dataclass(frozen=True)
        class Point:
            x: int = LIVE1
            y: list = field(default_factory=lambda: [LIVE2])

            def __post_init__(self):
                object.__setattr__(self, "x", LIVE3)

            def area(self):
                return DEAD1

        class Color(Enum):
            RED = LIVE4

            @classmethod
            def _missing_(cls, value):
                return LIVE5

            def paint(self):
                return DEAD2

        class Pair(NamedTuple):
            a: int = LIVE6

            def total(self):
                return DEAD3

        class Solver(Protocol):
            def solve(self) -> int: ...

        def other(x): return x.area() + x.paint() + x.total()

        def run(solver: Solver):
            return Point(), Color.RED, Pair()
        """,
    ),
]
