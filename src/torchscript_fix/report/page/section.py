"""What the section of one repository says: a document.Repository, grouped and cut for reading."""

import shlex
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from torchscript_fix.report import document
from torchscript_fix.report.describe import tried_words
from torchscript_fix.report.page.advice import CASE_ORDER, MEANINGS, Meaning
from torchscript_fix.report.page.patches import ShownPatch, shown_patches
from torchscript_fix.report.page.visible import (
    cut,
    cut_lines,
    fragment,
    link,
    link_to_patch,
    without_password,
)

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)

MOST_CASES = 60
MOST_GROUPS = 20
MOST_PLACES = 40
MOST_DIAGNOSES = 6
MOST_LINES = 16
"""Lines of a message."""
LONGEST_LINE = 500
LONGEST_TEXT = 600


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


@dataclass(frozen=True)
class ShownProblem:
    """A file that could not be worked on."""

    place: str
    reason: str
    advice: str


@dataclass(frozen=True)
class ShownRoot:
    """A folder that modules are imported from."""

    folder: str
    why: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One repository."""

    name: str
    fragment: str
    verdict: document.RepositoryVerdict
    meaning: Meaning
    source: str
    link: str | None
    commit: str
    branch: str
    written: bool
    patch: str
    patch_link: str | None
    message: str
    seconds: float
    memory: int
    tries: int
    verified: bool
    counts: str
    added: int
    removed: int
    cases: tuple[CaseGroup, ...]
    case_count: int
    cases_left_out: int
    repeatable: bool
    """Whether some case is named by options of the command line."""
    rewrites: tuple[RuleGroup, ...]
    rewrite_count: int
    patches: tuple[ShownPatch, ...]
    held_back: tuple[ReasonGroup, ...]
    held_back_count: int
    taken_back: tuple[ReasonGroup, ...]
    taken_back_count: int
    problems: tuple[ShownProblem, ...]
    problems_left_out: int
    notes: tuple[str, ...]
    import_roots: tuple[ShownRoot, ...]
    missing: tuple[str, ...]
    """Packages that some file needs, none of which is installed."""
    install: str
    stand_ins: tuple[str, ...]
    time_limits: tuple[str, ...]


def _import_roots(run: document.Run) -> tuple[ShownRoot, ...]:
    """Where modules are imported from, if there is more than the folder of the packages."""
    roots = run.import_roots[:MOST_PLACES] if len(run.import_roots) > 1 else []
    return tuple(
        ShownRoot(
            cut(root.folder, LONGEST_LINE),
            cut(root.why, LONGEST_LINE),
            tuple(cut(name, LONGEST_LINE) for name in root.names[:MOST_PLACES]),
        )
        for root in roots
    )


def section(repository: document.Repository) -> Section:
    """What there is to say of it."""
    run = repository.run or _EMPTY
    groups, cases_left_out = _case_groups(run)
    source = without_password(repository.source)
    return Section(
        name=cut(repository.name, LONGEST_LINE),
        fragment=fragment(repository.name),
        verdict=repository.verdict,
        meaning=MEANINGS[repository.verdict],
        source=cut(source, LONGEST_LINE),
        link=link(source),
        commit=repository.commit or "",
        branch=repository.branch or "",
        written=repository.written,
        patch=repository.patch or "",
        patch_link=link_to_patch(repository.patch),
        message=_own_message(repository, run),
        seconds=repository.seconds,
        memory=repository.peak_memory,
        tries=repository.tries,
        verified=run.verified,
        counts=_counts(run),
        added=sum(change.added for change in run.changes),
        removed=sum(change.removed for change in run.changes),
        cases=groups,
        case_count=len(run.cases),
        cases_left_out=cases_left_out,
        repeatable=any(case.arguments for case in run.cases),
        rewrites=_rewrites(run),
        rewrite_count=len(run.rewrites),
        patches=tuple(shown_patches(run.changes)),
        held_back=_held_back(run),
        held_back_count=len(run.held_back),
        taken_back=_taken_back(run),
        taken_back_count=len(run.taken_back),
        problems=tuple(map(_problem, run.problems[:MOST_PLACES])),
        problems_left_out=max(0, len(run.problems) - MOST_PLACES),
        notes=tuple(cut(note, LONGEST_TEXT) for note in run.notes[:MOST_PLACES]),
        import_roots=_import_roots(run),
        missing=tuple(
            cut(each.name, LONGEST_LINE) for each in run.missing_packages if not each.optional
        )[:MOST_PLACES],
        install=cut(run.install or "", LONGEST_TEXT),
        stand_ins=tuple(cut(name, LONGEST_LINE) for name in run.stand_ins[:MOST_PLACES]),
        time_limits=tuple(cut(each, LONGEST_LINE) for each in run.time_limits[:MOST_PLACES]),
    )


_EMPTY = document.Run(
    schema_version=document.SCHEMA_VERSION,
    tool=document.Tool(version="", torch=None, libcst="", python=""),
    root="",
    deed="shown",
    verified=True,
    files=0,
    changes=[],
    rewrites=[],
    held_back=[],
    taken_back=[],
    cases=[],
    problems=[],
    notes=[],
    stand_ins=[],
    left_over=False,
)
"""Of a repository that has none."""


def _own_message(repository: document.Repository, run: document.Run) -> str:
    """Its message, unless that is a case's, which has it."""
    if any(case.message == repository.message for case in run.cases):
        return ""
    return cut_lines(repository.message, MOST_LINES, LONGEST_LINE)


