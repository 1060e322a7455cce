"""What completions cost: tokens, money, and what was had for nothing."""

from dataclasses import dataclass, field

from stages.errors import UserError


@dataclass(frozen=True)
class Completion:
    """What a raw response says.

    Attributes:
        text: What the model wrote; a native tool call as JSON.
        prompt_tokens: Tokens that were read, as the response says; 0 if it does not.
        completion_tokens: Tokens that were written.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True)
class Budget:
    """What a run may spend, and what tokens cost.

    Attributes:
        max_tokens: Tokens read and written in all; None for no limit.
        max_cost: Money in all; None for no limit.
        prompt_price: Money for a million tokens read.
        completion_price: Money for a million tokens written.
    """

    max_tokens: int | None = None
    max_cost: float | None = None
    prompt_price: float = 0.0
    completion_price: float = 0.0


@dataclass
class Usage:
    """What a run has asked for so far.

    Attributes:
        budget: Its limits.
        asked: Completions that a model was asked for.
        reused: Completions that the store had.
        prompt_tokens: Tokens read for those that were asked for.
        completion_tokens: Tokens written for them.
    """

    budget: Budget = field(default_factory=Budget)
    asked: int = 0
    reused: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        """Tokens read and written."""
        return self.prompt_tokens + self.completion_tokens

    @property
    def cost(self) -> float:
        """Money, in the currency of the prices."""
        budget = self.budget
        return (self.prompt_tokens * budget.prompt_price + self.completion_tokens * budget.completion_price) / 1e6

    def count(self, completion: Completion) -> None:
        """Counts a completion that a model was asked for."""
        self.asked += 1
        self.prompt_tokens += completion.prompt_tokens
        self.completion_tokens += completion.completion_tokens

    def check(self) -> None:
        """Lets the next request pass if the budget allows it.

        Raises:
            UserError: If the budget is spent.
        """
        budget = self.budget
        spent_tokens = budget.max_tokens is not None and self.tokens >= budget.max_tokens
        if spent_tokens or (budget.max_cost is not None and self.cost >= budget.max_cost):
            limit = "max_tokens_total" if spent_tokens else "max_cost"
            raise UserError(
                f"the budget is spent: {self} (`{limit}`); all of it is kept. Run again to go on with as much again, "
                f"or raise `{limit}` in params.yaml"
            )

    def __str__(self) -> str:
        cost = f", cost {self.cost:.4g}" if self.budget.prompt_price or self.budget.completion_price else ""
        return f"{self.asked} asked, {self.reused} from the store, {self.tokens} tokens{cost}"
