"""The Verifier: runs cases of the originals, and decides whether a rewrite of them is good.

`observe` builds, runs and scripts the originals; `verify` does the same with rewritten files in the
place of the originals, and compares. The user's tree is only ever read.
"""

import contextlib
import os
import queue
import shutil
import threading
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from torchscript_fix.cases import DeclaredCase, DeducedCase, RecordedCommand, WrittenCases
from torchscript_fix.cases.absent import absent_name, names_in, no_module
from torchscript_fix.cases.candidates import Candidate
from torchscript_fix.cases.settings import Settings
from torchscript_fix.cases.written import asks_for, no_case
from torchscript_fix.facts.diagnosed import Diagnosis
from torchscript_fix.facts.observed import Observed
from torchscript_fix.generated_modules import generated_modules
from torchscript_fix.importing.modules import SearchPath
from torchscript_fix.importing.repository import plain_roots
from torchscript_fix.importing.roots import ImportRoots
from torchscript_fix.memory import is_too_little
from torchscript_fix.verify.diagnosing import Diagnosing, Text
from torchscript_fix.verify.evidence import Evidence, printable
from torchscript_fix.verify.exploring import Budget, Explored, Exploring, Importable
from torchscript_fix.verify.finding import Finding
from torchscript_fix.verify.interpreter import Interpreter, VerifierUnavailable
from torchscript_fix.verify.judge import (
    ALL_STAGES,
    AT_FIRST,
    Comparing,
    RewriteBusy,
    Scripted,
    broken_stage,
    check_scripted,
)
from torchscript_fix.verify.lane import IMPORT_SECONDS, ImportFailed, Lane, Ran, TextCase, Unit
from torchscript_fix.verify.messages import Messages, needed
from torchscript_fix.verify.mirror import Mirror
from torchscript_fix.verify.misnamed import absent_in, is_missing
from torchscript_fix.verify.observing import Observing
from torchscript_fix.verify.sandbox import holds_home
from torchscript_fix.verify.session import Kind, Limits, Session
from torchscript_fix.verify.verdict import (
    Difference,
    Model,
    NotImported,
    Outcome,
    Place,
    Verdict,
)

__all__ = [
    "Attempt",
    "Budget",
    "Explored",
    "Limits",
    "Observation",
    "Observations",
    "Verifier",
    "VerifierUnavailable",
]

AnyCase = DeclaredCase | WrittenCases | RecordedCommand | DeducedCase
Result = TypeVar("Result")

MOST_JOBS = 4
LAMBDA = "<lambda>"
TOLD: Mapping[Kind, str] = {
    "answers": "A stand-in decided something while importing",
    "idle": "A stand-in did nothing while a model was built",
    "weights": "Weights that are not there were passed over",
}
"""What is said of lines that workers tell of."""
BUILDS = ("setup.py", "pyproject.toml", "setup.cfg")
NO_COMMANDS = (
    "--run needs bubblewrap: a command may write files, and without a sandbox it would write to "
    "yours. Install it (apt install bubblewrap), or give the cases by --case or --cases."
)
RAISED_BY = "the code as it is raises this"
COMPILES_LATER = "(it compiles once it has run: call the model once before torch.jit.script)"


