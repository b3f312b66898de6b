"""From paths to a Result: read, observe, rewrite, verify, take back what changed anything.

The only place that knows both rewriting and verifying. Nothing is written here.
"""

import ast
import gc
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from torchscript_fix.cases import DeclaredCase, RecordedCommand, WrittenCases
from torchscript_fix.cases.deduced import without_inputs
from torchscript_fix.cases.gather import Gathered, gather
from torchscript_fix.cases.likely import likely_commands
from torchscript_fix.cases.settings import Settings
from torchscript_fix.discover import discover, import_root, import_root_of
from torchscript_fix.facts.static import Preferences, Project
from torchscript_fix.result import (
    AnyCase,
    FileChange,
    MadeRewrite,
    Problem,
    Result,
    Standing,
    Step,
    TakenBack,
)
from torchscript_fix.rewrite import Rewriting, rewrite_project
from torchscript_fix.rule import Rewrite, Rule
from torchscript_fix.source import SourceFile, Unreadable, parse
from torchscript_fix.verify.sandbox import holds_home
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Budget, Explored, Limits, Verifier

Place = tuple[Path, str]
"""A file, and the qualified name of a function or class in it."""
Group = tuple[str, Path]
"""All rewrites of one rule in one file: what is taken back together."""

MOST_NOT_FOUND = 5
"""Models without a case that are named."""

CHANGED = frozenset({Outcome.BEHAVIOUR_CHANGED, Outcome.CHECKPOINT_CHANGED})
GOOD = frozenset({Outcome.FIXED, Outcome.COMPILES})


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    paths: tuple[Path, ...]
    rules: tuple[Rule, ...]
    cases: tuple[DeclaredCase | WrittenCases | RecordedCommand, ...] = ()
    verify: bool = True
    only_fixed: bool = False
    python: str | None = None
    import_root: Path | None = None
    hoist: Literal["when-needed", "always"] = "when-needed"
    max_cases: int = 50
    """How many cases are deduced at most where none is given."""
    explore_seconds: float = 240.0
    """Seconds for finding cases where none is given."""
    timeout: float = 120.0
    """Seconds for one attempt at one case."""
    own_commands: bool = False
    """Whether the repository's own tests and demos are run where no case is given."""
    stub_missing: bool = False
    """Whether stand-ins take the place of packages that are not installed."""
    memory: int = 4 << 30
    """Bytes of address space for one attempt, beside what importing torch took."""
    jobs: int | None = None
    """How many cases run at once; None for as many as there are processors, up to four."""
    ahead: bool = True
    """Whether workers are started before they are needed, beside what is going on."""
    by_rule: bool = False
    """Whether the result tells what the files are with the first rule alone, the first two, …"""


class Progress(Protocol):
    """Whoever wants to show how far a run is."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins, of `total` steps where that is known."""

    def step(self, what: str) -> None:
        """One step of the stage is done."""


@dataclass(frozen=True)
class Reading:
    """The files under the paths, read and parsed."""

    project: Project
    sources: dict[Path, SourceFile] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: int = 0
    notes: tuple[str, ...] = ()
    """What discovery has to say: folders without a Python file."""


def run(request: Request, progress: Progress) -> Result:
    """Do what `request` asks for, up to writing.

    Raises discover's error for a path that does not exist, and VerifierUnavailable where cases
    cannot be run at all (no torch in the interpreter).
    """
    reading = read(request, progress)
    if not request.verify:
        return _Run(request, progress, reading, None, (), reading.notes).finish()
    cases: Sequence[AnyCase] = request.cases
    notes = reading.notes
    root = request.import_root or import_root(request.paths[0])
    gathered = Gathered((), Settings()) if cases else _gather(reading, request, root)
    commands = _own_commands(reading, root) if request.own_commands and not cases else ()
    if not cases and not gathered.candidates and not commands:
        notes = (*notes, "No case was given and none could be deduced: nothing was verified.")
        return _Run(request, progress, reading, None, (), notes).finish()
    with Verifier(
        import_root=root,
        files=tuple(reading.sources),
        python=request.python,
        limits=Limits(seconds=request.timeout, memory=request.memory),
        on_progress=progress.step,
        jobs=request.jobs,
        ahead=request.ahead,
        stub_missing=request.stub_missing,
    ) as verifier:
        if verifier.containment:
            notes = (*notes, verifier.containment)
        if not cases:
            recorded = _recorded(verifier, commands, progress)
            deduced, more = _deduced(verifier, gathered, request, progress)
            cases = (*recorded, *deduced)
            notes = (*notes, *more)
        return _Run(request, progress, reading, verifier, cases, notes).finish()


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Trees are millions of objects that all stay; looking through them for garbage again and
    again takes half of the time. What was made meanwhile is not looked through later either."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


