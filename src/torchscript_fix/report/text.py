"""The summary for people: what changes, what the cases say, what was left alone and why.

Short by default, however large the run: what repeats is counted, and `verbose` lists it all.
"""

import os
import textwrap
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeVar

import click

from torchscript_fix.report.aside import not_imported, not_needed
from torchscript_fix.report.describe import last_diagnoses, last_words, tried_words
from torchscript_fix.result import MadeRewrite, Problem, Result, Standing
from torchscript_fix.rule import HeldBack, Safety
from torchscript_fix.terminal import visible_within
from torchscript_fix.verify.messages import HINT
from torchscript_fix.verify.verdict import Outcome, Verdict

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)

MOST_CASES = 10
MOST_GROUPS = 12
MOST_PLACES = 4
MOST_SHARING = 6
"""Cases that are named where they share a failure."""
MOST_HELD = 2
"""Reasons of rules that held back where a case stops."""
MOST_ROOTS = 3
"""Import roots that are named beside that of the packages."""
MOST_NAMES = 20
"""Missing packages that are named."""
NAMES_WIDTH = 80
NEXT_WIDTH = 100
MOST_LINES = 14
"""Lines of one message of the compiler."""


class Deed(Enum):
    """What was done with the changes."""

    SHOWN = "shown"
    CHECKED = "checked"
    WRITTEN = "written"
    FAILED = "failed"
    """They were to be written, and could not be."""


@dataclass(frozen=True)
class Telling:
    """How to tell it: what was done, from where names are seen, and whether to list it all."""

    deed: Deed
    here: Path
    verified: bool = True
    verbose: bool = False
    withheld: str = ""
    """Why --write writes nothing of what would change; "" where it does."""


GOOD = frozenset({Outcome.ALREADY_SCRIPTABLE, Outcome.FIXED, Outcome.COMPILES})

COMPARED = frozenset({Outcome.ALREADY_SCRIPTABLE, Outcome.STILL_FAILING})
"""What a case ends as that is not fixed, and that was compared with its original all the same."""