@dataclass(frozen=True)
class Observation:
    """What the original of one case does."""

    name: str
    builds: bool
    runs: bool
    """False for a case without inputs, which never runs."""
    scriptable: bool
    """Scripts as it is, and what is saved gives the same outputs in a clean process."""
    message: str
    """Why it does not build, run or script, in Python's or the compiler's words."""
    reached: frozenset[Place]
    """Functions of the path that ran."""
    outcome: Outcome
    """What its verdict is as long as nothing is rewritten."""
    comparable: bool = True
    """Whether a rewrite can be compared with it: it builds, and runs where it is to run."""
    imported: frozenset[Path] = frozenset()
    """Files of the path that it imports."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """What the compiler complains of."""


@dataclass(frozen=True)
class Attempt:
    """What came of compiling a rewrite of one case, with nothing compared."""

    compiles: bool
    """It compiles, is saved, and runs."""
    message: str
    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True)
class Observations:
    """All cases, expanded, and what they showed."""

    cases: tuple[Observation, ...]
    observed: Observed


@dataclass(frozen=True, eq=False)
class _Placed:
    """Files with other bytes in their place, and what turns a worker's words back to the user's."""

    files: Mapping[Path, bytes]
    """By their real paths."""
    messages: Messages


@dataclass(frozen=True, eq=False)
class _Known:
    """An observed case, with what is needed to compare a rewrite with it."""

    unit: Unit
    index: int
    observation: Observation
    evidence: Evidence
    verdict: Verdict
    comparable: bool
    """Whether the original builds, and runs where it is to run."""
    imported: frozenset[Path]
    observed: Observed


class Verifier:
    """A context manager: workers and folders live as long as it is entered."""

    def __init__(
        self,
        import_root: Path,
        files: Sequence[Path],
        *,
        python: str | None = None,
        limits: Limits | None = None,
        on_progress: Callable[[str], None] | None = None,
        jobs: int | None = None,
        ahead: bool = True,
        stub_missing: bool = False,
        roots: ImportRoots | None = None,
    ) -> None:
        """`files` are the Python files under the path; those outside of `import_root` are not
        run. `roots` says where they import from, where that is not `import_root` alone. `python` is
        the interpreter for the user's code. `on_progress` is told of each case.
        `ahead` lets workers start before they are needed, beside what is going on.
        `stub_missing` puts inert stand-ins in the place of packages that are not installed.

        Raises VerifierUnavailable on entering, where no case could be run at all.
        """
        root = Path(os.path.realpath(import_root))
        self._roots = roots or plain_roots(root, map(_real, files))
        self._root = self._roots.top
        self._given = {_real(file): file for file in files}
        self._python = python
        self._limits = limits or Limits()
        self._stub_missing = stub_missing
        self._tell = on_progress or (lambda _: None)
        self._telling = threading.Lock()
        self.jobs = jobs or min(MOST_JOBS, _processors())
        self._ahead = ahead
        self._unusable: set[Path] = set()
        """Files of cases that cannot be imported, told of once."""
        self._not_asked: dict[Path, NotImported] = {}
        """Modules that cannot be imported, so that no file of cases is asked with them."""
        self._notes: dict[str, list[str]] = {}
        """By the command that they are about: lanes come to their ends in any order."""
        self._known: dict[AnyCase, list[_Known]] = {}
        self._texts: dict[Path, str] = {}
        self._verdicts: dict[tuple[Unit, int, frozenset[tuple[Path, str]]], Verdict] = {}
        self._by_reach: dict[tuple[Unit, int, Hashable], Verdict] = {}
        self._trained: set[_Known] = set()
        """Cases whose original was run in train() later than the rest."""

    def __enter__(self) -> "Verifier":
        self._session = Session(
            self._roots,
            self._given,
            self._python,
            self._limits,
            stub_missing=self._stub_missing,
            generated=() if holds_home(self._root) else generated_modules(self._root),
        )
        self._messages = Messages(
            self._root, self._session.seen_roots, self._session.folder, self._limits.memory
        )
        self._pool = ThreadPoolExecutor(self.jobs) if self.jobs > 1 else None
        self._made = [Lane(self._session) for _ in range(self.jobs)]
        self._lanes: queue.LifoQueue[Lane] = queue.LifoQueue()
        for lane in self._made:
            self._lanes.put(lane)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._session.end()
        for lane in self._made:
            lane.close()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._session.close()

    @property
    def containment(self) -> str:
        """One line for people where the code runs without a sandbox; "" where it runs in one."""
        return self._session.uncontained

    @property
    def interpreter(self) -> Interpreter:
        """The one that runs the user's code."""
        return self._session.user

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to say of commands and of stand-ins, in single lines."""
        of_commands = (note for label in sorted(self._notes) for note in self._notes[label])
        told = (
            f"{words}: {self._messages.plain(line)}"
            for kind, words in TOLD.items()
            for line in self._session.told(kind)
        )
        names = (f"{words}." for words in self._session.names)
        return (*of_commands, *told, *names)

    @property
    def not_imported(self) -> tuple[NotImported, ...]:
        """The modules that files of cases were not asked with, in the order of their names."""
        return tuple(sorted(self._not_asked.values(), key=lambda each: each.module))

    @property
    def stood_in(self) -> tuple[str, ...]:
        """The missing packages that were stood in for so far, and missing names of others."""
        return tuple(sorted(self._session.stood_in))

    @property
    def time_limits(self) -> tuple[str, ...]:
        """What the clock ended so far, in words for people."""
        return tuple(sorted(self._session.time_limits))

    def _on_progress(self, name: str) -> None:
        """Tell of one case; lanes do so one at a time."""
        with self._telling:
            self._tell(name)

    # ------------------------------------------------------------------------------ exploring

    def explore(
        self,
        candidates: Sequence[Candidate],
        settings: Settings,
        budget: Budget,
    ) -> list[Explored]:
        """What comes of candidates: cases that run, or why they do not. `settings` are what the
        repository says of names."""

        def place_of(module: str) -> Importable:
            path, search = self._place(module)
            original = self._session.original
            seen = original.seen(path) if path is not None else None
            return Importable(seen, self._session.seen_search(search, original))

        exploring = Exploring(
            self._each, place_of, self._messages, settings, budget, self._on_progress
        )
        found = exploring.run(candidates)
        self._session.time_limits |= exploring.time_limits()
        return found

    # ------------------------------------------------------------------------------ observing

    def observe(self, cases: Sequence[AnyCase]) -> Observations:
        """Build, run and script the originals. What was observed before is not run again.

        Raises cases.NotThere where a declared case names what is not there.
        """
        self._refuse_what_cannot_be(cases)
        self._observe_new(cases)
        known = [each for case in dict.fromkeys(cases) for each in self._known[case]]
        observed = Observed.merged(each.observed for each in known)
        return Observations(tuple(each.observation for each in known), observed)

    def _refuse_what_cannot_be(self, cases: Sequence[AnyCase]) -> None:
        """Raise NotThere, before anything is run, for a name that its module cannot have."""
        for case in cases:
            path = self._roots.file_of(case.module) if isinstance(case, DeclaredCase) else None
            if path is not None and isinstance(case, DeclaredCase):
                others = map(_text_of, self._session.files)
                absent = absent_name(case.target, path, _text_of(path), others)
                if absent is not None:
                    raise absent

    def _observe_new(self, cases: Sequence[AnyCase]) -> None:
        new = [case for case in dict.fromkeys(cases) if case not in self._known]
        units = [(case, unit) for case in new for unit in self._units(case)]
        # Text cases of one module share its import.
        shared: dict[Unit, list[AnyCase]] = {}
        for case, unit in units:
            shared.setdefault(unit, []).append(case)
        merged = _merge(shared)
        for case in new:
            self._known[case] = []
        for (_, owners), known in zip(
            merged, self._each([unit for unit, _ in merged], self._observe), strict=True
        ):
            for each in known:
                owner = owners[each.index] if len(owners) > 1 else owners[0]
                self._known[owner].append(each)
        for case in new:
            if isinstance(case, WrittenCases) and not self._known[case]:
                self._known[case] = [self._none_yielded(case)]

    def _units(self, case: AnyCase) -> list[Unit]:
        if isinstance(case, WrittenCases):
            cases_file = Path(os.path.realpath(case.path))
            paths = (each for each in self._session.files if each != cases_file)
            units = [
                (self._roots.name_of(path)[0], path)
                for path in paths
                if path != self._root / "setup.py"
            ]
            return [
                Unit(
                    module,
                    path,
                    cases_file,
                    search=self._session.search_of(path, module, cases_file),
                    lacks_weights=case.passes_over_weights,
                )
                for module, path in units
            ]
        if isinstance(case, RecordedCommand):
            search = self._roots.of(Path(case.target))
            return [Unit(case.label, None, None, command=case, search=search)]
        if isinstance(case, DeducedCase):
            text = TextCase(case.name, case.expression, case.inputs, "deduced", case.how)
        else:
            text = TextCase(case.name, case.expression, case.inputs)
        path, search = self._place(case.module)
        return [Unit(case.module, path, None, (text,), search=search)]

    def _place(self, module: str) -> tuple[Path | None, SearchPath]:
        """The file that a dotted name means, if it is one of the repository, and what is to be
        known of its imports."""
        path = self._roots.file_of(module)
        if path is None:
            return None, self._roots.of(self._root)
        return path, self._session.search_of(path, module, None)

    def _observe(self, lane: Lane, unit: Unit) -> list[_Known]:
        found: list[_Known] = []
        if unit.cases_file in self._unusable:
            return found
        if unit.command is not None:
            return self._record(lane, unit, unit.command)
        if self._ahead:
            lane.warm_up(unit.cases_file)
        try:
            for ran in lane.run("original", unit, AT_FIRST, None):
                found.append(self._original(lane, unit, ran))
                self._on_progress(found[-1].observation.name)
        except ImportFailed as failed:
            return self._not_imported(unit, failed)
        failing = any(k.comparable and not k.observation.scriptable for k in found)
        if failing and self._ahead:
            lane.start("rewrite", unit.cases_file)  # it loads torch while the rules are at work
        return sorted(found, key=lambda known: known.index)

    def _not_imported(self, unit: Unit, failed: ImportFailed) -> list[_Known]:
        """The cases of a module that cannot be imported. Where a file of cases would have been
        asked with it, that is no case, but a note, unless the file asks for it by its name; where
        that file is itself at fault, one case stands for all."""
        finding = self._why_not_imported(unit, failed)
        names = [text.name for text in unit.texts] or ["import"]
        if failed.cases_file and unit.cases_file is not None:
            with self._telling:
                if unit.cases_file in self._unusable:  # told of already, by another lane
                    return []
                self._unusable.add(unit.cases_file)
            unit = replace(unit, path=unit.cases_file)
        elif not failed.listing and _is_beside_the_point(unit):
            path = self._as_given(unit.path or Path())
            self._not_asked[path] = NotImported(unit.module, path, finding.message)
            return []
        known = []
        for index, name in enumerate(names):
            known.append(self._unbuilt(unit, index, name, finding, failed.cases_file))
            self._on_progress(known[-1].observation.name)
        return known

    def _unbuilt(
        self, unit: Unit, index: int, name: str, finding: Finding, unusable: bool = False
    ) -> _Known:
        """A case of which there is nothing to show."""
        nothing = Evidence(self._session.folder / "none", "lost")
        settled = self._settled(unit, Ran(index, name, nothing), Scripted(finding), False)
        if not unusable:
            return settled
        return replace(settled, verdict=replace(settled.verdict, unusable=True))

    def _why_not_imported(self, unit: Unit, failed: ImportFailed) -> Finding:
        """Raises NotThere where a declared case names a module that is not there."""
        what = unit.module
        if failed.cases_file and unit.cases_file is not None:
            what = unit.cases_file.name
        if failed.how == "timeout":
            words = f"importing {what} took more than {IMPORT_SECONDS:g} s"
            return Finding(Outcome.TIMED_OUT, words)
        if failed.error is None or failed.ended_the_process:
            words = f"importing {what} ended the process, twice"
            return Finding(Outcome.CRASHED, words)
        declared = bool(unit.texts) and unit.found(0) == "declared"
        if declared and unit.path is None and is_missing(unit.module, failed.error):
            modules = [self._roots.name_of(path)[0] for path in self._session.files]
            raise no_module(f"{unit.module}:{unit.texts[0].target}", self._root, modules)
        message = self._messages.of_error(failed.error)
        if declared and failed.error.get("missing") is None and not needed(failed.error):
            message += f"\n({RAISED_BY} while {unit.module} is imported)"
        lacks_memory = is_too_little(failed.error)
        return Finding(Outcome.CANNOT_RUN if lacks_memory else Outcome.CANNOT_BUILD, message)

    def _none_yielded(self, case: WrittenCases) -> _Known:
        """What stands for a file of cases that has none."""
        failed = {each.module: each.message for each in self.not_imported}
        asked = [unit.module for unit in self._units(case) if unit.module not in failed]
        path = Path(os.path.realpath(case.path))
        finding = Finding(Outcome.CANNOT_BUILD, no_case(asked, failed))
        return self._unbuilt(Unit("", path, path), 0, "no case", finding, True)

    def _record(self, lane: Lane, unit: Unit, command: RecordedCommand) -> list[_Known]:
        """Run a command of the user's, and then each case that it showed."""
        if self._session.uncontained and not command.likely:
            raise VerifierUnavailable(NO_COMMANDS)
        if self._session.uncontained:
            return []
        recording = lane.commands.record(command, self._messages)
        self._notes[command.label] = recording.notes(command)
        unit = replace(unit, calls=recording.calls)
        nothing = Evidence(self._session.folder / "none", "lost")
        if recording.nothing is not None and command.likely:
            return []
        if recording.nothing is not None:
            found = [self._unbuilt(unit, 0, command.label, recording.nothing, True)]
        else:
            wanted: dict[int, Mapping[str, Any]] = {}
            found = []
            for index, call in enumerate(recording.calls):
                if call.refusal is None:
                    wanted[index] = {}
                else:
                    ran = Ran(index, call.name, nothing)
                    found.append(self._settled(unit, ran, Scripted(call.refusal), False))
            if wanted:
                for ran in lane.run("original", unit, AT_FIRST, wanted):
                    found.append(self._original(lane, unit, ran))
        for each in found:
            self._on_progress(each.observation.name)
        return sorted(found, key=lambda known: known.index)

    def _original(self, lane: Lane, unit: Unit, ran: Ran) -> _Known:
        evidence, seconds = ran.evidence, self._limits.seconds
        runs = unit.runs(ran.index)
        for stage in ("build", "eval") if runs else ("build",):
            broken = broken_stage(evidence, stage, self._messages, seconds)
            if broken is not None:
                self._refuse_absent(unit, ran, stage)
                return self._settled(unit, ran, Scripted(_hinted(broken, unit, ran, stage)), False)
        scripted = check_scripted(
            lane, evidence, evidence, self._messages, seconds=seconds, exact_first=False
        )
        return self._settled(unit, ran, scripted, True)

    def _refuse_absent(self, unit: Unit, ran: Ran, stage: str) -> None:
        """Raise NotThere where a stage failed since the command names what is not there."""
        names = names_in(self._before(unit.path)) if unit.path is not None else frozenset()
        said = ran.evidence.stage(stage).get("error")
        absent = absent_in(unit, ran.index, stage, said, names)
        if absent is not None:
            raise absent

    def _settled(self, unit: Unit, ran: Ran, scripted: Scripted, comparable: bool) -> _Known:
        """What is known of an original now that all has been tried."""
        runs = unit.runs(ran.index)
        evidence = ran.evidence
        if scripted.finding is not None:
            outcome, message = scripted.finding.outcome, scripted.finding.message
        else:
            outcome = Outcome.ALREADY_SCRIPTABLE if runs else Outcome.COMPILES
            message = ""
        message = _with_hint(message, outcome, evidence)
        name = ran.name if unit.texts or unit.command else f"{self._stem(unit)}::{ran.name}"
        observed = self._observed(evidence)
        reached = frozenset(each for each in observed.functions if LAMBDA not in each[1])
        imported = frozenset(map(self._session.original.path_of, evidence.imported()))
        diagnoses = self._diagnoses(evidence, self._session.original, name, imported, {})
        diagnoses = diagnoses or self._of_finding(scripted.finding, name, imported)
        verdict = Verdict(
            case=name,
            outcome=outcome,
            message=message,
            difference=_noted(scripted),
            seconds=_times("original", evidence),
            reached=reached,
            found=unit.found(ran.index),
            how=unit.how(ran.index),
            runs=runs,
            original=outcome,
            original_message=message,
            original_diagnoses=diagnoses,
            diagnoses=diagnoses,
            unusable=unit.found(ran.index) == "declared" and not evidence.ok("build"),
            model=self._model(evidence),
            call=unit.calls[ran.index].call if unit.calls else None,
        )
        observation = Observation(
            name=name,
            builds=evidence.ok("build"),
            runs=evidence.ok("eval"),
            scriptable=scripted.finding is None,
            message=message,
            reached=reached,
            outcome=outcome,
            comparable=comparable,
            imported=frozenset(map(self._as_given, imported)),
            diagnoses=diagnoses,
        )
        # The saved model has been judged; outputs are what a rewrite is compared with.
        evidence.file("model.pt").unlink(missing_ok=True)
        return _Known(
            unit, ran.index, observation, evidence, verdict, comparable, imported, observed
        )

    def _model(self, evidence: Evidence) -> Model | None:
        """What a worker says that was built, as far as it can be."""
        said = evidence.model()
        if said is None:
            return None
        count, file = said.get("parameters"), said.get("file")
        place = None
        if isinstance(file, str) and file:
            path = self._session.original.path_of(file)
            if path in self._given:
                place = (self._as_given(path), printable(said.get("qualname")))
        if type(count) is not int or not 0 <= count < 1 << 63:
            count = 0
        return Model(printable(said.get("name")), count, place)

    def _stem(self, unit: Unit) -> str:
        """A file's name, or as much of its path as tells it from others."""
        assert unit.path is not None
        stems = [path.stem for path in self._session.files]
        if stems.count(unit.path.stem) <= 1:
            return unit.path.stem
        return unit.path.relative_to(self._root).with_suffix("").as_posix()

    def _observed(self, evidence: Evidence) -> Observed:
        observing = Observing(lambda seen: self._as_given(self._session.original.path_of(seen)))
        return Observed.merged(observing.of(*seen) for seen in evidence.seen_at_work())

    def _as_given(self, path: Path) -> Path:
        return self._given.get(path, path)

    def _diagnoses(
        self,
        evidence: Evidence,
        mirror: Mirror,
        case: str,
        imported: Collection[Path],
        files: Mapping[Path, bytes],
    ) -> tuple[Diagnosis, ...]:
        """What was complained of, in the user's files as they are; `files` are what stood in the
        place of some of them."""
        said = evidence.diagnoses()
        if not said:
            return ()
        texts = {}
        for path in sorted(imported):
            if path in self._given:
                before = self._before(path)
                now = files[path].decode(errors="replace") if path in files else before
                texts[mirror.seen(path)] = Text(self._as_given(path), now, before)
        diagnosing = Diagnosing(texts)
        return tuple(dict.fromkeys(diagnosing.of(each, case) for each in said))

    def _before(self, path: Path) -> str:
        """A file of the user's as it is; `path` is its real path."""
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = path.read_bytes().decode(errors="replace")
        return text

    # ----------------------------------------------------------------------------- attempting

    def attempt(
        self, names: Collection[str], rewritten: Mapping[Path, bytes]
    ) -> dict[str, Attempt]:
        """Compile observed cases with `rewritten` bytes in the place of their files, and compare
        nothing. Other files are as the user has them.

        May be called from several threads.
        """
        files = {Path(os.path.realpath(path)): data for path, data in rewritten.items()}
        todo: dict[Unit, list[_Known]] = {}
        for known in (each for ones in self._known.values() for each in ones):
            if known.comparable and known.observation.name in names:
                todo.setdefault(known.unit, []).append(known)
        placed = self._placed(files)
        found: dict[str, Attempt] = {}

        def work(lane: Lane, item: tuple[Unit, list[_Known]]) -> dict[str, Attempt]:
            return self._attempted(lane, *item, placed)

        for made in self._each(list(todo.items()), work):
            found.update(made)
        return found

    def _attempted(
        self, lane: Lane, unit: Unit, cases: list[_Known], placed: _Placed
    ) -> dict[str, Attempt]:
        by_index = {known.index: known for known in cases}
        files, messages = placed.files, placed.messages
        found: dict[str, Attempt] = {}
        lane.put(files)
        try:
            wanted: dict[int, Mapping[str, Any]] = {
                index: {"left_out": known.evidence.left_out()} for index, known in by_index.items()
            }
            for ran in lane.run("rewrite", unit, ("script",), wanted):
                known, evidence = by_index[ran.index], ran.evidence
                name = known.observation.name
                imported = known.imported | set(files)
                diagnoses = self._diagnoses(evidence, lane.mirror("rewrite"), name, imported, files)
                said = evidence.stage("script").get("error")
                message = messages.of_error(said) if said else ""
                if ran.evidence.was_ended:
                    message = "compiling it ends the process, twice"
                found[name] = Attempt(evidence.ok("script"), message, diagnoses)
                shutil.rmtree(evidence.folder, ignore_errors=True)
                self._on_progress(name)
        except ImportFailed as failed:
            message = messages.of_error(failed.error)
            for known in cases:
                found.setdefault(known.observation.name, Attempt(False, message, ()))
        return found

    # ------------------------------------------------------------------------------ verifying

    def verify(
        self,
        cases: Sequence[AnyCase],
        rewritten: Mapping[Path, bytes],
        names: Collection[str] | None = None,
        reach: Mapping[str, Hashable] | None = None,
    ) -> tuple[Verdict, ...]:
        """The verdicts of `cases` (of those in `names`, if given) with `rewritten` files in place.

        A case that imports none of these files has the verdict of its original; one that was
        verified with the same bytes before is not run again. `reach` says, by a case's name, what
        of the rewrites its model is made of, equal for equal: a case that nothing reaches, and one
        that was verified with the same, is only built. Without `reach`, all cases are run.
        """
        self._observe_new(cases)
        files = {Path(os.path.realpath(path)): data for path, data in rewritten.items()}
        digests = {path: sha256(data).hexdigest() for path, data in files.items()}
        chosen = [
            known
            for case in dict.fromkeys(cases)
            for known in self._known[case]
            if names is None or known.observation.name in names
        ]
        keys = {known: self._key(known, digests) for known in chosen}
        todo: dict[Unit, dict[_Known, Verdict | None]] = {}
        for known in chosen:
            if known.comparable and keys[known][2] and keys[known] not in self._verdicts:
                todo.setdefault(known.unit, {})[known] = self._standing(known, reach)
        if todo:
            placed = self._placed(files)

            def work(
                lane: Lane, item: tuple[Unit, dict[_Known, Verdict | None]]
            ) -> list[tuple[_Known, Verdict]]:
                return self._rewritten(lane, *item, placed)

            for made in self._each(list(todo.items()), work):
                for known, verdict in made:
                    self._verdicts[keys[known]] = verdict
                    if reach is not None:
                        self._by_reach[_reached_key(known, reach)] = verdict
        return tuple(self._verdicts.get(keys[known], known.verdict) for known in chosen)

    def _standing(self, known: _Known, reach: Mapping[str, Hashable] | None) -> Verdict | None:
        """The verdict that a case has if it can still be built; None where it must be run."""
        if reach is None:
            return None
        if not reach.get(known.observation.name):
            return known.verdict
        return self._by_reach.get(_reached_key(known, reach))

    @staticmethod
    def _key(
        known: _Known, digests: Mapping[Path, str]
    ) -> tuple[Unit, int, frozenset[tuple[Path, str]]]:
        files = frozenset((p, d) for p, d in digests.items() if p in known.imported)
        return known.unit, known.index, files

    def _placed(self, files: Mapping[Path, bytes]) -> _Placed:
        return _Placed(files, self._messages.rewritten(files))

    def _rewritten(
        self,
        lane: Lane,
        unit: Unit,
        cases: Mapping[_Known, Verdict | None],
        placed: _Placed,
    ) -> list[tuple[_Known, Verdict]]:
        """The verdicts of cases; those that have one here are built, and keep it if all is well."""
        by_index = {known.index: known for known in cases}
        lane.put(placed.files)
        self._train(lane, unit, [known for known, standing in cases.items() if standing is None])
        wanted = {
            known.index: {"stages": _stages(known) if standing is None else []}
            | known.evidence.as_run()
            for known, standing in cases.items()
        }
        made: list[tuple[_Known, Verdict]] = []
        later: list[tuple[_Known, Ran]] = []
        try:
            for ran in lane.run("rewrite", unit, ALL_STAGES, wanted):
                known = by_index.pop(ran.index)
                standing = cases[known]
                ends_anew = ran.evidence.ended_stages - known.evidence.ended_stages
                if ends_anew and self._ends_too(lane, known):
                    made.append((known, _crashed(known, "building or running the case")))
                elif standing is not None:
                    made.append((known, self._built(lane, known, ran, placed, standing)))
                else:
                    try:
                        made.append((known, self._judged(lane, known, ran, placed, False)))
                    except RewriteBusy:
                        later.append((known, ran))
            why = "the case is gone from the rewritten file"
        except ImportFailed as failed:
            why = placed.messages.of_error(failed.error)
            if failed.ended_the_process:
                why = "it ends the process, twice"
            if failed.ended_the_process and self._ends_too(lane, *by_index.values()):
                made += [(known, _crashed(known, "importing it")) for known in by_index.values()]
                by_index.clear()
        for known, ran in later:
            made.append((known, self._judged(lane, known, ran, placed, True)))
        for known in by_index.values():
            words = f"the original imports, the rewrite does not: {why}"
            made.append(
                (known, replace(known.verdict, outcome=Outcome.BEHAVIOUR_CHANGED, message=words))
            )
        return made

    @staticmethod
    def _ends_too(lane: Lane, *cases: _Known) -> bool:
        """Whether originals now end their process where they came through before, as their rewrites
        did: then the machine is to blame, or chance, and not the rewrite. Each was tried twice."""
        lane.drop("original")
        wanted = {known.index: known.evidence.as_run() for known in cases}
        try:
            runs = list(lane.run("original", cases[0].unit, ALL_STAGES, wanted))
        except ImportFailed as failed:
            return failed.ended_the_process
        before = {known.index: known.evidence.ended_stages for known in cases}
        found = any(ran.evidence.ended_stages - before[ran.index] for ran in runs)
        for ran in runs:
            shutil.rmtree(ran.evidence.folder, ignore_errors=True)
        return found

    def _judged(
        self,
        lane: Lane,
        known: _Known,
        ran: Ran,
        placed: _Placed,
        may_run: bool,
    ) -> Verdict:
        scriptable = known.observation.scriptable
        result = self._comparing(lane, known, ran, placed, may_run).finding()
        took = _times("rewrite", ran.evidence)
        diagnoses = self._of_rewrite(lane, known, ran.evidence, result, placed.files)
        good = known.verdict.outcome if scriptable else self._good(known)
        finding = result.finding or Finding(good, "", _noted(result))
        if finding.outcome is Outcome.CRASHED and known.verdict.outcome is not Outcome.CRASHED:
            # What it would do cannot be shown, so it is not kept.
            words = f"the rewrite ends the process, the original does not: {finding.message}"
            finding = replace(finding, outcome=Outcome.BEHAVIOUR_CHANGED, message=words)
        message = _with_hint(finding.message, finding.outcome, ran.evidence)
        shutil.rmtree(ran.evidence.folder, ignore_errors=True)
        self._on_progress(known.observation.name)
        return replace(
            known.verdict,
            outcome=finding.outcome,
            message=message,
            diagnoses=diagnoses,
            difference=finding.difference,
            seconds=(*known.verdict.seconds, *took),
        )

    def _built(
        self, lane: Lane, known: _Known, ran: Ran, placed: _Placed, standing: Verdict
    ) -> Verdict:
        """The verdict of a case that the changes do not reach: what it was, if it can be built."""
        finding = self._comparing(lane, known, ran, placed, False).built()
        shutil.rmtree(ran.evidence.folder, ignore_errors=True)
        if finding is None:
            return standing
        return replace(
            standing,
            outcome=finding.outcome,
            message=finding.message,
            diagnoses=(),
            difference=finding.difference,
        )

    def _comparing(
        self, lane: Lane, known: _Known, ran: Ran, placed: _Placed, may_run: bool
    ) -> Comparing:
        return Comparing(
            self._session,
            lane,
            known.unit,
            known.index,
            known.evidence,
            ran.evidence,
            placed.messages,
            known.observation.scriptable,
            may_run,
        )

    def _train(self, lane: Lane, unit: Unit, cases: Sequence[_Known]) -> None:
        """Run in train() what was not, because it compiles: now something is compared with it."""
        lacking = {
            known.index: known
            for known in cases
            if known.observation.scriptable and known not in self._trained
        }
        if not lacking:
            return
        self._trained.update(lacking.values())
        with contextlib.suppress(ImportFailed):  # it was imported before: then it is as if it hung
            for ran in lane.run("original", unit, ("train",), {index: {} for index in lacking}):
                lacking[ran.index].evidence.add(ran.evidence, "train")
                shutil.rmtree(ran.evidence.folder, ignore_errors=True)

    def _of_rewrite(
        self,
        lane: Lane,
        known: _Known,
        evidence: Evidence,
        result: Scripted,
        files: Mapping[Path, bytes],
    ) -> tuple[Diagnosis, ...]:
        """The diagnoses of a rewrite: the worker's or, where it has none, the clean process's."""
        name, imported = known.observation.name, known.imported | set(files)
        found = self._diagnoses(evidence, lane.mirror("rewrite"), name, imported, files)
        return found or self._of_finding(result.finding, name, imported)

    def _of_finding(
        self, finding: Finding | None, name: str, imported: Collection[Path]
    ) -> tuple[Diagnosis, ...]:
        """What the clean process found wrong with a saved model, in the words for people: their
        lines are those of the original."""
        if finding is None or finding.outcome is not Outcome.STILL_FAILING:
            return ()
        texts = {
            str(path): Text(self._as_given(path), self._before(path), self._before(path))
            for path in sorted(imported)
            if path in self._given
        }
        at = "load" if "cannot be loaded" in finding.message else "run"
        return (Diagnosing(texts).of({"at": at, "message": finding.message}, name),)

    @staticmethod
    def _good(known: _Known) -> Outcome:
        return Outcome.FIXED if known.unit.runs(known.index) else Outcome.COMPILES

    def _each(self, items: Sequence[Any], work: Callable[[Lane, Any], Result]) -> Iterable[Result]:
        """Do the work on each item, in as many lanes as there are."""

        def in_lane(item: Any) -> Result:
            lane = self._lanes.get()
            try:
                return work(lane, item)
            finally:
                self._lanes.put(lane)

        if self._pool is None or len(items) < 2:
            return [in_lane(item) for item in items]
        return list(self._pool.map(in_lane, items))


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _crashed(known: _Known, doing: str) -> Verdict:
    """The verdict where both original and rewrite end their process."""
    words = f"the process ended while {doing}, twice, and so did that of the original"
    return replace(known.verdict, outcome=Outcome.CRASHED, message=words, diagnoses=())


