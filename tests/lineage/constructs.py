"""The cases of `test_constructs`."""

import sys
from collections.abc import Mapping
from typing import NamedTuple

from tests.lineage.toy import DEFAULT_ROOTS


class Case(NamedTuple):
    name: str
    files: Mapping[str, str]
    roots: Mapping[str, str] = DEFAULT_ROOTS


def case(name: str, main: str, roots: Mapping[str, str] = DEFAULT_ROOTS, /, **others: str) -> Case:
    """A case whose other files are named by keyword: `a__b` is `a/b.py`."""
    files = {f"{key.replace('__', '/', 1)}.py": text for key, text in others.items()}
    packages = {f"{path.rpartition('/')[0]}/__init__.py": "" for path in files if "/" in path}
    return Case(name, {**packages, **files, "main.py": main}, roots)


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
    case(
        "registries",
        """
        from toy.registry import REGISTRY
        import toy.plugins
        import toy.counted

        def run(name):
            return REGISTRY[name]()
        """,
        registry="""
        REGISTRY = {}
        COUNTS = {}

        def register(name):
            def decorate(function):
                REGISTRY[name] = function
                return function
            return decorate

        def count(function):
            COUNTS[function.__name__] = DEAD2
            return function

        def keep(function):
            _insert(REGISTRY, function)
            return function

        def _insert(where, function):
            where[function.__name__] = function
        """,
        plugins="""
        from toy.registry import REGISTRY, keep, register

        @register("LIVE1")
        def a():
            return LIVE2

        @keep
        def b():
            return LIVE3

        REGISTRY["c"] = lambda: LIVE4
        """,
        counted="""
        from toy.registry import count

        @count
        def c():
            return DEAD1
        """,
    ),
    case(
        "registry objects",
        """
        from toy.registry import TOOLS, solve
        import toy.plugins

        def run(name):
            return TOOLS.items[name](), solve(3)
        """,
        registry="""
        import functools

        class Registry:
            def __init__(self):
                self.items = {}

            def add(self, function):
                self.items[function.__name__] = function
                return function

        TOOLS = Registry()
        OTHERS = Registry()

        @functools.singledispatch
        def solve(x):
            return LIVE1
        """,
        plugins="""
        from toy.registry import OTHERS, TOOLS, solve

        @TOOLS.add
        def a():
            return LIVE2

        @OTHERS.add
        def b():
            return DEAD1

        @solve.register
        def _(x: int):
            return LIVE3

        @solve.register
        def _(x: str):
            return LIVE4
        """,
    ),
    case(
        "subclasses that register themselves",
        """
        from toy.base import Base, Listed, Meta, Plain
        import toy.plugins

        def run(name):
            Plain
            return Base.known[name]().work(), [c().work() for c in Listed.__subclasses__()], Meta
        """,
        base="""
        class Base:
            known = {}

            def __init_subclass__(cls, label=LIVE1, **kwargs):
                Base.known[label] = cls

        class Listed:
            pass

        class Plain:
            pass

        class MetaType(type):
            made = []

            def __new__(mcs, name, bases, namespace):
                mcs.made.append(name)
                return super().__new__(mcs, name, bases, namespace)

        class Meta(metaclass=MetaType):
            pass
        """,
        plugins="""
        from toy.base import Base, Listed, Meta, Plain

        class A(Base, label=LIVE2):
            def work(self): return LIVE3

        class B(Listed):
            def work(self): return LIVE4

        class C(Plain):
            x = LIVE6

            def work(self): return LIVE7

        class D(Meta):
            x = LIVE5
        """,
    ),
    case(
        "statements that act when a module is loaded",
        """
        from toy.a import f

        def run():
            return f()
        """,
        a="""
        import os
        import random
        from toy import b

        random.seed(LIVE1)
        os.environ["X"] = "LIVE2"

        def f():
            return random.random()

        def unused():
            return DEAD1
        """,
        b="""
        import warnings

        def setup():
            warnings.filterwarnings("ignore", lineno=LIVE3)

        setup()
        X = DEAD2
        """,
        c="import random\nrandom.seed(DEAD3)",
    ),
    case(
        "decorators",
        """
        import functools
        from toy.wrappers import plain, scaled, unused

        @functools.lru_cache(maxsize=LIVE1)
        def cached():
            return LIVE2

        @plain
        @scaled(LIVE3)
        def run():
            return cached()

        @unused(DEAD1)
        def other():
            return DEAD2
        """,
        wrappers="""
        import functools

        def plain(function):
            @functools.wraps(function)
            def wrapper(*args):
                return function(*args) + LIVE4
            return wrapper

        def scaled(by):
            return lambda function: lambda: function() * by * LIVE5

        def unused(by):
            return lambda function: function
        """,
    ),
    case(
        "nested scopes",
        """
        def run(rows, scale=3):
            total = 0
            def add(x):
                nonlocal total
                total += helper(x) * LIVE1
                return total
            class Local:
                factor = LIVE2
                def work(self):
                    return inner_name()
            for constant in rows:
                add(constant)
            names = [shadow for shadow in rows if shadow]
            return [add(r) for r in rows], {k: v for k, v in pairs()}, Local().work(), (lambda y=default(): y)(), names

        def helper(x): return LIVE3
        def inner_name(): return LIVE4
        def pairs(): return [(1, LIVE5)]
        def default(): return LIVE6
        def shadow(): return DEAD1
        def total(): return DEAD2
        def scale(): return DEAD3
        def constant(): return DEAD4
        """,
    ),
    case(
        "match, walrus, async, star expressions",
        """
        import asyncio

        class Shape:
            __match_args__ = ("kind",)
            kind = LIVE1

        def run(x):
            match x:
                case Shape(kind=k) if (found := check(k)):
                    return found
                case {"a": 1, **rest} | [1, *rest]:
                    return rest, LIVE2
                case _:
                    return asyncio.run(work())

        def check(k): return LIVE3
        def found(): return DEAD1
        def rest(): return DEAD2
        async def work():
            async for item in numbers():
                yield item
        async def numbers():
            yield LIVE4
        """,
    ),
    case(
        "global state",
        """
        STATE = LIVE1
        OTHER = DEAD1

        def advance():
            global STATE
            STATE += LIVE2

        def run():
            advance()
            return STATE
        """,
    ),
    case(
        "documentation that is data",
        '''
        from toy.tools import SCHEMAS

        def run():
            """Says DEAD1."""
            return SCHEMAS, helper()

        def helper():
            """Says DEAD2."""
            return 1
        ''',
        tools='''
        import inspect

        SCHEMAS = []

        def tool(function):
            """Makes a tool, DEAD3."""
            SCHEMAS.append((inspect.getdoc(function), inspect.signature(function), helper()))
            return function

        def helper():
            """Helps, DEAD4."""

        @tool
        def add(a: "LIVE1", b: int = LIVE2) -> "LIVE3":
            """Adds LIVE4."""
            return a + b

        def untold(a: "DEAD5"):
            """Not a tool, DEAD6."""

        TOOLS = [untold]
        ''',
    ),
    case(
        "documentation of classes, modules and values",
        '''
        """What the program says, LIVE1."""
        import argparse
        from toy import tools
        from toy.tools import Tool, handed

        def run(show):
            parser = argparse.ArgumentParser(description=__doc__)
            return parser, Tool.__doc__, show(handed), tools.__doc__
        ''',
        tools='''
        """Of the module, LIVE2."""

        class Tool:
            """Of the class, LIVE3."""

        class Other:
            """Of another, DEAD1."""

        def handed():
            """Of a function, LIVE4."""
        ''',
    ),
    case(
        "documentation and annotations that nobody reads",
        '''
        """DEAD1"""

        class Thing:
            """DEAD2"""
            x: int = 3
            """DEAD3"""

            def method(self) -> "DEAD4":
                """DEAD5"""
                return self.x

        def run(thing: "DEAD6" = Thing()) -> dict["DEAD7", int]:
            """DEAD8"""
            count: "DEAD9" = LIVE1
            def inner(x: "DEAD10"):
                """DEAD11"""
                return x
            return inner(thing.method() + count)
        ''',
    ),
    case(
        "type aliases and quoted types that are data",
        """
        from dataclasses import dataclass
        from typing import get_type_hints
        from toy.types import Inner, Used

        @dataclass
        class Record:
            inner: "Inner"
            literal: "Used"

        def run():
            return get_type_hints(Record)
        """,
        types="""
        from typing import Literal

        class Inner:
            x = LIVE1

        Used = Literal["LIVE2"]
        Unused = Literal["DEAD1"]
        """,
    ),
    case(
        "dynamic imports with constant names",
        """
        import importlib
        from importlib import import_module

        PACKAGE = "toy.parts"

        def run():
            module = importlib.import_module("toy.parts.a")
            other = import_module(f"{PACKAGE}.b").f
            third = import_module(".c", __package__)
            fourth = getattr(import_module("toy.parts.d"), "f", None)
            return module.f(), other(), third.f(), fourth
        """,
        parts__a="def f(): return LIVE1\ndef g(): return DEAD1",
        parts__b="def f(): return LIVE2\ndef g(): return DEAD2",
        c="def f(): return LIVE3\ndef g(): return DEAD3",
        parts__d="def f(): return LIVE4\ndef g(): return DEAD4",
    ),
    case(
        "dynamic imports that roots stand for",
        """
        import importlib

        def run(name):
            module = importlib.import_module(f"toy.parts.{name}")
            return module.TASK() + LIVE1
        """,
        {"root": "toy.main:run", "parts.*": "toy.parts.*:TASK"},
        parts__a="def TASK(): return DEAD1",
        parts__b="def TASK(): return DEAD2",
    ),
    case(
        "programs run in processes of their own",
        """
        import subprocess, sys

        def run():
            subprocess.run([sys.executable, "-m", "toy.worker"])
            return "toy.named:function"
        """,
        worker="""
        def work(): return LIVE1

        if __name__ == "__main__":
            work(LIVE2)
        """,
        named="def function(): return LIVE3\ndef other(): return DEAD1",
    ),
    case(
        "names that a module makes up",
        """
        from toy import lazy
        from toy.lazy import other

        def run():
            return lazy.thing, other
        """,
        lazy="""
        def __getattr__(name):
            from toy import things
            return {"thing": things.thing, "other": LIVE1}[name]
        """,
        things="def thing(): return LIVE2\ndef unused(): return DEAD1",
    ),
    case(
        "monkey patches",
        """
        from toy import target, patch

        def run():
            return target.VALUE
        """,
        target="VALUE = LIVE1\nOTHER = DEAD1",
        patch="from toy import target\ntarget.VALUE = LIVE2\ntarget.OTHER = DEAD2",
    ),
]

