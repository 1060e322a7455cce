"""What methods of augmentation share: other words for words, and other sentences for sentences."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

GENDERED = {"he", "she", "him", "her", "his", "hers", "himself", "herself"}  # what no other name may stand before
_WORD = re.compile(r"\w+")
_BETWEEN = re.compile(r"(?<=[.?!])(\s+)")
_FIELD = re.compile(r"\{(\w+)\}")


def words_of(text: str) -> set[str]:
    """Returns the words and numbers of a text."""
    return set(_WORD.findall(text))


def replaced(text: str, words: Mapping[str, str]) -> str:
    """Puts other words in place of words, all at once."""
    return _WORD.sub(lambda word: words.get(word[0], word[0]), text)


def renaming(words: Iterable[str], vocabulary: Sequence[str], taken: set[str], random: Random) -> dict[str, str]:
    """Draws another word of a vocabulary for each word; no two become the same, and none becomes one that is taken."""
    old, free = sorted(words), [word for word in vocabulary if word not in taken]
    return dict(zip(old, random.sample(free, min(len(free), len(old)))))


def split(text: str) -> tuple[list[str], list[str]]:
    """Returns the sentences of a text, and the blanks between them."""
    parts = _BETWEEN.split(text)
    return parts[::2], parts[1::2]


def joined(sentences: Sequence[str], blanks: Sequence[str]) -> str:
    """Puts a text together again."""
    return sentences[0] + "".join(blank + sentence for blank, sentence in zip(blanks, sentences[1:]))


@dataclass(frozen=True)
class Rewording:
    """Sentences that say the same.

    Attributes:
        groups: The templates of each group; what stands in braces is a field, and stays as it is.
        fields: What a field may be, as a regular expression.
    """

    groups: Sequence[Sequence[str]]
    fields: Mapping[str, str]

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], list[str]]]:
        return [
            (self._pattern(template), [other for other in group if other != template])
            for group in self.groups
            for template in group
        ]

    def _pattern(self, template: str) -> re.Pattern[str]:
        """Returns what reads a template; a field that comes twice is the same both times."""
        literals, names = _FIELD.split(template)[::2], _FIELD.findall(template)
        fields = [
            f"(?P={name})" if name in names[:place] else f"(?P<{name}>{self.fields[name]})"
            for place, name in enumerate(names)
        ]
        return re.compile("".join(re.escape(text) + field for text, field in zip(literals, [*fields, ""])))

    def reads(self, sentence: str) -> bool:
        """Whether a sentence is one of the templates."""
        return any(pattern.fullmatch(sentence) for pattern, _ in self._patterns)

    def reworded(self, text: str, random: Random) -> str:
        """Says each sentence that can be said in another way in another way."""
        sentences, blanks = split(text)
        return joined([self._other(sentence, random) for sentence in sentences], blanks)

    def _other(self, sentence: str, random: Random) -> str:
        read = ((pattern.fullmatch(sentence), others) for pattern, others in self._patterns)
        found = [other.format(**match.groupdict()) for match, others in read if match for other in others]
        return random.choice(found) if found else sentence
