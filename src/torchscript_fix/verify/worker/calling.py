"""Finding inputs for a module that is built: guess a call, run it, and let the error correct it."""

import linecache
import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

import torch
from torch import nn

from . import stand_ins
from .argument import Call, made, replaced, source
from .clock import Clock
from .complaints import Failure, proposals
from .diagnose import without_addresses
from .first_guess import first_calls
from .frontier import Attempt, Proposal, Search
from .watch import Watch, origins_of
from .work import PATIENCE, Account, TooMuchWork

TRIES = 150
ONE_TRY = 8.0
"""Seconds of work of one call."""
SHORTEST = 0.05
"""Seconds after which it is looked again whether a call has had its time."""
SLOW = 1.0
"""Seconds of work of a call that is worth making smaller."""
FIRST_COST = 1.5
"""What each first guess costs more than the one before it."""

_OWN_CLASS = re.compile(r"'Tensor' object has no attribute '(?P<name>\w+)'")
_DICTIONARY = frozenset({"keys", "items", "values", "get", "update"})


class Hung(BaseException):
    """Something was not done within `seconds` of the clock."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True)
class Inputs:
    """A call that runs, as source, and how it was come by; or why there is none."""

    source: tuple[str, ...] | None
    how: str = ""
    why_not: str = ""


def find_inputs(module: Any, account: Account, seed: Callable[[], None]) -> Inputs:
    """Inputs that the module runs with in eval(), found before the account is spent.

    Raises Hung where a call does not come to an end.
    """
    work: dict[Call, float] = {}

    def attempt(call: Call) -> Attempt[Call]:
        seed()
        with torch.no_grad():
            tried, work[call] = _tried(module, call, account)
        return tried

    search: Search[Call] = Search(attempt, TRIES, lambda: account.is_spent)
    first = list(first_calls(module))
    found = search.run(
        Proposal(call, FIRST_COST * order, why) for order, (call, why) in enumerate(first)
    )
    if found is None:
        return Inputs(None, why_not=_why_not(module, search))
    smaller = _smaller(found, attempt, work)
    return Inputs(tuple(source(smaller)), _how(search.reasons))


def shown_inputs(
    module: Any,
    shown: Iterable[Inputs],
    names: Any,
    account: Account,
    seed: Callable[[], None],
) -> Inputs | None:
    """The first of the inputs that scripts call the module with on which it runs in little work."""
    for inputs in shown:
        used = stand_ins.count_used()
        seed()
        try:
            with account.one_try(ONE_TRY):
                runs(module, inputs.source or (), names)
        except (Exception, TooMuchWork):
            continue
        if stand_ins.needs(used) is None:
            return inputs
    return None


def _how(reasons: tuple[str, ...]) -> str:
    """`input from the first Conv2d, after the error "RuntimeError: ..."`."""
    first, *corrections = reasons or ("",)
    if not corrections:
        return first
    more = f" and {len(corrections) - 1} more" if len(corrections) > 1 else ""
    return f'{first}, corrected by "{corrections[-1]}"{more}'


def _why_not(module: Any, search: Search[Call]) -> str:
    words = search.furthest[1]
    match = _OWN_CLASS.search(words)
    hint = ""
    if match is not None and match["name"] in _DICTIONARY:
        hint = " (it wants a dictionary whose keys its forward does not show)"
    elif match is not None:
        hint = " (it wants an object of some other class, which is not guessed)"
    return f"no input found in {search.made} tries; the furthest ended in {words}{hint}"


def _smaller(call: Call, attempt: Callable[[Call], Attempt[Call]], work: dict[Call, float]) -> Call:
    """A call of about a second of work at most, where halving the sides gives one."""
    while work[call] > SLOW:
        halved = call
        for position, (_, argument) in enumerate(call):
            if argument.sides and argument.sides[0] >= 32:
                halved = replaced(halved, position, argument.with_sides(argument.sides[0] // 2))
        if halved == call or not attempt(halved).works:
            break
        call = halved
    return call


def _tried(module: Any, call: Call, account: Account) -> tuple[Attempt[Call], float]:
    """What came of a call, and the work of it."""
    args, kwargs, values = made(call)
    watch = Watch(values)
    used = stand_ins.count_used()
    try:
        with time_limit(ONE_TRY * PATIENCE), account.one_try(ONE_TRY) as meter, watch:
            module(*args, **kwargs)
        needs = stand_ins.needs(used)
        words = str(needs["message"]) if needs is not None else ""
        return Attempt(not words, watch.done, words), meter.done
    except TooMuchWork:
        words = f"a call is more than {ONE_TRY:.0f} s of work"
        return Attempt(False, watch.done, words, tuple(_faster(call))), ONE_TRY
    except Exception as error:
        needs = stand_ins.needs(used)
        if needs is not None:  # no other input would do
            return Attempt(False, watch.done, str(needs["message"])), 0.0
        failure = _failure(module, error, watch, call)
        words = f"{failure.kind}: {failure.words.strip()}"[:500]
        return Attempt(False, watch.done, words, proposals(call, failure)), 0.0


def _faster(call: Call) -> Iterator[Proposal[Call]]:
    for position, (_, argument) in enumerate(call):
        if argument.sides:
            smaller = argument.with_sides(max(1, argument.sides[0] // 4))
            yield Proposal(replaced(call, position, smaller), 1.0)


def _failure(module: Any, error: BaseException, watch: Watch, call: Call) -> Failure:
    operation = watch.failure(error)
    suspects = frozenset[int]()
    if operation is not None:
        for operand in operation.operands:
            suspects |= operand.origins
    suspects = suspects or _suspects(error.__traceback__)
    return Failure(
        module=module,
        kind=type(error).__name__,
        words=_words(error),
        operation=operation,
        suspects=suspects,
        layer=_layer(error.__traceback__),
    )


def _words(error: BaseException) -> str:
    try:
        return without_addresses(str(error))[:2000]
    except Exception:
        return ""


def _frames(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    found = []
    while traceback is not None:
        found.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return found[::-1]


def _suspects(traceback: TracebackType | None) -> frozenset[int]:
    """Arguments that what stands in the failing line was computed from: the innermost line that
    has to do with any."""
    for frame, number in _frames(traceback):
        line = linecache.getline(frame.f_code.co_filename, number)
        found: frozenset[int] = frozenset()
        for name in re.findall(r"[^\W\d]\w*", line):
            if name in frame.f_locals:
                found |= origins_of(frame.f_locals[name])
        if found:
            return found
    return frozenset()


def _layer(traceback: TracebackType | None) -> Any:
    for frame, _ in _frames(traceback):
        owner = frame.f_locals.get("self")
        if isinstance(owner, nn.Module):
            return owner
    return None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End what hangs, as soon as Python has a say again. Raises Hung, and again where the user's
    code catches it."""
    is_over = False
    clock = Clock(os.getpid())

    def stop(_signal: int, _frame: Any) -> None:
        nonlocal is_over
        left = seconds - clock.passed()
        if left > 0 and not is_over:  # it waited for a processor meanwhile
            signal.setitimer(signal.ITIMER_REAL, max(left, SHORTEST), 1.0)
            return
        is_over = True
        raise Hung(seconds)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if is_over:
            raise Hung(seconds)


def runs(module: Any, inputs: tuple[str, ...], names: Any) -> None:
    """Run a module on inputs that are given as source. Raises what the module raises."""
    call = eval(f"_call({', '.join(inputs)})", {"torch": torch, **names, "_call": _call})
    with torch.no_grad(), time_limit(ONE_TRY * PATIENCE):
        module(*call[0], **call[1])


def _call(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    return args, kwargs
