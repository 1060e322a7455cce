"""The cases of `test_constructs`."""

from tests.lineage.constructs import part1, part2, part3, part4
from tests.lineage.constructs.pep695 import pep_695

CASES = [*part1.CASES, *part2.CASES, *part3.CASES, *part4.CASES, *pep_695()]