@no_garbage_collection()
def read(request: Request, progress: Progress) -> Reading:
    """Find, read and parse the files under the paths."""
    discovery = discover(request.paths)
    project = Project(preferences=Preferences(hoist=request.hoist))
    reading = Reading(project, files=len(discovery.files), notes=discovery.notes)
    reading.problems.extend(map(_problem, discovery.problems))
    progress.stage("Reading", len(discovery.files))
    for path in discovery.files:
        try:
            source = SourceFile.read(path)
            reading.sources[path] = source
            tree = _parsed(source)
            if _may_matter(source):
                module, is_package = module_name(path, _root_of(path, request))
                project.add(path, module, source.text, is_package, tree)
        except Unreadable as error:
            reading.sources.pop(path, None)
            reading.problems.append(_problem(error))
        progress.step(path.name)
    return reading


def _root_of(path: Path, request: Request) -> Path:
    """Where a file is imported from: the root that was named, where it lies under that."""
    if request.import_root is not None:
        root = Path(os.path.realpath(request.import_root))
        if root in path.parents:
            return root
    return import_root_of(path, request.paths)


def _parsed(source: SourceFile) -> ast.Module:
    try:
        return parse(source.text)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise source.refusal(error) from error


def _problem(error: Unreadable) -> Problem:
    return Problem(error.path, error.line, error.reason, error.advice)


