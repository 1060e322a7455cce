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


def turns(
    tokenizer: Any,
    prompt: Sequence[Message],
    answer: Sequence[Message],
    tokens: Sequence[int],
    tools: Sequence[Schema] | None,
    **options: Any,
) -> list[tuple[int, int]]:
    """Returns where each turn of the assistant in an answer begins and ends, in tokens.

    Args:
        tokenizer: Its chat template tells.
        prompt: The conversation before the answer.
        answer: Turns of the assistant, with what came back from their calls in between.
        tokens: Both as they were rendered.
        tools: JSON schemas of the functions.
        **options: What `apply_chat_template` was given.

    Raises:
        ValueError: If the chat template renders a beginning in another way than the whole.
    """

    def length(messages: Sequence[Message], **begun: Any) -> int:
        rendered = tokenizer.apply_chat_template(list(messages), tools=tools, return_dict=False, **options, **begun)
        if list(tokens[: len(rendered)]) != rendered:
            raise ValueError(f"the chat template renders the first {len(messages)} messages in another way than all")
        return len(rendered)

    messages = [*prompt, *answer]
    places = [place for place in range(len(prompt), len(messages)) if messages[place]["role"] == "assistant"]
    return [(length(messages[:at], add_generation_prompt=True), length(messages[: at + 1])) for at in places]
