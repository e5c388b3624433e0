"""What a run may spend, and what it has spent so far.

The check is our own, on the usage each answer reports: limits inside the model library do nothing where no price is
known. A budget spans the whole run, repairs included.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

from jobs import errors
from jobs.order import Limits
from jobs.reasons import Code
from jobs.results import Usage
from worker.agent.prices import Price


class Budget:
    """Counts turns, tokens, USD and seconds against the limits of one run.

    The clock starts with the first check. `clock` is monotonic seconds.
    """

    def __init__(self, limits: Limits, price: Price | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.usage = Usage(usd=0.0 if price else None)
        self._price = price
        self._clock = clock
        self._started: float | None = None
        self._usd = Decimal(0)

    @property
    def seconds_left(self) -> float:
        """Time until the limit, never below 0."""
        if self._started is None:
            self._started = self._clock()
        return max(0.0, self.limits.seconds - (self._clock() - self._started))

    def check(self) -> None:
        """Prove that another request may be made.

        Raises:
            errors.RunStopped: a limit is reached, or there is a limit in USD and no price.
        """
        if self.limits.usd is not None and self._price is None:
            raise errors.RunStopped(
                Code.PRICE_UNKNOWN, "There is a budget in USD, but no price is known for the model."
            )
        if self.usage.requests >= self.limits.turns:
            raise errors.RunStopped(Code.BUDGET_TURNS, f"The limit of {self.limits.turns} turns is reached.")
        if self.seconds_left <= 0:
            raise self.out_of_time()

    def spend(self, spent: Usage) -> None:
        """Add what one answer cost.

        Raises:
            errors.RunStopped: the answer went over the limit in tokens or USD, or its cost cannot be told.
        """
        self._charge(spent)
        total = self.usage
        self.usage = Usage(
            requests=total.requests + spent.requests,
            input_tokens=total.input_tokens + spent.input_tokens,
            cache_read_tokens=total.cache_read_tokens + spent.cache_read_tokens,
            output_tokens=total.output_tokens + spent.output_tokens,
            usd=float(self._usd) if self._price else None,
        )
        self._check_spent()

    def out_of_time(self) -> errors.RunStopped:
        """The stop for a run that used up its time."""
        return errors.RunStopped(Code.BUDGET_TIME, f"The limit of {self.limits.seconds:g} seconds is reached.")

    def _charge(self, spent: Usage) -> None:
        if self._price is None:
            return
        try:
            self._usd += self._price.usd(spent)
        except (LookupError, ValueError) as error:
            if self.limits.usd is not None:
                sentence = f"The price of an answer cannot be told from the tokens it reports: {error}."
                raise errors.RunStopped(Code.PRICE_UNKNOWN, sentence) from error
            self._price = None

    def _check_spent(self) -> None:
        if self.usage.tokens > self.limits.tokens:
            sentence = f"{self.usage.tokens} tokens were used, the limit is {self.limits.tokens}."
            raise errors.RunStopped(Code.BUDGET_TOKENS, sentence)
        if self.limits.usd is not None and self._usd > Decimal(str(self.limits.usd)):
            sentence = f"{self._usd:.4f} USD were spent, the limit is {self.limits.usd:g} USD."
            raise errors.RunStopped(Code.BUDGET_USD, sentence)
