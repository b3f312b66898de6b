"""Best-first search over guesses: each failed attempt proposes what to guess next."""

import heapq
import itertools
import math
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Guess = TypeVar("Guess", bound=Hashable)

DEPTH = 2.0
"""How much it counts that an attempt came further, against the cost of what was changed for it."""


@dataclass(frozen=True)
class Proposal(Generic[Guess]):
    """Something to try; `cost` says how far-fetched it is, `why` what led to it."""

    guess: Guess
    cost: float
    why: str = ""


@dataclass(frozen=True)
class Attempt(Generic[Guess]):
    """What came of one try: it works, or how far it came, in which words it failed, what next."""

    works: bool
    progress: int = 0
    words: str = ""
    proposals: tuple[Proposal[Guess], ...] = ()


@dataclass
class Search(Generic[Guess]):
    """A frontier of guesses, with a budget of tries; `is_spent` ends it between two of them."""

    attempt: Callable[[Guess], Attempt[Guess]]
    tries: int
    is_spent: Callable[[], bool]
    furthest: tuple[int, str] = (-1, "")
    """How far the best failure came, and its words."""
    made: int = 0
    reasons: tuple[str, ...] = ()
    """Why what was found came to be tried: one reason a correction."""
    _heap: list[tuple[float, int, Proposal[Guess], float, tuple[str, ...]]] = field(
        default_factory=list
    )

    def run(self, first: Iterable[Proposal[Guess]]) -> Guess | None:
        """The first guess that works; None where there is none within the budget."""
        count = itertools.count()
        seen: set[Guess] = set()
        for proposal in first:
            self._push(proposal.cost, next(count), proposal, proposal.cost, ())
        while self._heap and self.made < self.tries and not self.is_spent():
            _, _, proposal, cost, reasons = heapq.heappop(self._heap)
            if proposal.guess in seen:
                continue
            seen.add(proposal.guess)
            self.made += 1
            if proposal.why:
                reasons = (*reasons, proposal.why)
            attempt = self.attempt(proposal.guess)
            if attempt.works:
                self.reasons = reasons
                return proposal.guess
            if attempt.progress > self.furthest[0]:
                self.furthest = (attempt.progress, attempt.words)
            bonus = DEPTH * math.log2(2 + attempt.progress)
            for each in attempt.proposals:
                if each.guess not in seen:
                    total = cost + each.cost
                    self._push(total - bonus, next(count), each, total, reasons)
        return None

    def _push(
        self,
        order: float,
        count: int,
        proposal: Proposal[Guess],
        cost: float,
        reasons: tuple[str, ...],
    ) -> None:
        heapq.heappush(self._heap, (order, count, proposal, cost, reasons))
