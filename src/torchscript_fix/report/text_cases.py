"""What the summary says of cases: what each ended with, what was done for it, what to do next."""

import textwrap
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence

import click

from torchscript_fix.report.describe import last_diagnoses, last_words, tried_words
from torchscript_fix.report.telling import GOOD, Telling, outcome_column, title
from torchscript_fix.result import Result
from torchscript_fix.verify.messages import HINT
from torchscript_fix.verify.verdict import Verdict

MOST_CASES = 10
MOST_SHARING = 6
"""Cases that are named where they share a failure."""
MOST_HELD = 2
"""Reasons of rules that held back where a case stops."""
NEXT_WIDTH = 100
MOST_LINES = 14
"""Lines of one message of the compiler."""


def cases(result: Result, telling: Telling) -> Iterator[str]:
    if not result.verdicts:
        return
    yield title(f"Cases ({len(result.verdicts)})")
    # Whole networks first: what the repository is for.
    shown, counted = sorted(result.verdicts, key=_is_part), []
    if len(shown) > MOST_CASES and not telling.verbose:
        counted = [verdict for verdict in shown if verdict.outcome in GOOD]
        shown = [verdict for verdict in shown if verdict.outcome not in GOOD]
    for outcome, count in Counter(verdict.outcome for verdict in counted).items():
        yield f"  {outcome_column(outcome)}{count} cases"
    groups = list(_alike(shown, result, telling).items())
    told = telling.some(groups, MOST_CASES * 2)
    was_part = False
    for body, verdicts in told:
        if _is_part(verdicts[0]) and not was_part:
            yield click.style("  Parts of networks, and losses:", dim=True)
            was_part = True
        yield from _names(verdicts, telling)
        if len(verdicts) > 1 and body[1]:
            yield f"      {len(verdicts)} cases share this failure:"
        yield from body[1]
    left = Counter(v.outcome for _, verdicts in groups[len(told) :] for v in verdicts)
    for outcome, count in left.items():
        yield f"  {outcome_column(outcome)}… and {count} more: --verbose lists them"


def _alike(
    verdicts: Iterable[Verdict], result: Result, telling: Telling
) -> dict[tuple[Hashable, tuple[str, ...]], list[Verdict]]:
    """Cases of which there is the same to say, by that. What is good stands alone."""
    found: dict[tuple[Hashable, tuple[str, ...]], list[Verdict]] = {}
    for number, verdict in enumerate(verdicts):
        which = number if verdict.outcome in GOOD else (verdict.outcome, _is_part(verdict))
        body = tuple(_case(verdict, result, telling))
        found.setdefault((which, body), []).append(verdict)
    return found


def _names(verdicts: Sequence[Verdict], telling: Telling) -> Iterator[str]:
    """A line for each of some cases that ended alike."""
    shown = telling.some(verdicts, MOST_SHARING)
    for verdict in shown:
        yield f"  {outcome_column(verdict.outcome)}{verdict.case}"
        if verdict.how and (telling.verbose or len(verdicts) == 1):
            yield click.style(f"      {verdict.found}: {verdict.how}", dim=True)
    if len(verdicts) > len(shown):
        yield f"  {outcome_column(verdicts[0].outcome)}… and {len(verdicts) - len(shown)} more"


def _is_part(verdict: Verdict) -> bool:
    return verdict.model is not None and not verdict.whole


def _case(verdict: Verdict, result: Result, telling: Telling) -> Iterator[str]:
    """What there is to say of a case: what it ended with last, and what to do."""
    if verdict.outcome in GOOD and not telling.verbose:
        return
    message = last_words(verdict, result.tried.get(verdict.case))
    lines = message.strip().splitlines()
    if verdict.difference and str(verdict.difference) not in message:
        lines.append(str(verdict.difference))
    if result.missing.install and not telling.verbose:
        lines = [line for line in lines if not line.startswith(HINT)]  # it is among those above
    shown = telling.some(lines, MOST_LINES)
    for line in shown:
        yield f"      {line}"
    if len(lines) > len(shown):
        yield f"      … {len(lines) - len(shown)} more lines: --verbose shows them"
    if telling.verbose and verdict.original_message not in ("", message):
        yield "      before anything was rewritten it failed with:"
        yield from (f"        {line}" for line in verdict.original_message.strip().splitlines())
    yield from _diagnosed(verdict, result, telling)


def _diagnosed(verdict: Verdict, result: Result, telling: Telling) -> Iterator[str]:
    """What the case ends with, what was done for it, and what a person should do next."""
    tried = result.tried.get(verdict.case)
    diagnoses = last_diagnoses(verdict, tried)
    if tried is not None and tried.rounds:
        yield f"      {tried_words(tried.rounds, tried.rules)}"
    if not diagnoses:
        return
    first = diagnoses[0]
    where = f" at {telling.place(first.path, first.line)}" if first.path is not None else ""
    function = f" in {first.function}" if first.function else ""
    yield f"      {click.style(first.kind, bold=True)}{where}{function}"
    if first.outside:
        yield f"      outside of these files: {first.outside}"
    others = Counter(each.kind for each in diagnoses[1:])
    if others:
        kinds = ", ".join(_times(kind, count) for kind, count in others.items())
        yield f"      other errors in it: {kinds}"
    held = dict.fromkeys(
        f"{each.rule} held back: {each.reason}"
        + (f"; {each.decided_by} would decide it" if each.decided_by else "")
        for each in result.held_back
        if (each.path, each.function) == (first.path, first.function)
    )
    for words in list(held)[:MOST_HELD]:
        yield from _wrapped(words)
    yield from _wrapped(f"next: {first.next_step}")


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, NEXT_WIDTH, initial_indent="      ", subsequent_indent="        ")


def _times(kind: str, count: int) -> str:
    return kind if count == 1 else f"{kind} ({count}×)"