def _stages(known: _Known) -> list[str]:
    """The stages that a rewrite is run in: those that the original came through."""
    return [
        each
        for each in ALL_STAGES
        if each not in ("train", "script-later") or known.evidence.ok(each)
    ]


def _reached_key(known: _Known, reach: Mapping[str, Hashable]) -> tuple[Unit, int, Hashable]:
    return known.unit, known.index, reach.get(known.observation.name)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _merge(shared: Mapping[Unit, list[AnyCase]]) -> list[tuple[Unit, list[AnyCase]]]:
    """Units of text cases of one module put together; each text's owner at its index."""
    merged: list[tuple[Unit, list[AnyCase]]] = []
    of_module: dict[str, int] = {}
    for unit, owners in shared.items():
        if not unit.texts:
            merged.append((unit, owners))
        elif unit.module in of_module:
            place = of_module[unit.module]
            before, others = merged[place]
            merged[place] = (replace(before, texts=before.texts + unit.texts), [*others, *owners])
        else:
            of_module[unit.module] = len(merged)
            merged.append((unit, list(owners)))
    return merged


def _text_of(path: Path) -> str:
    """A file as text, whatever is in it; "" where it cannot be read."""
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def _noted(scripted: Scripted) -> Difference | None:
    """What to say of numbers that were let pass."""
    if scripted.finding is not None:
        return scripted.finding.difference
    if scripted.largest:
        return Difference("scripted output", "it is close to eager's", scripted.largest)
    return None