def _counts(run: document.Run) -> str:
    """`3 of 5 cases fixed, 12 rewrites`, or what there is."""
    parts = []
    networks = sum(case.whole is True for case in run.cases)
    if networks:
        parts.append(f"{networks} whole network" + ("s" if networks > 1 else ""))
    if run.cases:
        fixed = sum(case.verdict == "fixed" for case in run.cases)
        cases = "case" if len(run.cases) == 1 else "cases"
        parts.append(
            f"{fixed} of {len(run.cases)} {cases} fixed" if fixed else f"{len(run.cases)} {cases}"
        )
    if run.rewrites:
        parts.append(f"{len(run.rewrites)} rewrite" + ("s" if len(run.rewrites) > 1 else ""))
    return ", ".join(parts)


# --------------------------------------------------------------------------------------- cases


def _case_groups(run: document.Run) -> tuple[tuple[CaseGroup, ...], int]:
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
        how=cut(how, LONGEST_TEXT),
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
    return cut(f"{diagnosis.kind}{where}{function}{outside}", LONGEST_TEXT)


def _tried(case: document.Case) -> str:
    """What the loop did for a case; empty where it is as it was."""
    if not case.rounds or not case.diagnoses:
        return ""
    return cut(tried_words(case.rounds, case.tried), LONGEST_TEXT)


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
    return cut_lines(message, MOST_LINES, LONGEST_LINE)


def _difference(difference: document.Difference | None) -> str:
    if difference is None:
        return ""
    largest = "" if difference.largest is None else f", by {difference.largest:.3g} at most"
    return cut(f"{difference.where}: {difference.what}{largest}", LONGEST_TEXT)


def _shown_case(case: document.Case, how: str) -> ShownCase:
    return ShownCase(
        code=cut(" ".join(map(shell_word, case.arguments)) or case.name, LONGEST_LINE),
        how="" if case.how == how else cut(case.how, LONGEST_TEXT),
        seconds=sum(case.seconds.values()),
    )


def shell_word(word: str) -> str:
    """The word as a person would quote it for a shell: in double quotes where it has single ones
    and nothing that a shell obeys between double quotes."""
    if "'" in word and not set('"$`\\!') & set(word):
        return f'"{word}"'
    return shlex.quote(word)


# ------------------------------------------------------------------------------ rewrites, places


def _rewrites(run: document.Run) -> tuple[RuleGroup, ...]:
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
        return cut(next(iter(names)), LONGEST_LINE)
    return f"{len(names)} cases" if names else ""


def _held_back(run: document.Run) -> tuple[ReasonGroup, ...]:
    groups = grouped(run.held_back, lambda held: (held.rule, held.reason, held.decided_by or ""))
    ordered = sorted(groups.items(), key=lambda group: (not group[0][2], -len(group[1])))
    return tuple(
        ReasonGroup(
            rule=rule,
            reason=cut(reason, LONGEST_TEXT),
            decided_by=cut(decided_by, LONGEST_TEXT),
            count=len(held),
            files=_by_file((each.path, each.line, each.function, "") for each in held),
            left_out=max(0, len(held) - MOST_PLACES),
        )
        for (rule, reason, decided_by), held in ordered[:MOST_GROUPS]
    )


def _taken_back(run: document.Run) -> tuple[ReasonGroup, ...]:
    groups = grouped(run.taken_back, lambda taken: (taken.rule, taken.reason))
    return tuple(
        ReasonGroup(
            rule=rule,
            reason=cut_lines(reason, MOST_LINES, LONGEST_LINE),
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
        files[path].append((line, cut(function, LONGEST_LINE), cut(words, LONGEST_LINE)))
    return tuple(
        PlaceGroup(cut(path, LONGEST_LINE), tuple(found)) for path, found in sorted(files.items())
    )


def _problem(problem: document.Problem) -> ShownProblem:
    line = f":{problem.line}" if problem.line is not None else ""
    return ShownProblem(
        place=cut(problem.path, LONGEST_LINE) + line,
        reason=cut(problem.reason, LONGEST_TEXT),
        advice=cut(problem.advice, LONGEST_TEXT),
    )


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """The items by key, in the order in which the keys come up."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups
