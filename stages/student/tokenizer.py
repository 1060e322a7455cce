"""The tokenizer of the student that is trained from scratch.

Words and whole numbers are single tokens, alike in prose and in calls, so that copying an argument means copying one
token; what surrounds the arguments of a call (`add(a=`, `, b=`) is one token too. The description of a function is the
same line in every prompt, so it is a single token as well: a small model spends its time on what differs. Bytes are
the fallback: any text can be written.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from stages.agent.functions import Schema

PAD, END = "<|pad|>", "<|end|>"
SPECIAL_TOKENS = [PAD, END, "<|functions|>", "<|user|>", "<|assistant|>", "<|tool|>"]
SINGLE_NUMBERS = 1000
_PIECES = "|".join(
    [
        r' ?[A-Za-z_]+\([a-z]+="?',  # a call up to its first argument
        r'"?, [a-z]+="?',  # between two arguments
        r"[(,] ?[a-z]+: [a-z]+",  # a parameter and its type
        r"\([a-z]\)",  # a variable in parentheses
        r"\d+",
        r"[a-z]\d+",  # an identifier such as f1
        r" ?[A-Za-z]+",
        r" ?[^\sA-Za-z\d]+",
        r"\s+",
    ]
)


def train_tokenizer(texts: Iterable[str], vocabulary: int, lines: Sequence[str] = ()) -> Any:
    """Trains a byte-level BPE tokenizer, with the chat template that renders function descriptions and native calls.

    Args:
        texts: The corpus.
        vocabulary: The largest number of tokens.
        lines: What is to be a single token each, whatever stands around it.
    """
    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(_PIECES), behavior="isolated")
    bytes_ = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, bytes_])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(lines),
        min_frequency=2,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    numbers = (str(number) for number in range(SINGLE_NUMBERS) for _ in range(100))
    tokenizer.train_from_iterator(chain(texts, numbers), trainer)
    tokenizer.add_tokens([AddedToken(line, normalized=False) for line in lines])
    template = (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token=PAD, eos_token=END, padding_side="left", chat_template=template
    )


def described(tools: Sequence[Schema], tokenizer: Any) -> list[str]:
    """Returns the lines in which a tokenizer's chat template describes functions."""
    asked = [{"role": "user", "content": ""}]
    with_tools, without = (
        tokenizer.apply_chat_template(asked, tools=shown, tokenize=False) for shown in (list(tools), None)
    )
    block: str = with_tools.removeprefix("<|functions|>").removesuffix(without)
    return block.splitlines(keepends=True)
