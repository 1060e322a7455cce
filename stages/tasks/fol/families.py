"""Procedural problems: families of stories whose rules form a chain, and a question that needs every rule."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from random import Random

from stages.errors import UserError
from stages.tasks.fol import sentences
from stages.tasks.fol.formula import Formula, Not, Operator
from stages.tasks.fol.prover import Verdict, entails, satisfiable
from stages.tasks.fol.sentences import NAMES, NOUNS, WORDS, Sentence
from stages.tasks.fol.solution import built, written
from stages.tasks.task import Draft

MAX_DEPTH = 4
_ANSWERS = (Verdict.TRUE, Verdict.FALSE, Verdict.UNKNOWN)


@dataclass(frozen=True)
class Scene:
    """What a story is about.

    Attributes:
        random: Chooses between phrasings.
        chain: The words that its rules link, from the first to the last.
        extra: A word that no rule mentions.
        owners: The name that facts and questions about a word of the chain use, by word.
        bystander: A name that the question is not about.
    """

    random: Random
    chain: Sequence[str]
    extra: str
    owners: dict[str, str]
    bystander: str

    @property
    def first(self) -> tuple[str, str]:
        """The owner of the chain's first word, and the word."""
        return self.owners[self.chain[0]], self.chain[0]

    @property
    def last(self) -> tuple[str, str]:
        """The owner of the chain's last word, and the word."""
        return self.owners[self.chain[-1]], self.chain[-1]


Rule = Callable[[Scene, str, str], Sentence]
Facts = Callable[[Scene], list[Sentence]]
Question = Callable[[Scene], Sentence]


@dataclass(frozen=True)
class Family:
    """What the stories of a family are made of.

    Attributes:
        rules: How one word of the chain may be linked to the next.
        turns: How it is linked at one end of the chain.
        facts: What may be known about who is asked about.
        questions: What may be asked.
        people: Over how many people the words are spread.
        nouns: Whether the rules need nouns for all but the last word.
    """

    rules: Sequence[Rule]
    turns: Sequence[Rule]
    facts: Sequence[Facts]
    questions: Sequence[Question]
    people: int = 1
    nouns: bool = True


def generate(family: Family, random: Random, depth: int) -> Draft:
    """Returns a problem with a random answer: True, False and Unknown are equally likely.

    Args:
        family: What to make it of.
        random: The only source of chance.
        depth: The number of rules; all of them are needed where the answer is True or False.

    Raises:
        UserError: If there are no problems of that depth.
    """
    if not 1 <= depth <= MAX_DEPTH:
        raise UserError(f"params.yaml: a depth of fol must be between 1 and {MAX_DEPTH} (it is {depth})")
    answer = random.choice(_ANSWERS)
    scene = _scene(family, random, depth)
    while True:
        rules, facts, question = _story(family, scene)
        if _fits([rule.formula for rule in rules], [fact.formula for fact in facts], question.formula, answer):
            draft = _draft(random, [*rules, *facts], question, answer)
            if len(draft.reference or ()) <= max_calls(depth):
                return draft


def max_calls(depth: int) -> int:
    """Returns how many calls a problem takes at most, to suit small students: three a rule and five for the rest."""
    return 3 * depth + 5


def _scene(family: Family, random: Random, depth: int) -> Scene:
    bystander, *names = random.sample(NAMES, family.people + 1)
    chain = random.sample(NOUNS if family.nouns else WORDS, depth)
    last, extra = random.sample([word for word in WORDS if word not in chain], 2)
    chain.append(last)
    return Scene(random, chain, extra, {word: random.choice(names) for word in chain}, bystander)


def _story(family: Family, scene: Scene) -> tuple[list[Sentence], list[Sentence], Sentence]:
    choice = scene.random.choice
    kinds = [choice(family.rules) for _ in scene.chain[1:]]
    kinds[choice((0, -1))] = choice(family.turns)
    rules = [kind(scene, *link) for kind, link in zip(kinds, pairwise(scene.chain))]
    facts = choice(family.facts)(scene)
    if choice((True, False)):
        facts.append(sentences.holds(scene.bystander, choice((*scene.chain, scene.extra))))
    return rules, facts, choice(family.questions)(scene)


