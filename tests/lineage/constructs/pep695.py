"""Cases in syntax that Python 3.12 brought."""

import sys

from tests.lineage.constructs.case import Case, case


def pep_695() -> list[Case]:
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
