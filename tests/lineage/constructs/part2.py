"""Cases of `test_constructs`, part 2 of 4."""

from tests.lineage.constructs.case import case

CASES = [
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
]
