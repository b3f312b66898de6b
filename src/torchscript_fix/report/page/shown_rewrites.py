"""Rewrites, made and not made, as a page shows them: by rule and reason, and by file."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from torchscript_fix.report import document
from torchscript_fix.report.grouped import grouped
from torchscript_fix.report.page.visible import (
    MOST_GROUPS,
    MOST_PLACES,
    short_line,
    short_message,
    short_text,
)


@dataclass(frozen=True)
class PlaceGroup:
    """Places of one file: line, function, what there is to say."""

    path: str
    places: tuple[tuple[int | None, str, str], ...]


@dataclass(frozen=True)
class RuleGroup:
    """The rewrites of one rule that have one safety and one standing."""

    rule: str
    safety: str
    standing: str
    count: int
    cases: str
    files: tuple[PlaceGroup, ...]
    left_out: int


@dataclass(frozen=True)
class ReasonGroup:
    """Places that one rule left alone, or gave up, for one reason."""

    rule: str
    reason: str
    decided_by: str
    count: int
    files: tuple[PlaceGroup, ...]
    left_out: int


def rewrites(run: document.Run) -> tuple[RuleGroup, ...]:
    groups = grouped(run.rewrites, lambda made: (made.rule, made.safety, made.standing))
    return tuple(
        RuleGroup(
            rule=rule,
            safety=safety,
            standing=standing if run.verified else "not verified",
            count=len(made),
            cases=_reached_by(made),
            files=_by_file((each.path, each.line, each.function, each.summary) for each in made),
            left_out=max(0, len(made) - MOST_PLACES),
        )
        for (rule, safety, standing), made in sorted(groups.items())
    )


def _reached_by(made: Sequence[document.MadeRewrite]) -> str:
    """The case that reaches them, or how many do."""
    names = Counter(name for each in made for name in each.cases)
    if len(names) == 1:
        return short_line(next(iter(names)))
    return f"{len(names)} cases" if names else ""


def held_back(run: document.Run) -> tuple[ReasonGroup, ...]:
    groups = grouped(run.held_back, lambda held: (held.rule, held.reason, held.decided_by or ""))
    ordered = sorted(groups.items(), key=lambda group: (not group[0][2], -len(group[1])))
    return tuple(
        ReasonGroup(
            rule=rule,
            reason=short_text(reason),
            decided_by=short_text(decided_by),
            count=len(held),
            files=_by_file((each.path, each.line, each.function, "") for each in held),
            left_out=max(0, len(held) - MOST_PLACES),
        )
        for (rule, reason, decided_by), held in ordered[:MOST_GROUPS]
    )


def taken_back(run: document.Run) -> tuple[ReasonGroup, ...]:
    groups = grouped(run.taken_back, lambda taken: (taken.rule, taken.reason))
    return tuple(
        ReasonGroup(
            rule=rule,
            reason=short_message(reason),
            decided_by="",
            count=len(taken),
            files=_by_file((each.path, each.line, each.function, each.summary) for each in taken),
            left_out=max(0, len(taken) - MOST_PLACES),
        )
        for (rule, reason), taken in list(groups.items())[:MOST_GROUPS]
    )


def _by_file(places: Iterable[tuple[str, int, str, str]]) -> tuple[PlaceGroup, ...]:
    files: defaultdict[str, list[tuple[int | None, str, str]]] = defaultdict(list)
    for path, line, function, words in list(places)[:MOST_PLACES]:
        files[path].append((line, short_line(function), short_line(words)))
    return tuple(
        PlaceGroup(short_line(path), tuple(found)) for path, found in sorted(files.items())
    )