def _with_hint(message: str, outcome: Outcome, evidence: Evidence) -> str:
    """A hint where a model that does not compile does so once it has run."""
    if outcome is Outcome.STILL_FAILING and evidence.ok("script-later"):
        return f"{message}\n{COMPILES_LATER}"
    return message


def _is_beside_the_point(unit: Unit) -> bool:
    """Whether it is of a file of cases that does not ask for this module by its name."""
    cases_file = unit.cases_file
    return cases_file is not None and not asks_for(_text_of(cases_file), unit.module)


RAISED = {"build": "while the model is built", "eval": "while the model runs"}


def _hinted(finding: Finding, unit: Unit, ran: Ran, stage: str) -> Finding:
    """Whose error it is that ends a declared case, and a hint where it was given no inputs."""
    if not unit.texts or unit.found(ran.index) != "declared":
        return finding
    if unit.texts[ran.index].inputs == () and "argument" in finding.message:
        return replace(finding, message=f"{finding.message}\n(give the inputs with --input)")
    said = ran.evidence.stage(stage).get("error")
    if said is None or needed(said) or is_too_little(said):
        return finding
    return replace(finding, message=f"{finding.message}\n({RAISED_BY} {RAISED[stage]})")


def _times(side: str, evidence: Evidence) -> tuple[tuple[str, float], ...]:
    return tuple((f"{side} {stage}", seconds) for stage, seconds in evidence.times().items())
