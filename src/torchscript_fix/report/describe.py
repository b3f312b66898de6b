"""From a Result to the document that JSON, HTML and SQLite are made from."""

import platform
import re
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from torchscript_fix.cases import DeclaredCase, DeducedCase, RecordedCommand, WrittenCases
from torchscript_fix.cases.method import called
from torchscript_fix.facts.diagnosed import Diagnosis
from torchscript_fix.report import diff, document, import_parts
from torchscript_fix.report.aside import not_imported
from torchscript_fix.result import AnyCase, FileChange, Result, Tried
from torchscript_fix.rule import Rule
from torchscript_fix.verify.verdict import Difference, Outcome, Verdict
from torchscript_fix.version import VERSION

LONGEST_MESSAGE = 2_000
"""Of the words or the code of a Diagnosis."""


def run_document(result: Result, root: Path, deed: document.Deed, verified: bool) -> document.Run:
    """The document of one run; `root` is the folder (absolute) that paths are shown relative to."""
    named = partial(shown, root=root)
    cases = {
        case.label if isinstance(case, RecordedCommand) else case.name: case
        for case in result.cases
        if not isinstance(case, WrittenCases)
    }
    return document.Run(
        schema_version=document.SCHEMA_VERSION,
        tool=tool(),
        root=unicode(str(root)),
        deed=deed,
        verified=verified,
        files=result.files,
        changes=[_change(change, root) for change in result.changes],
        rewrites=[
            document.MadeRewrite(
                rule=made.rewrite.rule,
                path=named(made.rewrite.path),
                line=made.rewrite.line,
                function=made.rewrite.function,
                summary=unicode(made.rewrite.summary),
                safety=made.rewrite.safety.value,
                standing=made.standing.value,
                cases=[unicode(case) for case in made.cases],
            )
            for made in result.rewrites
        ],
        held_back=[
            document.HeldBack(
                rule=held.rule,
                path=named(held.path),
                line=held.line,
                function=held.function,
                reason=unicode(held.reason),
                decided_by=unicode(held.decided_by) if held.decided_by else None,
            )
            for held in result.held_back
        ],
        taken_back=[
            document.TakenBack(
                rule=taken.rewrite.rule,
                path=named(taken.rewrite.path),
                line=taken.rewrite.line,
                function=taken.rewrite.function,
                summary=unicode(taken.rewrite.summary),
                reason=unicode(taken.reason),
            )
            for taken in result.taken_back
        ],
        cases=[
            # A command's cases are called by it: `demo.py → Net #1`.
            _case(
                verdict,
                cases.get(verdict.case.partition(" → ")[0]),
                result.tried.get(verdict.case),
                root,
            )
            for verdict in result.verdicts
        ],
        problems=[
            document.Problem(
                path=named(problem.path),
                line=problem.line,
                reason=unicode(problem.reason),
                advice=unicode(problem.advice),
                needed=problem.needed,
            )
            for problem in result.problems
        ],
        notes=[unicode(note) for note in _notes(result)],
        not_imported=[
            import_parts.NotImported(
                module=unicode(each.module),
                path=named(each.path),
                message=unicode(each.message),
            )
            for each in result.not_imported
        ],
        import_roots=[
            import_parts.ImportRoot(
                folder=named(each.folder), why=unicode(each.why), names=list(each.names)
            )
            for each in result.import_roots
        ],
        stand_ins=[unicode(name) for name in result.stand_ins],
        missing_packages=[
            import_parts.MissingPackage(
                name=unicode(each.name),
                file=named(each.path),
                line=each.line,
                requirement=each.requirement,
                optional=each.optional,
            )
            for each in result.missing.packages
        ],
        install=unicode(result.missing.install) if result.missing.install else None,
        time_limits=[unicode(each) for each in result.time_limits],
        left_over=result.left_over,
        models=result.models,
    )


def _notes(result: Result) -> Iterator[str]:
    yield from result.notes
    for aside in not_imported(result.not_imported):
        yield f"{aside.line}."  # it may begin with a name, which is as it is


def rules_document(rules: Sequence[Rule]) -> document.Rules:
    """The document of a list of rules."""
    return document.Rules(
        schema_version=document.SCHEMA_VERSION,
        tool=tool(),
        rules=[
            document.RuleEntry(
                name=rule.name,
                also_known_as=list(rule.also_known_as),
                summary=rule.summary,
                safety=rule.safety.value,
                messages=list(rule.messages),
            )
            for rule in rules
        ],
    )


def tool() -> document.Tool:
    """This program, with the versions of what it stands on."""
    return document.Tool(
        version=VERSION,
        torch=_version_of("torch"),
        libcst=_version_of("libcst") or "",
        python=platform.python_version(),
    )


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _change(change: FileChange, root: Path) -> document.Change:
    patch = diff.patch([change], root)
    _, _, _, *body = patch.splitlines(keepends=True)
    return document.Change(
        path=shown(change.path, root),
        added=sum(line.startswith(b"+") for line in body),
        removed=sum(line.startswith(b"-") for line in body),
        patch=patch.decode("utf-8", "backslashreplace"),
    )


# --------------------------------------------------------------------------------------- cases


