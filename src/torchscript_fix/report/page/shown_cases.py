"""Cases as a page shows them: those that ended alike together, with their words cut for reading."""

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from torchscript_fix.report import document
from torchscript_fix.report.describe import tried_words
from torchscript_fix.report.grouped import grouped
from torchscript_fix.report.page.advice import CASE_ORDER
from torchscript_fix.report.page.visible import (
    MOST_GROUPS,
    cut,
    short_line,
    short_message,
    short_text,
)


@dataclass(frozen=True)
class ShownCase:
    """One case: a line of a group."""

    code: str
    """What repeats it on the command line; its name where nothing does."""
    how: str
    """How it was found, where the cases of its group differ in that."""
    seconds: float


@dataclass(frozen=True)
class CaseGroup:
    """Cases that ended alike, with the same words."""

    verdict: document.VerdictName
    part: bool
    """Whether they are of parts of networks, or of losses."""
    before: document.VerdictName
    found: str
    how: str
    message: str
    before_message: str
    place: str
    difference: str
    diagnosed: tuple[str, ...]
    """Kind and place of what is left, of the first case of the group."""
    tried: str
    seconds: float
    stages: str
    cases: tuple[ShownCase, ...]
    left_out: int


MOST_CASES = 60
MOST_DIAGNOSES = 6


def case_groups(run: document.Run) -> tuple[tuple[CaseGroup, ...], int]:
    """Cases by verdict and words, whole networks first; how many are not shown."""
    ordered = sorted(run.cases, key=lambda case: (_is_part(case), CASE_ORDER.index(case.verdict)))
    groups = grouped(
        ordered,
        lambda case: (
            (case.verdict, case.before, case.message, case.before_message),
            (case.found, case.difference, _is_part(case)),
        ),
    )
    shown, room = [], MOST_CASES
    for cases in list(groups.values())[:MOST_GROUPS]:
        if room > 0:
            shown.append(_case_group(cases, room, run.root))
            room -= len(cases)
    return tuple(shown), len(run.cases) - sum(len(g.cases) + g.left_out for g in shown)


def _is_part(case: document.Case) -> bool:
    return case.whole is False and case.model is not None


def _case_group(cases: Sequence[document.Case], most: int, root: str) -> CaseGroup:
    first = cases[0]
    message, before = _relative(first.message, root), _relative(first.before_message, root)
    how = first.how if all(case.how == first.how for case in cases) else ""
    return CaseGroup(
        verdict=first.verdict,
        part=_is_part(first),
        before=first.before,
        found=first.found,
        how=short_text(how),
        message=message,
        before_message="" if before == message else before,
        place=f"{first.place.path}:{first.place.line}" if first.place else "",
        difference=_difference(first.difference),
        diagnosed=tuple(_diagnosed(each) for each in first.diagnoses[:MOST_DIAGNOSES]),
        tried=_tried(first),
        seconds=sum(sum(case.seconds.values()) for case in cases),
        stages=_stages(cases),
        cases=tuple(_shown_case(case, how) for case in cases[:most]),
        left_out=max(0, len(cases) - most),
    )


def _diagnosed(diagnosis: document.Diagnosis) -> str:
    """`list-size at net.py:12 in Net.forward`."""
    where = f" at {diagnosis.path}:{diagnosis.line}" if diagnosis.path is not None else ""
    function = f" in {diagnosis.function}" if diagnosis.function else ""
    outside = f" (from {diagnosis.outside})" if diagnosis.outside else ""
    return short_text(f"{diagnosis.kind}{where}{function}{outside}")


def _tried(case: document.Case) -> str:
    """What the loop did for a case; empty where it is as it was."""
    if not case.rounds or not case.diagnoses:
        return ""
    return short_text(tried_words(case.rounds, case.tried))


def _stages(cases: Sequence[document.Case]) -> str:
    """Where most of the time went."""
    stages: Counter[str] = Counter()
    for case in cases:
        for stage, seconds in case.seconds.items():
            stages[cut(stage, 40)] += seconds  # type: ignore[assignment]  # Counts halves as well.
    return ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in stages.most_common(3))


def _relative(message: str, root: str) -> str:
    if root not in ("", "/"):
        message = message.replace(root.rstrip("/") + "/", "")
    return short_message(message)


def _difference(difference: document.Difference | None) -> str:
    if difference is None:
        return ""
    largest = "" if difference.largest is None else f", by {difference.largest:.3g} at most"
    return short_text(f"{difference.where}: {difference.what}{largest}")


def _shown_case(case: document.Case, how: str) -> ShownCase:
    return ShownCase(
        code=short_line(" ".join(map(shell_word, case.arguments)) or case.name),
        how="" if case.how == how else short_text(case.how),
        seconds=sum(case.seconds.values()),
    )


def shell_word(word: str) -> str:
    """The word as a person would quote it for a shell: in double quotes where it has single ones
    and nothing that a shell obeys between double quotes."""
    if "'" in word and not set('"$`\\!') & set(word):
        return f'"{word}"'
    return shlex.quote(word)
