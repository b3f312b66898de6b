"""The summary for people: what changes, what the cases say, what was left alone and why.

Short by default, however large the run: what repeats is counted, and `verbose` lists it all.
"""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

import click

from torchscript_fix.report.aside import not_imported, not_needed
from torchscript_fix.report.grouped import grouped
from torchscript_fix.report.telling import GOOD, Deed, Telling, number, title
from torchscript_fix.report.text_cases import cases
from torchscript_fix.result import MadeRewrite, Problem, Result, Standing
from torchscript_fix.rule import HeldBack, Rewrite, Safety
from torchscript_fix.terminal import visible_within
from torchscript_fix.verify.verdict import Outcome

MOST_GROUPS = 12
MOST_PLACES = 4
MOST_ROOTS = 3
"""Import roots that are named beside that of the packages."""
MOST_NAMES = 20
"""Missing packages that are named."""
NAMES_WIDTH = 80


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
        cases(result, telling),
        _headline(result, telling),
    )
    return "\n\n".join("\n".join(lines) for lines in map(list, sections) if lines) + "\n"


def _rewrites(result: Result, telling: Telling) -> Iterator[str]:
    if not result.rewrites or (telling.withheld and not telling.verbose):
        return
    yield title("Rewrites")
    by_rule = grouped(result.rewrites, lambda made: made.rewrite.rule)
    width = max(map(len, by_rule))
    for rule, rewrites in sorted(by_rule.items()):
        yield f"  {rule:{width}}  {_counted(rewrites, telling)}"
        if telling.verbose:
            yield from (f"    {_rewrite(made.rewrite, telling)}" for made in rewrites)
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
    yield title(f"Held back ({len(held_back)})")
    groups = grouped(held_back, lambda held: (held.rule, held.reason, held.decided_by))
    # What the user can decide comes first, then what there is most of.
    ordered = sorted(groups.values(), key=lambda group: (not group[0].decided_by, -len(group)))
    shown = telling.some(ordered, MOST_GROUPS)
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
    yield from _places([f"{telling.place(h.path, h.line)}  {h.function}" for h in group], telling)
    if first.decided_by:
        yield f"    {click.style('would be decided by', fg='cyan')} {first.decided_by}"


def _taken_back(result: Result, telling: Telling) -> Iterator[str]:
    if not result.taken_back:
        return
    yield title(f"Taken back ({len(result.taken_back)}): tried, and not the same")
    groups = grouped(result.taken_back, lambda taken: (taken.rewrite.rule, taken.reason))
    for (rule, reason), group in groups.items():
        yield f"  {rule}: {reason}"
        yield from _places([_rewrite(taken.rewrite, telling) for taken in group], telling)


def _rewrite(rewrite: Rewrite, telling: Telling) -> str:
    where = telling.place(rewrite.path, rewrite.line)
    return f"{where}  {rewrite.function}: {rewrite.summary}"


def _places(lines: Sequence[str], telling: Telling) -> Iterator[str]:
    shown = telling.some(lines, MOST_PLACES)
    yield from (f"    {line}" for line in shown)
    if len(lines) > len(shown):
        yield f"    … and {len(lines) - len(shown)} more places"


def _problems(result: Result, telling: Telling) -> Iterator[str]:
    problems = [problem for problem in result.problems if problem.needed]
    if not problems:
        return
    yield title(f"Left alone ({len(problems)})", "red")
    shown = telling.some(problems, MOST_GROUPS * 2)
    for problem in shown:
        yield from _problem(problem, telling)
    if len(problems) > len(shown):
        yield f"  … and {len(problems) - len(shown)} more: --verbose lists them"


def _problem(problem: Problem, telling: Telling) -> Iterator[str]:
    yield f"  {telling.place(problem.path, problem.line)}: {problem.reason}"
    if problem.advice:
        yield f"    {problem.advice.rstrip('.')}."


def _roots(result: Result, telling: Telling) -> Iterator[str]:
    """One line, where modules are imported from more than the folder of the packages."""
    roots = result.import_roots
    if len(roots) < 2:
        return
    shown = telling.some(roots, MOST_ROOTS + 1)
    said = [telling.place(shown[0].folder, None)]
    for root in shown[1:]:
        names = f"{', '.join(root.names)}: " if root.names else ""
        said.append(f"{telling.place(root.folder, None)} ({names}{root.why})")
    more = f", and {len(roots) - len(shown)} more" if len(roots) > len(shown) else ""
    yield f"{click.style('Imported from:', fg='yellow')} {', '.join(said)}{more}"


_NOTE = click.style("Note:", fg="yellow")


def _notes(result: Result, telling: Telling) -> Iterator[str]:
    for note in result.notes:
        yield f"{_NOTE} {note}"
    yield from _set_aside(result, telling)
    if result.stand_ins:
        # What has a dot is not there in a package that is: there is a note of its own about it.
        names = ", ".join(name for name in result.stand_ins if "." not in name)
        words = f"not installed, so stand-ins took their place: {names}" if names else ""
        words = words or "stand-ins took the place of what is missing"
        yield f"{_NOTE} {words}. A case that needs one says so."
    if result.time_limits:
        yield (
            f"{_NOTE} a time limit ended this, and another run may "
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
    names = [telling.place(problem.path, problem.line) for problem in result.problems]
    for line, members in (*not_imported(result.not_imported), *not_needed(result.problems, names)):
        more = "; -v lists them" if len(members) > 1 and not telling.verbose else ""
        yield f"{_NOTE} {line}{more}"
        if telling.verbose and len(members) > 1:
            yield from (f"    {member}" for member in members)


def _headline(result: Result, telling: Telling) -> Iterator[str]:
    """What was done and, where the exit code is 1 for it, what is left."""
    done = telling.deed is Deed.WRITTEN
    if telling.verbose or telling.deed is not Deed.SHOWN:
        verb = "changed" if done else "would change"
        yield from (f"{verb}: {telling.place(each.path, None)}" for each in result.changes)
    files = number(result.files, "Python file")
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
        yield f"{number(len(cases), 'case')} not fixed"
    problems = sum(problem.needed for problem in result.problems)
    if problems:
        yield f"{number(problems, 'file')} left alone"


def _standing(standing: Standing) -> str:
    colour = {Standing.VERIFIED: "green", Standing.PARTIAL: "yellow"}.get(standing)
    return click.style(standing.value, fg=colour) if colour else standing.value
