"""Exploring candidates: which of them build a model, with which arguments, on which inputs it runs.

The worker tries (`worker/explore.py`) and answers in text; what it says is parsed here, and becomes
a DeducedCase that is verified like any other.
"""

import ast
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torchscript_fix.cases import CaseError, DeducedCase
from torchscript_fix.cases.candidates import Candidate
from torchscript_fix.cases.declared import parse_input
from torchscript_fix.cases.settings import Settings
from torchscript_fix.verify.channel import Server, ServerLost, ServerSilent
from torchscript_fix.verify.lane import GRACE, IMPORT_SECONDS, WHOLE_UNIT, Lane
from torchscript_fix.verify.messages import Messages

WORK = 100.0
EACH = 20.0
"""Seconds of work, as `worker/work.py` counts them, for all candidates and for one."""
EACH_PART = 8.0
"""The same for one that is not taken for a whole network."""
PATIENCE = 8.0
"""Seconds of the clock that a second of work is waited for: what takes longer hangs."""
AT_ONCE = 8
"""Candidates of one module that are explored with one import of it."""
BATCHES_AT_ONCE = 8
"""Batches after each of which it is asked whether the budget is spent. How many there are depends
on nothing else, so what is explored does not depend on how many lanes there are."""
MOST_INPUTS = 20
MOST_GUESSED = 6
OF_A_CRASH = 1.0
"""Seconds of work that stand for a process which ended without a word."""


@dataclass(frozen=True)
class Budget:
    """What may be spent on finding cases: how many there are to be, and seconds of work."""

    cases: int = 50
    work: float = WORK
    each: float = EACH
    seconds: float = WORK * PATIENCE
    """Of the clock, far more than it takes: this and the next only end what hangs."""
    seconds_each: float = EACH * PATIENCE


@dataclass(frozen=True)
class Explored:
    """What came of one candidate: a case, or why there is none."""

    candidate: Candidate
    case: DeducedCase | None = None
    why_not: str = ""
    work: float = 0.0
    """What it took to find out, in seconds of work."""
    parts: frozenset[str] = frozenset()
    """`module:Class` of what the model is made of."""
    digests: frozenset[str] = frozenset()
    """One for each part, its flags and children told apart."""
    needless: bool = False
    """Whether it was given up because there is nothing in it that is not in another case."""
    time_limit: float | None = None
    """Seconds after which it was ended by the clock, where it was."""
    refused: bool = False
    """Whether its module cannot be imported."""