def module_name(path: Path, root: Path) -> tuple[str, bool]:
    """The dotted name under which a file is imported from `root`; whether it is a package."""
    parts = list(path.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        return ".".join(parts[:-1]), True
    return ".".join(parts), False


def _may_matter(source: SourceFile) -> bool:
    """Whether a file can hold a Module, or call one: most files of a repository cannot."""
    return b"torch" in source.data or b"forward" in source.data


def _gather(reading: Reading, request: Request, root: Path) -> Gathered:
    texts = {path: source.text for path, source in reading.sources.items()}
    folder = next((path for path in request.paths if path.is_dir()), root)
    return gather(reading.project, texts, None if holds_home(folder) else folder)


def _own_commands(reading: Reading, root: Path) -> tuple[RecordedCommand, ...]:
    texts = {Path(os.path.realpath(p)): source.text for p, source in reading.sources.items()}
    return likely_commands(Path(os.path.realpath(root)), texts)


def _recorded(
    verifier: Verifier, commands: Sequence[RecordedCommand], progress: Progress
) -> tuple[RecordedCommand, ...]:
    """The commands that show a case."""
    if commands:
        progress.stage("Running the repository's own tests and demos", None)
    return tuple(each for each in commands if verifier.observe([each]).cases)


def _deduced(
    verifier: Verifier, gathered: Gathered, request: Request, progress: Progress
) -> tuple[Sequence[AnyCase], tuple[str, ...]]:
    """Cases that were found to run and, where there are none, cases that only compile; and what
    to say of those that were not found."""
    progress.stage("Looking for models", None)
    settings = gathered.settings
    budget = Budget(cases=request.max_cases, seconds=request.explore_seconds)
    explored = verifier.explore(gathered.candidates, settings.texts(), settings.choices, budget)
    cases = tuple(each.case for each in explored if each.case is not None)
    if cases:
        return cases, tuple(_not_found(explored))
    built, left_out = without_inputs(gathered.candidates, request.max_cases)
    notes = list(_not_found(explored))
    if left_out:
        notes.append(f"{left_out} more models could be built; --max-cases raises the limit.")
    return built, tuple(notes)


def _not_found(explored: Sequence[Explored]) -> Iterator[str]:
    """A line for each of the likeliest models that no case was found for."""
    found = {each.candidate.name for each in explored if each.case is not None or each.needless}
    left: dict[str, str] = {}
    for each in explored:
        if each.candidate.is_whole and each.candidate.name not in found:
            left.setdefault(each.candidate.name, each.why_not.partition("\n")[0])
    for name, why_not in list(left.items())[:MOST_NOT_FOUND]:
        yield f"No case was found for {name}: {why_not}"
    if len(left) > MOST_NOT_FOUND:
        yield f"Nor was one for {len(left) - MOST_NOT_FOUND} more models."


@dataclass(eq=False)
class _Run:
    """One run after reading: what was refused so far, and how to try again without it."""

    request: Request
    progress: Progress
    reading: Reading
    verifier: Verifier | None
    cases: Sequence[AnyCase]
    notes: tuple[str, ...] = ()
    needless: frozenset[Place] = frozenset()
    """Places that only already scriptable cases reach: their code is left alone."""
    refused: set[Group] = field(default_factory=set)
    taken_back: list[TakenBack] = field(default_factory=list)
    kept: set[Place] | None = None
    """With `only_fixed`: the places that fixed cases reach."""

    def finish(self) -> Result:
        self._observe()
        rewriting = self._rewrite(on_file=True)
        verdicts = self._verify(rewriting)
        while changed := [v for v in verdicts if self._is_unwanted(v)]:
            if not self._refuse(rewriting, changed):
                break
            rewriting = self._rewrite()
            verdicts = self._verify(rewriting)
        if self.request.only_fixed:
            rewriting, verdicts = self._only_fixed(rewriting, verdicts)
        return self._result(rewriting, verdicts)

    def _observe(self) -> None:
        if self.verifier is None:
            return
        self.progress.stage("Running the originals", None)
        observations = self.verifier.observe(self.cases)
        project = self.reading.project
        project.observed = observations.observed
        reached: dict[bool, set[Place]] = {True: set(), False: set()}
        for case in observations.cases:
            reached[case.scriptable] |= places_compiled(project, case.reached)
        self.needless = frozenset(reached[True] - reached[False])

    @no_garbage_collection()
    def _rewrite(
        self,
        allowed: Callable[[Rewrite], bool] = lambda _: True,
        only: Collection[Path] | None = None,
        on_file: bool = False,
        rules: Sequence[Rule] | None = None,
    ) -> Rewriting:
        project = self.reading.project
        if on_file:
            self.progress.stage("Rewriting", len(project.files))

        def is_allowed(rewrite: Rewrite) -> bool:
            return (
                (rewrite.path, rewrite.function) not in self.needless
                and (rewrite.rule, rewrite.path) not in self.refused
                and allowed(rewrite)
            )

        def step(path: Path) -> None:
            if on_file:
                self.progress.step(path.name)

        return rewrite_project(project, rules or self.request.rules, is_allowed, step, only)

    def _verify(
        self, rewriting: Rewriting, names: Collection[str] | None = None
    ) -> tuple[Verdict, ...]:
        if self.verifier is None:
            return ()
        if names is None:
            self.progress.stage("Verifying", None)
        return self.verifier.verify(self.cases, self._bytes(rewriting), names)

    def _bytes(self, rewriting: Rewriting) -> dict[Path, bytes]:
        sources = self.reading.sources
        return {path: sources[path].encode(text) for path, text in rewriting.texts.items()}

    def _is_unwanted(self, verdict: Verdict) -> bool:
        asked_for = self.request.hoist == "always"
        if verdict.outcome is Outcome.CHECKPOINT_CHANGED and asked_for:
            return False
        return verdict.outcome in CHANGED

    def _refuse(self, rewriting: Rewriting, changed: Sequence[Verdict]) -> bool:
        """Take back what changed a case; False where there is nothing left to take back."""
        before = len(self.refused)
        for verdict in changed:
            groups = self._groups_to_blame(rewriting, verdict) - self.refused
            reason = ": ".join(filter(None, (verdict.case, verdict.message)))
            self.taken_back += (
                TakenBack(rewrite, reason)
                for rewrite in rewriting.rewrites
                if _group(rewrite) in groups
            )
            self.refused |= groups
        return len(self.refused) > before

    def _groups_to_blame(self, rewriting: Rewriting, verdict: Verdict) -> set[Group]:
        """The groups that change a case on their own; all that reach it if none does."""
        reaching = {_group(r) for r in self._reaching(rewriting, verdict)} - self.refused
        suspects = reaching or {_group(r) for r in rewriting.rewrites} - self.refused
        if len(suspects) == 1:
            return suspects
        guilty = {group for group in suspects if self._changes_alone(group, verdict.case)}
        return guilty or suspects

    def _changes_alone(self, group: Group, case: str) -> bool:
        alone = self._rewrite(lambda rewrite: _group(rewrite) == group, only=(group[1],))
        return any(self._is_unwanted(v) for v in self._verify(alone, {case}))

    def _reaching(self, rewriting: Rewriting, verdict: Verdict) -> list[Rewrite]:
        places = places_compiled(self.reading.project, verdict.reached)
        return [r for r in rewriting.rewrites if (r.path, r.function) in places]

    def _only_fixed(
        self, rewriting: Rewriting, verdicts: tuple[Verdict, ...]
    ) -> tuple[Rewriting, tuple[Verdict, ...]]:
        fixed = [v for v in verdicts if v.outcome in GOOD]
        keep: set[Place] = set()
        for verdict in fixed:
            keep |= places_compiled(self.reading.project, verdict.reached)
        self.kept = keep
        kept = self._rewrite(self._is_kept)
        return kept, self._verify(kept)

    def _is_kept(self, rewrite: Rewrite) -> bool:
        return self.kept is None or (rewrite.path, rewrite.function) in self.kept

    def _steps(self, rewriting: Rewriting) -> Iterator[Step]:
        """What the files are with the first of the rules that did something, the first two, …"""
        used = {rewrite.rule for rewrite in rewriting.rewrites}
        rules = [rule for rule in self.request.rules if rule.name in used]
        for count, rule in enumerate(rules, 1):
            so_far = rewriting
            if count < len(rules):
                so_far = self._rewrite(self._is_kept, rules=rules[:count])
            yield Step(rule.name, self._bytes(so_far))

    def _result(self, rewriting: Rewriting, verdicts: tuple[Verdict, ...]) -> Result:
        sources = self.reading.sources
        changes = [
            FileChange(path, sources[path].data, data, sources[path].encoding)
            for path, data in self._bytes(rewriting).items()
        ]
        failures = [
            Problem(
                f.path,
                None,
                f"{f.rule}: {f.reason}",
                "The file is left as it was; please report this.",
            )
            for f in rewriting.failures
        ]
        return Result(
            files=self.reading.files,
            changes=tuple(changes),
            rewrites=tuple(self._made(rewriting, verdicts)),
            held_back=rewriting.held_back,
            taken_back=tuple(self.taken_back),
            verdicts=verdicts,
            problems=(*self.reading.problems, *failures),
            cases=tuple(self.cases),
            notes=(*self.notes, *(self.verifier.notes if self.verifier is not None else ())),
            models=sum(cls.is_module for cls in self.reading.project.classes.values()),
            steps=tuple(self._steps(rewriting)) if self.request.by_rule else (),
            stand_ins=self.verifier.stood_in if self.verifier is not None else (),
        )

    def _made(self, rewriting: Rewriting, verdicts: Iterable[Verdict]) -> Iterable[MadeRewrite]:
        reaching = {
            verdict: places_compiled(self.reading.project, verdict.reached) for verdict in verdicts
        }
        for rewrite in rewriting.rewrites:
            place = (rewrite.path, rewrite.function)
            reached_by = [verdict for verdict, places in reaching.items() if place in places]
            if any(verdict.outcome in GOOD for verdict in reached_by):
                standing = Standing.VERIFIED
            else:
                standing = Standing.PARTIAL if reached_by else Standing.UNVERIFIED
            yield MadeRewrite(rewrite, standing, tuple(verdict.case for verdict in reached_by))


def places_compiled(project: Project, reached: Collection[Place]) -> set[Place]:
    """The functions and classes that scripting compiles for a case, by those that it ran.

    What ran tells the classes; scripting a class compiles more of it than one call runs (the
    branches not taken), and all that counts as reached.
    """
    places = set(reached)
    classes = set()
    for path, qualname in reached:
        file = project.files.get(path)
        function = file.functions.get(qualname) if file else None
        if function is not None and function.owner is not None:
            classes.add(function.owner)
    places |= {(cls.file.path, cls.qualname) for cls in classes}
    for function, compiled_for in project.scripted.items():
        if not classes.isdisjoint(compiled_for):
            places.add((function.file.path, function.qualname))
    return places


def _group(rewrite: Rewrite) -> Group:
    return rewrite.rule, rewrite.path
