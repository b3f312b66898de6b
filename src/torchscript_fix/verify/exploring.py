"""Exploring candidates: which of them build a model, with which arguments, on which inputs it runs.

The worker tries (`worker/explore.py`) and answers in text; what it says is parsed here, and becomes
a DeducedCase that is verified like any other.
"""

import ast
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torchscript_fix.cases import CaseError, DeducedCase
from torchscript_fix.cases.candidates import Candidate
from torchscript_fix.cases.declared import parse_input
from torchscript_fix.verify.channel import ServerLost, ServerSilent
from torchscript_fix.verify.lane import GRACE, IMPORT_SECONDS, WHOLE_UNIT, Lane
from torchscript_fix.verify.messages import Messages

EACH = 20.0
"""Seconds for one candidate."""
AT_ONCE = 8
"""Candidates of one module that are explored with one import of it."""
MOST_INPUTS = 20
MOST_GUESSED = 6


@dataclass(frozen=True)
class Budget:
    """What may be spent on finding cases."""

    cases: int = 50
    seconds: float = 240.0
    each: float = EACH


@dataclass(frozen=True)
class Explored:
    """What came of one candidate: a case, or why there is none."""

    candidate: Candidate
    case: DeducedCase | None = None
    why_not: str = ""
    seconds: float = 0.0
    parts: frozenset[str] = frozenset()
    """`module:Class` of what the model is made of."""
    digests: frozenset[str] = frozenset()
    """One for each part, its flags and children told apart."""
    needless: bool = False
    """Whether it was given up because there is nothing in it that is not in another case."""


@dataclass
class Exploring:
    """One search over the candidates of a project, whole networks first."""

    each: Callable[
        [Sequence["Batch"], Callable[[Lane, "Batch"], list[Explored]]], Iterable[list[Explored]]
    ]
    """Does the work on each item, in as many lanes as there are."""
    path_of: Callable[[str], str | None]
    """Where the worker sees the file of a module."""
    messages: Messages
    settings: Mapping[str, Sequence[str]]
    choices: Mapping[str, Sequence[str]]
    budget: Budget
    on_progress: Callable[[str], None]
    found: list[Explored] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)
    _contained: set[str] = field(default_factory=set)
    _deadline: float = 0.0

    def run(self, candidates: Sequence[Candidate]) -> list[Explored]:
        """What came of the candidates that were tried, in their order."""
        self._deadline = time.monotonic() + self.budget.seconds
        whole = [each for each in candidates if each.is_whole]
        rest = [each for each in candidates if not each.is_whole]
        for wave in (whole, rest):
            if self._cases() >= self.budget.cases:
                break
            self._wave([each for each in wave if each.builds not in self._contained])
        return self.found

    def _wave(self, candidates: Sequence[Candidate]) -> None:
        order = {candidate: index for index, candidate in enumerate(candidates)}
        batches = list(_batches(candidates, self.path_of))
        answers = [one for many in self.each(batches, self._batch) for one in many]
        for explored in sorted(answers, key=lambda answer: order[answer.candidate]):
            new = not explored.digests <= self._seen
            if explored.case is not None and new and self._cases() < self.budget.cases:
                self._seen |= explored.digests
                self._contained |= explored.parts
                self.found.append(explored)
            elif explored.case is None:
                self.found.append(explored)

    def _cases(self) -> int:
        return sum(explored.case is not None for explored in self.found)

    # -------------------------------------------------------------------------- one module

    def _batch(self, lane: Lane, batch: "Batch") -> list[Explored]:
        """Some candidates of one module. One that takes the worker down is told, and the rest
        goes on in a new one."""
        found: list[Explored] = []
        left = list(range(len(batch.candidates)))
        while left and time.monotonic() < self._deadline:
            try:
                for index, answer in self._answers(lane, batch, tuple(left)):
                    left.remove(index)
                    found.append(self._explored(batch.candidates[index], answer))
                    self.on_progress(batch.candidates[index].callee)
                break
            except ImportRefused as refused:
                return [Explored(each, why_not=refused.words) for each in batch.candidates]
            except (ServerLost, ServerSilent):
                lane.drop("original")
                index = left.pop(0)
                lost = Explored(batch.candidates[index], why_not="it took its process down")
                found.append(lost)
        return found

    def _answers(
        self, lane: Lane, batch: "Batch", wanted: Sequence[int]
    ) -> Iterator[tuple[int, Mapping[str, Any]]]:
        server, folder = lane.opened("original")
        request = {
            "do": "explore",
            "module": batch.module,
            "path": batch.path,
            "candidates": [
                {
                    "callee": c.callee,
                    "given": [[name, list(texts)] for name, texts in c.given],
                    "item": c.item,
                    "alike": not c.is_whole,
                }
                for c in batch.candidates
            ],
            "settings": {name: list(texts) for name, texts in self.settings.items()},
            "choices": {name: list(texts) for name, texts in self.choices.items()},
            "wanted": list(wanted),
            "seen": sorted(self._seen),
            "each": self.budget.each,
            "folder": str(folder),
            "seconds": WHOLE_UNIT,
        }
        try:
            server.send(request)
            message = server.receive(IMPORT_SECONDS + GRACE)
            lane.note_stood_in(message)
            if message.get("imported") is not True:
                if "end" not in message:
                    server.receive(GRACE)
                raise ImportRefused(self.messages.of_error(message.get("error")))
            for index in wanted:
                message = server.receive(self.budget.each * 2 + 10 + GRACE)
                if message.get("index") != index:
                    raise ServerLost("the worker speaks of a candidate that nobody asked for")
                lane.note_stood_in(message)
                yield index, message
            server.receive(GRACE)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _explored(self, candidate: Candidate, answer: Mapping[str, Any]) -> Explored:
        """What the worker says, as far as it can be read as what it should be."""
        seconds = answer.get("seconds")
        took = float(seconds) if isinstance(seconds, int | float) else 0.0
        try:
            case = _case(candidate, answer)
        except (CaseError, SyntaxError, ValueError, RecursionError, MemoryError):
            case = None
        why_not = self.messages.plain(str(answer.get("why_not") or "it gave no answer"))
        return Explored(
            candidate,
            case,
            "" if case is not None else why_not,
            took,
            frozenset(_texts(answer.get("parts"))),
            frozenset(_texts(answer.get("digests"))),
            answer.get("needless") is True,
        )


class ImportRefused(Exception):
    """The module cannot be imported; `words` say why."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


@dataclass(frozen=True)
class Batch:
    """Candidates of one module that share its import."""

    module: str
    path: str | None
    candidates: tuple[Candidate, ...]


def _batches(
    candidates: Sequence[Candidate], path_of: Callable[[str], str | None]
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
                yield Batch(module, path_of(module), some)


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


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value][:2000] if isinstance(value, list) else []
