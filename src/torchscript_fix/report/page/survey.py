"""The first pass over the repositories: what the summary counts, one row for each, no more."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from torchscript_fix.facts.catalogue import OTHER, kind_named
from torchscript_fix.report import document
from torchscript_fix.report.page.advice import COMPILES, FAILS, VERDICTS

MOST_NAMES = 25
"""Repositories named beside one error."""
MOST_KINDS = 60
BLOCK = 50
"""As many repositories of each verdict come first when room for sections is given out."""


@dataclass(frozen=True, slots=True)
class Row:
    """One repository in the table."""

    name: str
    verdict: document.RepositoryVerdict
    fixed: int
    running: int
    cases: int
    rewrites: int
    added: int
    removed: int
    seconds: float
    rules: tuple[str, ...]
    error: str


@dataclass(frozen=True)
class ErrorGroup:
    """One error, names and numbers blanked, and who has it."""

    error: str
    before: int
    after: int
    repositories: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class KindGroup:
    """One kind of what TorchScript complains of, and how many cases have it."""

    kind: str
    before: int
    after: int
    repositories: int
    means: str
    by_hand: str


@dataclass(frozen=True)
class RuleStanding:
    """What one rule came to over all repositories."""

    rule: str
    repositories: int
    fixed_cases: int
    verified: int
    partial: int
    unverified: int
    held_back: int
    taken_back: int


@dataclass(frozen=True)
class Reason:
    """Why a rule held back, and how often."""

    rule: str
    reason: str
    places: int
    repositories: int


@dataclass(frozen=True)
class Kinds:
    """Cases that compile, that fail to, and that do not run here."""

    compile: int
    fail: int
    do_not_run: int


@dataclass(frozen=True)
class Survey:
    """What the summary of the page says."""

    rows: tuple[Row, ...]
    """What interests most comes first."""
    verdicts: tuple[tuple[document.RepositoryVerdict, int], ...]
    before: Kinds
    after: Kinds
    errors: tuple[ErrorGroup, ...]
    diagnosed: tuple[KindGroup, ...]
    """Most frequent first."""
    rules: tuple[RuleStanding, ...]
    reasons: tuple[Reason, ...]

    def first(self, most: int) -> list[Row]:
        """The rows of the repositories that get a section, of each verdict some."""
        placed: Counter[str] = Counter()
        ranked = []
        for number, row in enumerate(self.rows):
            ranked.append((placed[row.verdict] // BLOCK, number))
            placed[row.verdict] += 1
        chosen = sorted(number for _, number in sorted(ranked)[:most])
        return [self.rows[number] for number in chosen]


@dataclass
class _Tally:
    """What one error has been seen with."""

    before: int = 0
    after: int = 0
    repositories: int = 0
    names: list[str] = field(default_factory=list)


@dataclass
class _Counts:
    rows: list[Row] = field(default_factory=list)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    errors: defaultdict[str, _Tally] = field(default_factory=lambda: defaultdict(_Tally))
    diagnosed: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rules: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    reasons: defaultdict[tuple[str, str], Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter)
    )


def survey(repositories: Iterable[document.Repository]) -> Survey:
    """Count them all."""
    counts = _Counts()
    for repository in repositories:
        counts.rows.append(_row(repository))
        _count_errors(repository, counts)
        if repository.run is not None:
            _count_rules(repository.run, counts)
            _count_diagnosed(repository.run, counts)
            for case in repository.run.cases:
                counts.before[_kind(case.before)] += 1
                counts.after[_kind(case.verdict)] += 1
    order = {verdict: number for number, verdict in enumerate(VERDICTS)}
    counts.rows.sort(
        key=lambda row: (order[row.verdict], -row.fixed, -row.rewrites, -row.cases, row.name)
    )
    by_verdict = Counter(row.verdict for row in counts.rows)
    return Survey(
        rows=tuple(counts.rows),
        verdicts=tuple((each, by_verdict[each]) for each in VERDICTS if by_verdict[each]),
        before=_kinds(counts.before),
        after=_kinds(counts.after),
        errors=_errors(counts.errors),
        diagnosed=_diagnosed(counts.diagnosed),
        rules=_rules(counts.rules),
        reasons=_reasons(counts.reasons),
    )


def _row(repository: document.Repository) -> Row:
    run = repository.run
    cases = run.cases if run else []
    changes = run.changes if run else []
    rewrites = run.rewrites if run else []
    return Row(
        name=repository.name,
        verdict=repository.verdict,
        fixed=sum(case.verdict == "fixed" for case in cases),
        running=sum(case.verdict in COMPILES | FAILS for case in cases),
        cases=len(cases),
        rewrites=len(rewrites),
        added=sum(change.added for change in changes),
        removed=sum(change.removed for change in changes),
        seconds=repository.seconds,
        rules=tuple(sorted({made.rule for made in rewrites})),
        error=_foremost_error(repository, cases),
    )


def _foremost_error(repository: document.Repository, cases: Sequence[document.Case]) -> str:
    """Its own, else the one that most of its cases end with, what fails to compile first."""
    if repository.error:
        return repository.error
    failing = [case for case in cases if case.verdict in FAILS]
    ended = failing or [case for case in cases if case.verdict not in COMPILES]
    common = Counter(case.error for case in ended if case.error).most_common(1)
    return common[0][0] if common else ""


def _kind(verdict: document.VerdictName) -> str:
    if verdict in COMPILES:
        return "compile"
    return "fail" if verdict in FAILS else "do_not_run"


def _kinds(counted: Counter[str]) -> Kinds:
    return Kinds(**{name: counted[name] for name in ("compile", "fail", "do_not_run")})


# -------------------------------------------------------------------------------------- errors


def _count_errors(repository: document.Repository, counts: _Counts) -> None:
    cases = repository.run.cases if repository.run else []
    before = Counter(case.before_error for case in cases if case.before_error)
    after = Counter(case.error for case in cases if case.error and case.verdict not in COMPILES)
    if repository.error and not cases:
        before[repository.error] += 1
        after[repository.error] += 1
    for error in before | after:
        tally = counts.errors[error]
        tally.before += before[error]
        tally.after += after[error]
        tally.repositories += 1
        if len(tally.names) < MOST_NAMES:
            tally.names.append(repository.name)


def _errors(tallies: dict[str, _Tally]) -> tuple[ErrorGroup, ...]:
    groups = [
        ErrorGroup(error, tally.before, tally.after, tally.repositories, tuple(tally.names))
        for error, tally in tallies.items()
    ]
    return tuple(sorted(groups, key=lambda group: (-group.after, -group.before, group.error)))


# ----------------------------------------------------------------------------------- diagnoses


def _count_diagnosed(run: document.Run, counts: _Counts) -> None:
    """Cases by kind: one that has several kinds counts for each of them."""
    seen: set[str] = set()
    for case in run.cases:
        for when, found in (("before", case.before_diagnoses), ("after", case.diagnoses)):
            kinds = {each.kind for each in found}
            seen |= kinds
            for kind in kinds:
                counts.diagnosed[kind][when] += 1
    for kind in seen:
        counts.diagnosed[kind]["repositories"] += 1


def _diagnosed(counted: dict[str, Counter[str]]) -> tuple[KindGroup, ...]:
    groups = []
    for name, counts in counted.items():
        kind = kind_named(name) or OTHER
        groups.append(
            KindGroup(
                kind=name,
                before=counts["before"],
                after=counts["after"],
                repositories=counts["repositories"],
                means=kind.means,
                by_hand=kind.by_hand,
            )
        )
    ordered = sorted(groups, key=lambda each: (-each.after, -each.before, each.kind))
    return tuple(ordered[:MOST_KINDS])


# --------------------------------------------------------------------------------------- rules


def _count_rules(run: document.Run, counts: _Counts) -> None:
    fixed = {case.name for case in run.cases if case.verdict == "fixed"}
    reached: defaultdict[str, set[str]] = defaultdict(set)
    for made in run.rewrites:
        counts.rules[made.rule][made.standing] += 1
        reached[made.rule] |= fixed & set(made.cases)
    for rule, names in reached.items():
        counts.rules[rule]["repositories"] += 1
        counts.rules[rule]["fixed cases"] += len(names)
    for taken in run.taken_back:
        counts.rules[taken.rule]["taken back"] += 1
    seen = set()
    for held in run.held_back:
        counts.rules[held.rule]["held back"] += 1
        counts.reasons[held.rule, held.reason]["places"] += 1
        seen.add((held.rule, held.reason))
    for key in seen:
        counts.reasons[key]["repositories"] += 1


def _rules(counted: dict[str, Counter[str]]) -> tuple[RuleStanding, ...]:
    rules = [
        RuleStanding(
            rule=rule,
            repositories=counts["repositories"],
            fixed_cases=counts["fixed cases"],
            verified=counts["verified"],
            partial=counts["partial"],
            unverified=counts["unverified"],
            held_back=counts["held back"],
            taken_back=counts["taken back"],
        )
        for rule, counts in counted.items()
    ]
    return tuple(sorted(rules, key=lambda each: (-each.fixed_cases, -each.verified, each.rule)))


def _reasons(counted: dict[tuple[str, str], Counter[str]]) -> tuple[Reason, ...]:
    reasons = [
        Reason(rule, reason, counts["places"], counts["repositories"])
        for (rule, reason), counts in counted.items()
    ]
    return tuple(sorted(reasons, key=lambda each: (-each.places, each.rule, each.reason)))