def summary(result: Result, telling: Telling) -> str:
    """The whole summary, styled for a terminal; its last line is the headline. What a terminal
    would obey in what others have written is made visible."""
    result, telling = visible_within(result), visible_within(telling)
    sections = (
        _rewrites(result, telling),
        _held_back(result, telling),
        _taken_back(result, telling),
        _problems(result, telling),
        [*_roots(result, telling), *_notes(result, telling)],
        _missing(result, telling),
        _cases(result, telling),
        _headline(result, telling),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


# ------------------------------------------------------------------------------------ sections


def _rewrites(result: Result, telling: Telling) -> Iterator[str]:
    if not result.rewrites or (telling.withheld and not telling.verbose):
        return
    yield _title("Rewrites")
    by_rule = _grouped(result.rewrites, lambda made: made.rewrite.rule)
    width = max(map(len, by_rule))
    for rule, rewrites in sorted(by_rule.items()):
        yield f"  {rule:{width}}  {_counted(rewrites, telling)}"
        if telling.verbose:
            for made in rewrites:
                rewrite = made.rewrite
                where = _place(rewrite.path, rewrite.line, telling)
                yield f"    {where}  {rewrite.function}: {rewrite.summary}"
    if telling.verified:
        yield from _standings(result)


def _standings(result: Result) -> Iterator[str]:
    partial = {
        case for made in result.rewrites if made.standing is Standing.PARTIAL for case in made.cases
    }
    if partial:
        compared = [v for v in result.verdicts if v.case in partial and v.outcome in COMPARED]
        more = "; those that run behave as before" if compared else ""
        yield f"  (partial: no case that reaches it is fixed yet{more})"
    if any(made.standing is Standing.UNVERIFIED for made in result.rewrites):
        yield "  (unverified: no case reaches it)"


def _counted(rewrites: Sequence[MadeRewrite], telling: Telling) -> str:
    """`5 verified, 2 unverified, 1 of them narrowing`."""
    if telling.verified:
        standings = Counter(made.standing for made in rewrites)
        counts = [f"{standings[s]} {_standing(s)}" for s in Standing if standings[s]]
    else:
        counts = [f"{len(rewrites)}, not verified"]
    safeties = Counter(made.rewrite.safety for made in rewrites)
    for safety in (Safety.NARROWING, Safety.CHANGES_CHECKPOINTS):
        if safeties[safety]:
            counts.append(click.style(f"{safeties[safety]} of them {safety.value}", fg="yellow"))
    return ", ".join(counts)


def _held_back(result: Result, telling: Telling) -> Iterator[str]:
    held_back = [held for held in result.held_back if _is_about(held, result, telling)]
    if not held_back:
        return
    yield _title(f"Held back ({len(held_back)})")
    groups = _grouped(held_back, lambda held: (held.rule, held.reason, held.decided_by))
    # What the user can decide comes first, then what there is most of.
    ordered = sorted(groups.values(), key=lambda group: (not group[0].decided_by, -len(group)))
    shown = ordered if telling.verbose else ordered[:MOST_GROUPS]
    for group in shown:
        yield from _group_held_back(group, telling)
    rest = sum(map(len, ordered[len(shown) :]))
    if rest:
        yield f"  … and {rest} more: --verbose lists them"


def _is_about(held: HeldBack, result: Result, telling: Telling) -> bool:
    """Whether it is told: where the user named cases, the report is about them."""
    return result.related is None or telling.verbose or held.path in result.related


def _group_held_back(group: Sequence[HeldBack], telling: Telling) -> Iterator[str]:
    first = group[0]
    yield f"  {first.rule}: {first.reason}"
    shown = group if telling.verbose else group[:MOST_PLACES]
    for held in shown:
        yield f"    {_place(held.path, held.line, telling)}  {held.function}"
    if len(group) > len(shown):
        yield f"    … and {len(group) - len(shown)} more places"
    if first.decided_by:
        yield f"    {click.style('would be decided by', fg='cyan')} {first.decided_by}"


def _taken_back(result: Result, telling: Telling) -> Iterator[str]:
    if not result.taken_back:
        return
    yield _title(f"Taken back ({len(result.taken_back)}): tried, and not the same")
    groups = _grouped(result.taken_back, lambda taken: (taken.rewrite.rule, taken.reason))
    for (rule, reason), group in groups.items():
        yield f"  {rule}: {reason}"
        for taken in group if telling.verbose else group[:MOST_PLACES]:
            where = _place(taken.rewrite.path, taken.rewrite.line, telling)
            yield f"    {where}  {taken.rewrite.function}: {taken.rewrite.summary}"
        if len(group) > MOST_PLACES and not telling.verbose:
            yield f"    … and {len(group) - MOST_PLACES} more places"


def _problems(result: Result, telling: Telling) -> Iterator[str]:
    problems = [problem for problem in result.problems if problem.needed]
    if not problems:
        return
    yield _title(f"Left alone ({len(problems)})", "red")
    shown = problems if telling.verbose else problems[: MOST_GROUPS * 2]
    for problem in shown:
        yield from _problem(problem, telling)
    if len(problems) > len(shown):
        yield f"  … and {len(problems) - len(shown)} more: --verbose lists them"


def _problem(problem: Problem, telling: Telling) -> Iterator[str]:
    yield f"  {_place(problem.path, problem.line, telling)}: {problem.reason}"
    if problem.advice:
        yield f"    {problem.advice.rstrip('.')}."


def _roots(result: Result, telling: Telling) -> Iterator[str]:
    """One line, where modules are imported from more than the folder of the packages."""
    roots = result.import_roots
    if len(roots) < 2:
        return
    shown = roots if telling.verbose else roots[: MOST_ROOTS + 1]
    said = [_place(shown[0].folder, None, telling)]
    for root in shown[1:]:
        names = f"{', '.join(root.names)}: " if root.names else ""
        said.append(f"{_place(root.folder, None, telling)} ({names}{root.why})")
    more = f", and {len(roots) - len(shown)} more" if len(roots) > len(shown) else ""
    yield f"{click.style('Imported from:', fg='yellow')} {', '.join(said)}{more}"


def _notes(result: Result, telling: Telling) -> Iterator[str]:
    for note in result.notes:
        yield f"{click.style('Note:', fg='yellow')} {note}"
    yield from _set_aside(result, telling)
    if result.stand_ins:
        # What has a dot is not there in a package that is: there is a note of its own about it.
        names = ", ".join(name for name in result.stand_ins if "." not in name)
        words = f"not installed, so stand-ins took their place: {names}" if names else ""
        words = words or "stand-ins took the place of what is missing"
        yield f"{click.style('Note:', fg='yellow')} {words}. A case that needs one says so."
    if result.time_limits:
        yield (
            f"{click.style('Note:', fg='yellow')} a time limit ended this, and another run may "
            f"find otherwise: {'; '.join(result.time_limits)}."
        )


def _missing(result: Result, telling: Telling) -> Iterator[str]:
    """What is not installed, and the line that installs it: that alone where stand-ins are on, and
    nothing where every case is one that the user named, and passes without."""
    missing = result.missing
    passed = all(verdict.named and verdict.outcome in GOOD for verdict in result.verdicts)
    if result.verdicts and passed and not telling.verbose:
        return
    if missing.stood_in:
        if missing.install:
            yield f"To install what is missing: {missing.install}"
        return
    names = [each.name for each in missing.needed]
    if names:
        yield from _listed("Missing packages: ", names)
    if missing.install:
        yield f"To install them: {missing.install}   (or --stub-missing)"
    elif names:
        yield "To go on without them: --stub-missing"
    if missing.unknown:
        yield from _listed("Not known under which name: ", missing.unknown)
        yield from (f"  Not read: {words}" for words in missing.not_read[:MOST_PLACES])


def _listed(words: str, names: Sequence[str]) -> list[str]:
    """Names after some words, in lines that fit a screen."""
    shown = ", ".join(names[:MOST_NAMES])
    if len(names) > MOST_NAMES:
        shown += f" and {len(names) - MOST_NAMES} more"
    return textwrap.wrap(words + shown, NAMES_WIDTH, subsequent_indent="  ")


def _set_aside(result: Result, telling: Telling) -> Iterator[str]:
    """What no case needs."""
    names = [_place(problem.path, problem.line, telling) for problem in result.problems]
    for line, members in (*not_imported(result.not_imported), *not_needed(result.problems, names)):
        more = "; -v lists them" if len(members) > 1 and not telling.verbose else ""
        yield f"{click.style('Note:', fg='yellow')} {line}{more}"
        if telling.verbose and len(members) > 1:
            yield from (f"    {member}" for member in members)


def _cases(result: Result, telling: Telling) -> Iterator[str]:
    if not result.verdicts:
        return
    yield _title(f"Cases ({len(result.verdicts)})")
    # Whole networks first: what the repository is for.
    shown, counted = sorted(result.verdicts, key=_is_part), []
    if len(shown) > MOST_CASES and not telling.verbose:
        counted = [verdict for verdict in shown if verdict.outcome in GOOD]
        shown = [verdict for verdict in shown if verdict.outcome not in GOOD]
    for outcome, count in Counter(verdict.outcome for verdict in counted).items():
        yield f"  {_outcome(outcome)}{count} cases"
    groups = list(_alike(shown, result, telling).items())
    rest = [] if telling.verbose else groups[MOST_CASES * 2 :]
    was_part = False
    for body, verdicts in groups[: len(groups) - len(rest)]:
        if _is_part(verdicts[0]) and not was_part:
            yield click.style("  Parts of networks, and losses:", dim=True)
            was_part = True
        yield from _names(verdicts, telling)
        if len(verdicts) > 1 and body[1]:
            yield f"      {len(verdicts)} cases share this failure:"
        yield from body[1]
    left = Counter(verdict.outcome for _, verdicts in rest for verdict in verdicts)
    for outcome, count in left.items():
        yield f"  {_outcome(outcome)}… and {count} more: --verbose lists them"


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
    shown = verdicts if telling.verbose else verdicts[:MOST_SHARING]
    for verdict in shown:
        yield f"  {_outcome(verdict.outcome)}{verdict.case}"
        if verdict.how and (telling.verbose or len(verdicts) == 1):
            yield click.style(f"      {verdict.found}: {verdict.how}", dim=True)
    if len(verdicts) > len(shown):
        yield f"  {_outcome(verdicts[0].outcome)}… and {len(verdicts) - len(shown)} more"


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
    shown = lines if telling.verbose else lines[:MOST_LINES]
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
    where = f" at {_place(first.path, first.line, telling)}" if first.path is not None else ""
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


def _headline(result: Result, telling: Telling) -> Iterator[str]:
    """What was done and, where the exit code is 1 for it, what is left."""
    done = telling.deed is Deed.WRITTEN
    if telling.verbose or telling.deed is not Deed.SHOWN:
        verb = "changed" if done else "would change"
        yield from (f"{verb}: {_place(each.path, None, telling)}" for each in result.changes)
    files = _number(result.files, "Python file")
    if not result.changes:
        yield click.style(f"Nothing to change in {files}.", bold=True)
    elif telling.withheld and telling.deed is Deed.SHOWN:
        yield click.style("Nothing would be written", bold=True) + f", {telling.withheld}."
    else:
        verb = "changed" if done else "would change"
        hint = " Nothing was written: --write does it." if telling.deed is Deed.SHOWN else ""
        yield click.style(f"{len(result.changes)} of {files} {verb}.", bold=True) + hint
    left = list(_left(result))
    if left:
        yield click.style(f"Left to do: {', '.join(left)}.", fg="red")


def _left(result: Result) -> Iterator[str]:
    proven = {Outcome.ALREADY_SCRIPTABLE, Outcome.FIXED}
    cases = [v for v in result.verdicts if v.named and v.outcome not in proven]
    if cases:
        yield f"{_number(len(cases), 'case')} not fixed"
    problems = sum(problem.needed for problem in result.problems)
    if problems:
        yield f"{_number(problems, 'file')} left alone"


# --------------------------------------------------------------------------------------- words


def _title(text: str, colour: str | None = None) -> str:
    return click.style(text, bold=True, fg=colour)


def _standing(standing: Standing) -> str:
    colour = {Standing.VERIFIED: "green", Standing.PARTIAL: "yellow"}.get(standing)
    return click.style(standing.value, fg=colour) if colour else standing.value


def _outcome(outcome: Outcome) -> str:
    """The verdict as a column of its own."""
    width = max(len(each.value) for each in Outcome) + 2
    return click.style(f"{outcome.value:{width}}", fg="green" if outcome in GOOD else "red")


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _place(path: Path, line: int | None, telling: Telling) -> str:
    """`networks/backbone.py:12`, as seen from where the user stands."""
    name = shown(path, telling.here)
    return f"{name}:{line}" if line else name


def shown(path: Path, here: Path) -> str:
    """A path as people read it: relative where it lies below, absolute elsewhere."""
    absolute = path if path.is_absolute() else here / path
    name = absolute.relative_to(here) if absolute.is_relative_to(here) else path
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
