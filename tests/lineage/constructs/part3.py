"""Cases of `test_constructs`, part 3 of 4."""

from tests.lineage.constructs.case import Case, case

CASES = [
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
]
