"""Cases of `test_constructs`, part 4 of 4."""

from tests.lineage.constructs.case import case

CASES = [
    case(
        "functools, partial, lambdas and tables of functions",
        """
        import functools
        import operator

        def power(base, exponent): return LIVE1
        def scale(x, by=LIVE2): return x
        def lost(x): return DEAD1

        square = functools.partial(power, exponent=LIVE3)
        cube = functools.partial(power, exponent=DEAD2)
        TABLE = {"scale": scale, "twice": lambda x: x * LIVE4}
        OTHERS = {"lost": lost}

        class Thing:
            @functools.cached_property
            def value(self): return LIVE5

            @functools.singledispatchmethod
            def handle(self, x): return LIVE6

            @handle.register
            def _(self, x: int): return LIVE7

            def named(self): return LIVE8

        def run(name):
            total = functools.reduce(lambda a, b: a + combine(b), [1, 2])
            call = operator.methodcaller("named")
            return square(2), TABLE[name](3), Thing().value, Thing().handle(1), total, call(Thing())

        def combine(b): return LIVE9
        def table(): return OTHERS, cube
        """,
    ),
    case(
        "the effects of packages around a module",
        """
        from toy.outer.inner.leaf import f

        def run():
            return f()
        """,
        outer____init__="import random\nrandom.seed(LIVE1)\nX = DEAD1",
        outer__inner="",
        **{
            "outer__inner/__init__": "import toy.hooks",
            "outer__inner/leaf": "def f(): return LIVE2",
            "hooks": "import atexit\n@atexit.register\ndef done(): return LIVE3\ndef other(): return DEAD2",
        },
    ),
    case(
        "import cycles",
        """
        from toy import a

        def run():
            return a.first(3)
        """,
        a="from toy import b\nX = LIVE1\ndef first(n): return b.second(n)\ndef other(): return DEAD1",
        b="import toy.a\ndef second(n): return toy.a.X + toy.a.first(LIVE2)\ndef other(): return DEAD2",
    ),
    case(
        "star exports limited by __all__",
        """
        from toy.pkg import *

        def run():
            return shown() + _private()

        def _private(): return LIVE1
        """,
        pkg____init__="from .one import *\nfrom .two import shown as other",
        pkg__one="__all__ = ['shown']\ndef shown(): return LIVE2\ndef hidden(): return DEAD1\ndef _private(): return 1",
        pkg__two="def shown(): return DEAD3",
    ),
    case(
        "class decorators and registering classes",
        """
        from toy.shapes import SHAPES
        import toy.more

        def run(name):
            return SHAPES[name]().area()
        """,
        shapes="""
        SHAPES = {}

        def shape(cls):
            SHAPES[cls.__name__.lower()] = cls
            return cls

        @shape
        class Square:
            side = LIVE1
            def area(self): return LIVE2
            def unused(self): return DEAD1

        def other(x): return x.unused()
        """,
        more="""
        from toy import shapes

        @shapes.shape
        class Circle:
            def area(self): return LIVE3

        class Loose:
            def area(self): return DEAD2
        """,
    ),
    case(
        "registering in loops and in parts of registries",
        """
        from toy.registry import BY_KIND
        import toy.fill

        def run(kind):
            return BY_KIND[kind]
        """,
        registry="BY_KIND = {'a': [], 'b': []}\nOTHERS = []",
        fill="""
        from toy.registry import BY_KIND, OTHERS

        def one(): return LIVE1
        def two(): return LIVE2
        def three(): return DEAD1

        for function in (one, two):
            BY_KIND["a"].append(function)

        OTHERS.extend([three])
        BY_KIND["b"] += [lambda: LIVE3]
        setattr(BY_KIND, "extra", LIVE4)
        """,
    ),
    case(
        "objects that others call by names of their own",
        """
        import logging
        import sys

        class Tee:
            def write(self, text): return LIVE1
            def flush(self): return LIVE2

        def run():
            sys.stdout = Tee()
            print("text")
        """,
    ),
    case(
        "exceptions, generators, and names that are only deleted or assigned",
        """
        class Refused(ValueError):
            code = LIVE1
            def __str__(self): return LIVE2

        limit = DEAD1

        def produce():
            try:
                yield from source()
            except Refused as refused:
                raise RuntimeError(message(refused)) from refused
            finally:
                close()

        def source(): yield LIVE3
        def message(x): return LIVE4
        def close(): return LIVE5
        def refused(): return DEAD2

        def run():
            limit = 3
            del limit
            return list(produce())
        """,
    ),
    case(
        "overloads, redefinitions and conditional expressions",
        """
        from typing import overload

        @overload
        def f(x: int) -> int: ...
        @overload
        def f(x: str) -> str: ...
        def f(x): return LIVE1

        def g(): return LIVE2
        def g(): return LIVE3

        choose = f if f(1) else g
        X = LIVE4
        X = X + LIVE5

        def run():
            return choose, X
        """,
    ),
    case(
        "imports inside functions, classes and branches",
        """
        def run(flag):
            if flag:
                from toy import a as chosen
            else:
                from toy import b as chosen

            class Local:
                from toy.c import f
                value = f()

            def deeper():
                import toy.d as d
                return lambda: d.f()

            global loaded
            import toy.e as loaded
            return chosen.f(), Local.value, deeper(), use()

        def use():
            return loaded.f()
        """,
        a="def f(): return LIVE1\ndef g(): return DEAD1",
        b="def f(): return LIVE2\ndef g(): return DEAD2",
        c="def f(): return LIVE3\ndef g(): return DEAD3",
        d="def f(): return LIVE4\ndef g(): return DEAD4",
        e="def f(): return LIVE5",
    ),
    case(
        "annotations of data classes are for those who read them",
        """
        import dataclasses
        from dataclasses import dataclass
        from typing import ClassVar
        from toy.aliases import Count, Name, Kind, Other

        @dataclass(frozen=True)
        class Row:
            count: Count
            name: "Name" = LIVE1
            kind: ClassVar[Kind] = LIVE2

        @dataclasses.dataclass
        class Unused:
            other: Other = DEAD1

        def run():
            return Row(1)
        """,
        aliases="Count = list[DEAD2]\nName = list[DEAD3]\nKind = list[LIVE3]\nOther = list[DEAD4]",
    ),
    case(
        "fields of data classes that are asked for",
        """
        from dataclasses import dataclass, fields
        from toy.aliases import Count

        @dataclass
        class Row:
            count: Count

        def run():
            return [field.type for field in fields(Row(1))]
        """,
        aliases="Count = list[LIVE1]",
    ),
    case(
        "data classes that are handed on",
        """
        import json
        from dataclasses import dataclass
        from pydantic import BaseModel
        from toy.aliases import Count, Size, Weight

        @dataclass
        class Row:
            count: Count

        @dataclass
        class Kept:
            size: Size

        class Table(BaseModel):
            rows: list[Row]

        @dataclass
        class Alone:
            weight: Weight

        def run():
            return Table, json.dumps(Kept), Alone(1)
        """,
        aliases="Count = list[LIVE1]\nSize = list[LIVE2]\nWeight = list[DEAD1]",
    ),
    case(
        "decorators that can refuse their arguments when the module is loaded",
        """
        from pydantic import BaseModel, model_validator
        from toy import sizes

        def run():
            return sizes.LARGEST
        """,
        sizes="""
        from pydantic import BaseModel, model_validator
        LARGEST = LIVE1

        class Size(BaseModel):
            @model_validator(mode=LIVE2)
            def _checked(self):
                return self

        class Weight:
            unit = DEAD1
        """,
    ),
    case(
        "plugins are read by whoever loads them",
        """
        import importlib
        from toy.registry import TOOLS

        def run(name):
            importlib.import_module(f"toy.plugins.{name}").NAME
            return TOOLS
        """,
        {"plugins.*": "toy.plugins.*:NAME", "root": "toy.plugins.one:NAME"},
        registry="TOOLS = []\ndef tool(function):\n    TOOLS.append(function)\n    return function",
        plugins__one="NAME = LIVE1",
        plugins__two="NAME = DEAD1",
    ),
]
