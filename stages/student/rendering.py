"""From a conversation to tokens, so that only the chat template writes control tokens.

What looks like one in a question, a call or a result (`<|end|>`, `[TOOL_CALLS]`, …) is spelled out; anything else has
the tokens that it would have anyway.
"""

from collections.abc import Sequence
from typing import Any

from stages.agent.episode import Message
from stages.agent.functions import Schema

OPTIONS = {"sanitize_control_tokens": True}


def tokenize(tokenizer: Any, messages: Sequence[Message], tools: Sequence[Schema], **options: Any) -> list[int]:
    """Returns the tokens of a conversation; further options go to `apply_chat_template`."""
    rendered: list[int] = tokenizer.apply_chat_template(
        list(messages), tools=list(tools), return_dict=False, **OPTIONS, **options
    )
    return rendered