def _case(verdict: Verdict, case: AnyCase | None, tried: Tried | None, root: Path) -> document.Case:
    original = verdict.original or verdict.outcome
    message = last_words(verdict, tried)
    return document.Case(
        name=unicode(verdict.case),
        found=verdict.found,
        how=unicode(verdict.how),
        arguments=_arguments(case),
        verdict=verdict.outcome.value,
        message=unicode(message),
        error=blanked(message),
        place=_place(message, root),
        before=original.value,
        before_message=unicode(verdict.original_message),
        before_error=blanked(verdict.original_message),
        difference=_difference(verdict.difference),
        seconds=dict(verdict.seconds),
        runs=verdict.runs,
        diagnoses=[_diagnosis(each, root) for each in last_diagnoses(verdict, tried)],
        before_diagnoses=[_diagnosis(each, root) for each in verdict.original_diagnoses],
        rounds=tried.rounds if tried is not None else 0,
        tried=list(tried.rules) if tried is not None else [],
        model=unicode(verdict.model.name) if verdict.model is not None else None,
        parameters=verdict.model.parameters if verdict.model is not None else None,
        whole=verdict.whole,
    )


def last_words(verdict: Verdict, tried: Tried | None) -> str:
    """What a case ends with: of one that does not compile what the compiler said last, though what
    came that far may not have stayed."""
    is_last = tried is not None and tried.message and not tried.compiled
    if tried is not None and is_last and verdict.outcome is Outcome.STILL_FAILING:
        return tried.message
    return verdict.message


def tried_words(rounds: int, rules: Sequence[str]) -> str:
    """What was done for a case that is not fixed."""
    versions = "1 rewritten version" if rounds == 1 else f"{rounds} rewritten versions"
    by = f", made by {', '.join(rules)}" if rules else ""
    return f"it was compiled in {versions}{by}"


def last_diagnoses(verdict: Verdict, tried: Tried | None) -> tuple[Diagnosis, ...]:
    """What a case that is not fixed was complained of last: by the loop's last attempt, else by
    the code as it is now."""
    if verdict.outcome in (Outcome.ALREADY_SCRIPTABLE, Outcome.FIXED, Outcome.COMPILES):
        return ()
    if tried is not None and tried.diagnoses and not tried.compiled:
        return tried.diagnoses
    return verdict.diagnoses


def _diagnosis(diagnosis: Diagnosis, root: Path) -> document.Diagnosis:
    return document.Diagnosis(
        kind=diagnosis.kind,
        stage=diagnosis.stage,
        message=unicode(diagnosis.message[:LONGEST_MESSAGE]),
        path=shown(diagnosis.path, root) if diagnosis.path is not None else None,
        line=diagnosis.line,
        function=unicode(diagnosis.function),
        code=unicode(diagnosis.code[:LONGEST_MESSAGE]),
        model=unicode(diagnosis.model),
        outside=unicode(diagnosis.outside),
        next=diagnosis.next_step,
        chain=[
            document.Caller(
                path=shown(each.path, root), line=each.line, function=unicode(each.function)
            )
            for each in diagnosis.chain
        ],
    )


def _arguments(case: AnyCase | None) -> list[str]:
    if isinstance(case, RecordedCommand):
        return ["--run", unicode(case.text)]
    if not isinstance(case, DeclaredCase | DeducedCase) or case.inputs is None:
        return []
    inputs = [part for each in case.inputs for part in ("--input", each)]
    built, method = called(case.expression)
    target = f"{case.module}:{built}"
    calling = ("--method", method) if method else ()
    return [unicode(part) for part in ("--case", target, *calling, *inputs)]


def _difference(difference: Difference | None) -> document.Difference | None:
    if difference is None:
        return None
    return document.Difference(
        where=unicode(difference.where),
        what=unicode(difference.what),
        largest=difference.largest,
    )


_LINE = re.compile(r'File "(?P<file>[^"\n]+)", line (?P<line>\d+)')


def _place(message: str, root: Path) -> document.Place | None:
    """The first line of a file below `root` that a message speaks of: in the compiler's own the
    one that it stopped at, the callers coming after it."""
    for match in _LINE.finditer(message):
        path = Path(match["file"])
        if path.is_relative_to(root):
            return document.Place(path=shown(path, root), line=int(match["line"]))
    return None


# ---------------------------------------------------------------------------------------- text


def unicode(text: str) -> str:
    """The text without what no UTF-8 can hold: halves of surrogate pairs are escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


def shown(path: Path, root: Path) -> str:
    """A path relative to `root` where it lies below it, with forward slashes."""
    path = path if path.is_absolute() else Path.cwd() / path
    name = path.relative_to(root) if path.is_relative_to(root) else path
    return unicode(name.as_posix())


LONGEST_ERROR = 200

_KIND = re.compile(r"[\w.]+:")
"""`RuntimeError:`, alone in its line where the message begins with an empty one."""

_BLANKS = (
    (re.compile(r'File "[^"\n]+", line \d+'), "File …"),
    (re.compile(r"https?://\S+"), "…"),
    (re.compile(r"'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`"), "'…'"),
    (re.compile(r"\b[\w./-]*/[\w./-]+"), "…"),
    (re.compile(r"\b\w+(?:\.\w+)+\b"), "…"),
    (re.compile(r"0x[0-9a-fA-F…]+"), "N"),
    (re.compile(r"-?\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b"), "N"),
    (re.compile(r"N(?:, ?N)+"), "N"),
)


def blanked(message: str) -> str:
    """The first line of an error with names and numbers blanked, so that the same mistake reads
    the same wherever it is made."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    line = " ".join(lines[:2] if lines and _KIND.fullmatch(lines[0]) else lines[:1])
    for pattern, blank in _BLANKS:
        line = pattern.sub(blank, line)
    shown = line if len(line) <= LONGEST_ERROR else line[: LONGEST_ERROR - 1].rstrip() + "…"
    return unicode(shown)