@dataclass
class Exploring:
    """One search over the candidates of a project, whole networks first."""

    each: Callable[
        [Sequence["Batch"], Callable[[Lane, "Batch"], list[Explored]]], Iterable[list[Explored]]
    ]
    """Does the work on each item, in as many lanes as there are."""
    place_of: Callable[[str], "Importable"]
    """Where the worker sees a module."""
    messages: Messages
    settings: Settings
    budget: Budget
    on_progress: Callable[[str], None]
    found: list[Explored] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _refused: dict[str, Explored] = field(default_factory=dict)
    """Modules that cannot be imported, which are not tried again."""
    _contained: set[str] = field(default_factory=set)
    work: float = 0.0
    """Spent so far, in seconds of work."""
    time_limit: float | None = None
    """Seconds after which all of it was ended by the clock, where it was."""
    _deadline: float = 0.0

    def run(self, candidates: Sequence[Candidate]) -> list[Explored]:
        """What came of the candidates that were tried, in their order."""
        self._deadline = time.monotonic() + self.budget.seconds
        whole = [each for each in candidates if each.is_whole]
        rest = [each for each in candidates if not each.is_whole]
        for wave in (whole, rest):
            if self._is_spent():
                break
            self._wave([each for each in wave if each.builds not in self._contained])
        return self.found

    def _wave(self, candidates: Sequence[Candidate]) -> None:
        order = {candidate: index for index, candidate in enumerate(candidates)}
        batches = list(_batches(candidates, self.place_of))
        done = len(self.found)
        for start in range(0, len(batches), BATCHES_AT_ONCE):
            if self._is_spent():
                break
            some = batches[start : start + BATCHES_AT_ONCE]
            known = [each for each in some if each.module in self._refused]
            some = [each for each in some if each.module not in self._refused]
            answers = [one for many in self.each(some, self._batch) for one in many]
            self._refused |= {each.candidate.module: each for each in answers if each.refused}
            answers += [
                replace(self._refused[batch.module], candidate=candidate, work=0.0)
                for batch in known
                for candidate in batch.candidates
            ]
            self.work += sum(answer.work for answer in answers)
            self._take(sorted(answers, key=lambda answer: order[answer.candidate]))
        self.found[done:] = sorted(self.found[done:], key=lambda each: order[each.candidate])

    def _take(self, answers: Sequence[Explored]) -> None:
        """Keep what says something new, in its order."""
        for explored in answers:
            new = not explored.digests <= self._seen
            if explored.case is not None and new and self._cases() < self.budget.cases:
                self._seen |= explored.digests
                self._contained |= explored.parts
                self.found.append(explored)
            elif explored.case is None:
                self.found.append(explored)

    def _is_spent(self) -> bool:
        return (
            self._cases() >= self.budget.cases or self.work >= self.budget.work or self._is_over()
        )

    def time_limits(self) -> frozenset[str]:
        """What was ended by the clock, in words for people."""
        ended = {
            f"exploring {e.candidate.name} ({e.time_limit:g} s)" for e in self.found if e.time_limit
        }
        if self.time_limit is not None:
            ended.add(f"exploring as a whole ({self.time_limit:g} s)")
        return frozenset(ended)

    def _is_over(self) -> bool:
        """Whether so much time went by that something hangs."""
        if time.monotonic() > self._deadline:
            self.time_limit = self.budget.seconds
        return self.time_limit is not None

    def _cases(self) -> int:
        return sum(explored.case is not None for explored in self.found)

    # -------------------------------------------------------------------------- one module

    def _batch(self, lane: Lane, batch: "Batch") -> list[Explored]:
        """Some candidates of one module. One that takes the worker down is tried again once, in a
        new one; where it does so again, that is told, and the rest goes on."""
        found: list[Explored] = []
        again: set[int] = set()
        left = list(range(len(batch.candidates)))
        while left and not self._is_over():
            work = self.budget.work - self.work - sum(each.work for each in found)
            try:
                for index, answer in self._answers(lane, batch, tuple(left), work):
                    left.remove(index)
                    found.append(self._explored(batch.candidates[index], answer))
                    self.on_progress(batch.candidates[index].callee)
                break
            except ImportRefused as refused:
                first, *others = batch.candidates
                refusal = Explored(
                    first,
                    None,
                    refused.words,
                    refused.work,
                    time_limit=refused.time_limit,
                    refused=True,
                )
                return [refusal, *(replace(refusal, candidate=c, work=0.0) for c in others)]
            except (ServerLost, ServerSilent) as lost:
                lane.drop("original")
                if isinstance(lost, ServerLost) and left[0] not in again:
                    again.add(left[0])
                    continue
                found.append(self._lost(batch.candidates[left.pop(0)], lost))
        return found

    def _lost(self, candidate: Candidate, lost: ServerLost | ServerSilent) -> Explored:
        """A candidate that took the worker with it, or did not let it speak any more."""
        if not isinstance(lost, ServerSilent):
            return Explored(candidate, None, "it took its process down", OF_A_CRASH)
        limit = self.budget.seconds_each
        words = f"it was ended by the time limit of {limit:g} s"
        return Explored(candidate, None, words, self.budget.each, time_limit=limit)

    def _answers(
        self, lane: Lane, batch: "Batch", wanted: Sequence[int], work: float
    ) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """What the worker says of each, until it has done so much work for them."""
        server, folder = lane.opened("original")
        request = {
            "do": "explore",
            "passes_over_weights": True,
            "module": batch.module,
            "path": batch.place.path,
            "search": dict(batch.place.search),
            "candidates": [
                {
                    "callee": c.callee,
                    "given": [[name, list(texts)] for name, texts in c.given],
                    "item": c.item,
                    "alike": not c.is_whole,
                    "each": self.budget.each if c.is_whole else min(self.budget.each, EACH_PART),
                    "method": c.method,
                    "inputs": [[list(texts), where] for texts, where in c.inputs],
                }
                for c in batch.candidates
            ],
            "settings": self.settings.texts(),
            "choices": {name: list(texts) for name, texts in self.settings.choices.items()},
            "sections": {name: list(texts) for name, texts in self.settings.sections.items()},
            "wanted": list(wanted),
            "seen": sorted(self._seen),
            "seconds_each": self.budget.seconds_each,
            "work": work,
            "folder": str(folder),
            "seconds": WHOLE_UNIT,
        }
        try:
            server.send(request)
            message = self._imported(lane, server)
            lane.note_stood_in(message)
            if message.get("imported") is not True:
                if "end" not in message:
                    server.receive(GRACE)
                words = self.messages.of_error(message.get("error"))
                raise ImportRefused(words, _number(message.get("work")) or OF_A_CRASH)
            for index in wanted:
                message = server.receive(self.budget.seconds_each + GRACE)
                if "end" in message:  # the work that there was for them is done
                    return
                if message.get("index") != index:
                    raise ServerLost("the worker speaks of a candidate that nobody asked for")
                lane.note_stood_in(message)
                yield index, message
            server.receive(GRACE)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _imported(self, lane: Lane, server: Server) -> dict[str, Any]:
        """What the worker says of importing the module. Raises ImportRefused where it hangs."""
        try:
            return server.receive(IMPORT_SECONDS + GRACE)
        except ServerSilent:
            lane.drop("original")
            words = f"importing it was ended by the time limit of {IMPORT_SECONDS:g} s"
            raise ImportRefused(words, self.budget.each, IMPORT_SECONDS) from None

    def _explored(self, candidate: Candidate, answer: Mapping[str, Any]) -> Explored:
        """What the worker says, as far as it can be read as what it should be."""
        try:
            case = _case(candidate, answer)
        except (CaseError, SyntaxError, ValueError, RecursionError, MemoryError):
            case = None
        why_not = self.messages.plain(str(answer.get("why_not") or "it gave no answer"))
        return Explored(
            candidate,
            case,
            "" if case is not None else why_not,
            _number(answer.get("work")) or OF_A_CRASH,
            frozenset(_texts(answer.get("parts"))),
            frozenset(_texts(answer.get("digests"))),
            answer.get("needless") is True,
            _number(answer.get("time_limit")),
        )