def _fits(rules: list[Formula], facts: list[Formula], question: Formula, answer: Verdict) -> bool:
    premises = [*rules, *facts]
    if question in premises or Not(question) in premises or len(set(premises)) < len(premises):
        return False
    if answer is Verdict.UNKNOWN:
        return entails(premises, question) is answer
    claim, denial = (question, Not(question)) if answer is Verdict.TRUE else (Not(question), question)
    if satisfiable([*premises, denial]) or not satisfiable([*premises, claim]):
        return False
    return all(satisfiable([*(item for item in premises if item is not rule), denial]) for rule in rules)


def _draft(random: Random, statements: list[Sentence], question: Sentence, answer: Verdict) -> Draft:
    random.shuffle(statements)
    text = " ".join(sentence.text for sentence in (*statements, question))
    solution = [statement.formula for statement in statements], question.formula, answer
    return Draft(text, answer.value, built(*solution), alternatives=[written(*solution)])


def _every(scene: Scene, noun: str, word: str) -> Sentence:
    if word in NOUNS and scene.random.random() < 0.25:
        return sentences.only(word, noun)
    return sentences.every(scene.random, noun, word)


def _no(_: Scene, noun: str, word: str) -> Sentence:
    return sentences.no(noun, word)


def _some(scene: Scene, noun: str, word: str) -> Sentence:
    return sentences.some(scene.random, noun, word)


def _conditional(scene: Scene, word: str, other: str) -> Sentence:
    return sentences.conditional(scene.owners[word], word, scene.owners[other], other)


def _first_holds(scene: Scene) -> list[Sentence]:
    return [sentences.holds(*scene.first)]


def _last_holds(scene: Scene) -> list[Sentence]:
    return [sentences.holds(*scene.last)]


def _last_fails(scene: Scene) -> list[Sentence]:
    return [sentences.fails(*scene.last)]


def _first_joined(operator: Operator, scene: Scene) -> list[Sentence]:
    return [sentences.joined(*scene.first, operator, scene.extra)]


def _first_remains(scene: Scene) -> list[Sentence]:
    name, word = scene.first
    return [sentences.joined(name, word, Operator.OR, scene.extra), sentences.fails(name, scene.extra)]


def _is_first(scene: Scene) -> Sentence:
    return sentences.is_it(*scene.first)


def _is_last(scene: Scene) -> Sentence:
    return sentences.is_it(*scene.last)


def _is_last_not(scene: Scene) -> Sentence:
    return sentences.is_it_not(*scene.last)


def _is_first_not(scene: Scene) -> Sentence:
    return sentences.is_it_not(*scene.first)


def _is_last_joined(operator: Operator, scene: Scene) -> Sentence:
    return sentences.is_joined(*scene.last, operator, scene.extra)


def _is_every(scene: Scene) -> Sentence:
    return sentences.is_every(scene.chain[0], scene.chain[-1])


def _is_some(scene: Scene) -> Sentence:
    return sentences.is_some(scene.chain[0], scene.chain[-1])


_ENDS = (_first_holds, _last_fails, _last_holds)
_JOINED = (partial(_first_joined, Operator.AND), partial(_first_joined, Operator.OR), _first_remains)
_ASK_JOINED = (partial(_is_last_joined, Operator.AND), partial(_is_last_joined, Operator.OR))

_FAMILIES = {
    "universal": Family((_every,), (_every,), _ENDS, (_is_first, _is_last, _is_every)),
    "existential": Family(
        (_every,), (_every, _some, _no), (_first_holds, partial(_first_joined, Operator.AND)), (_is_some, _is_last)
    ),
    "connective": Family(
        (_conditional,),
        (_conditional,),
        (*_ENDS, *_JOINED),
        (_is_first, _is_last, *_ASK_JOINED),
        people=2,
        nouns=False,
    ),
    "negation": Family(
        (_every, _conditional),
        (_no,),
        (_first_holds, _last_holds, _last_fails),
        (_is_first, _is_last, _is_first_not, _is_last_not),
    ),
    "mixed": Family(
        (_every, _conditional),
        (_every, _some, _no, _conditional),
        (*_ENDS, *_JOINED),
        (_is_first, _is_last, _is_last_not, _is_every, _is_some, *_ASK_JOINED),
    ),
}
FAMILIES = {name: partial(generate, family) for name, family in _FAMILIES.items()}