CASES += [
    Case(
        "package data",
        {
            "main.py": """
            from pathlib import Path
            from importlib.resources import files

            HERE = Path(__file__).parent
            TEMPLATES = HERE / "templates"

            def run(name):
                a = (HERE / "prompt.jinja").read_text()
                b = (TEMPLATES / f"{name}.txt").read_text()
                return a + b + files("toy").joinpath("grammar.gbnf").read_text()
            """,
            "prompt.jinja": "LIVE1",
            "grammar.gbnf": "LIVE2",
            "templates/a.txt": "LIVE3",
            "templates/b.txt": "LIVE4",
            "other.jinja": "DEAD1",
            "other/prompts.txt2": "DEAD2",
        },
    ),
    Case(
        "package data by computed paths",
        {
            "main.py": """
            from toy.deep.load import load

            def run(name):
                return load(name)
            """,
            "deep/__init__.py": "",
            "deep/load.py": """
            import os

            FOLDER = os.path.dirname(os.path.abspath(__file__))

            def load(name):
                with open(os.path.join(FOLDER, name)) as file:
                    return file.read()
            """,
            "deep/a.txt": "LIVE1",
            "deep/inner/b.txt": "LIVE2",
            "c.txt": "DEAD1",
        },
    ),
]

CASES += [
    case(
        "mixins, abstract methods, operators, callable objects",
        """
        import abc
        from toy.mixins import Loud

        class Animal(abc.ABC):
            @abc.abstractmethod
            def sound(self): return LIVE1

            def speak(self):
                return self.sound() + self.volume()

        class Dog(Loud, Animal):
            def sound(self): return super().sound() + LIVE2
            def __add__(self, other): return LIVE3
            def __call__(self): return LIVE4
            def __enter__(self): return LIVE5
            def __exit__(self, *error): return LIVE6
            def __iter__(self): yield LIVE7
            def __getattr__(self, name): return LIVE8
            def fetch(self): return DEAD1

        def run(dog=Dog()):
            with dog:
                return dog.speak(), dog + dog, dog(), list(dog), dog.anything

        def other(dog): return dog.fetch(), dog.quiet()
        """,
        mixins="""
        class Loud:
            def volume(self): return LIVE9
            def quiet(self): return DEAD2
        """,
    ),
    case(
        "descriptors and nested classes",
        """
        class Field:
            def __set_name__(self, owner, name):
                self.name = LIVE1
            def __get__(self, instance, owner):
                return LIVE2
            def clear(self):
                return DEAD1

        class Outer:
            field = Field()
            limit = LIVE3

            class Inner:
                x = LIVE4
                def work(self):
                    return LIVE5

            def other(self):
                return DEAD2

        def elsewhere(x): return x.clear(), x.other()

        def run():
            return Outer().field, Outer.Inner().x
        """,
    ),
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


def _pep_695() -> list[Case]:
    text = """
    type Pair[T] = tuple[T, LIVE1]
    type Unused = DEAD1

    class Box[T: (int, str)]:
        size = LIVE2
        def get(self) -> T: return LIVE3
        def unused(self): return DEAD2

    def first[T](items: list[T]) -> T:
        return helper(items)

    def helper(items): return LIVE4
    def T(): return DEAD3
    def other(x): return x.unused()

    def run():
        return first([Box().get()]), Pair.__value__
    """
    return [case("type parameters", text)] if sys.version_info >= (3, 12) else []


CASES += _pep_695()
