"""What the section of one repository says: a document.Repository, grouped and cut for reading."""

from dataclasses import dataclass

from torchscript_fix.report import document
from torchscript_fix.report.page.advice import MEANINGS, Meaning
from torchscript_fix.report.page.patches import ShownPatch, shown_patches
from torchscript_fix.report.page.shown_cases import CaseGroup, case_groups
from torchscript_fix.report.page.shown_rewrites import (
    ReasonGroup,
    RuleGroup,
    held_back,
    rewrites,
    taken_back,
)
from torchscript_fix.report.page.visible import (
    MOST_PLACES,
    fragment,
    link,
    link_to_patch,
    short_line,
    short_message,
    short_text,
    without_password,
)


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
            short_line(root.folder),
            short_line(root.why),
            tuple(short_line(name) for name in root.names[:MOST_PLACES]),
        )
        for root in roots
    )


def section(repository: document.Repository) -> Section:
    """What there is to say of it."""
    run = repository.run or _EMPTY
    groups, cases_left_out = case_groups(run)
    source = without_password(repository.source)
    return Section(
        name=short_line(repository.name),
        fragment=fragment(repository.name),
        verdict=repository.verdict,
        meaning=MEANINGS[repository.verdict],
        source=short_line(source),
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
        rewrites=rewrites(run),
        rewrite_count=len(run.rewrites),
        patches=tuple(shown_patches(run.changes)),
        held_back=held_back(run),
        held_back_count=len(run.held_back),
        taken_back=taken_back(run),
        taken_back_count=len(run.taken_back),
        problems=tuple(map(_problem, run.problems[:MOST_PLACES])),
        problems_left_out=max(0, len(run.problems) - MOST_PLACES),
        notes=tuple(short_text(note) for note in run.notes[:MOST_PLACES]),
        import_roots=_import_roots(run),
        missing=tuple(short_line(each.name) for each in run.missing_packages if not each.optional)[
            :MOST_PLACES
        ],
        install=short_text(run.install or ""),
        stand_ins=tuple(short_line(name) for name in run.stand_ins[:MOST_PLACES]),
        time_limits=tuple(short_line(each) for each in run.time_limits[:MOST_PLACES]),
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
    return short_message(repository.message)


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


# ------------------------------------------------------------------------------ rewrites, places


def _problem(problem: document.Problem) -> ShownProblem:
    line = f":{problem.line}" if problem.line is not None else ""
    return ShownProblem(
        place=short_line(problem.path) + line,
        reason=short_text(problem.reason),
        advice=short_text(problem.advice),
    )