class ImportRefused(Exception):
    """The module cannot be imported: why, after how much work, and after how many seconds where
    the clock ended it."""

    def __init__(self, words: str, work: float, time_limit: float | None = None) -> None:
        super().__init__(words)
        self.words, self.work, self.time_limit = words, work, time_limit


@dataclass(frozen=True)
class Importable:
    """Where a worker finds a module: its file, if it has one, and where its imports lead."""

    path: str | None
    search: Mapping[str, Any]


@dataclass(frozen=True)
class Batch:
    """Candidates of one module that share its import."""

    module: str
    place: Importable
    candidates: tuple[Candidate, ...]


def _batches(
    candidates: Sequence[Candidate], place_of: Callable[[str], Importable]
) -> Iterator[Batch]:
    """The candidates by module, some at once, the module with the likeliest first."""
    by_module: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_module.setdefault(candidate.module, []).append(candidate)
    longest = max(map(len, by_module.values()), default=0)
    for start in range(0, longest, AT_ONCE):
        for module, each in by_module.items():
            some = tuple(each[start : start + AT_ONCE])
            if some:
                yield Batch(module, place_of(module), some)


def _case(candidate: Candidate, answer: Mapping[str, Any]) -> DeducedCase | None:
    """The case of an answer that has inputs, once all of it is shown to be expressions."""
    target, inputs = answer.get("target"), answer.get("inputs")
    if not isinstance(target, str) or not isinstance(inputs, list) or len(inputs) > MOST_INPUTS:
        return None
    ast.parse(target, mode="eval")
    parsed = tuple(parse_input(str(each)) for each in inputs)
    guessed = _texts(answer.get("guessed"))[:MOST_GUESSED]
    how = [candidate.how] if candidate.how else []
    if guessed:
        how.append(f"{', '.join(guessed)} guessed by name")
    how.append(str(answer.get("how") or "input by trial")[:300])
    return DeducedCase(f"{candidate.module}:{target}", parsed, "; ".join(how).replace("\n", " "))


def _number(value: Any) -> float | None:
    """A number that is not negative, as a worker should tell one."""
    is_one = isinstance(value, int | float) and 0 <= value < float("inf")
    return float(value) if is_one else None


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value][:2000] if isinstance(value, list) else []
