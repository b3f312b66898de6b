"""From paths to a Result: read, observe, repair part by part, verify all, take back what changed
anything.

The only place, with the loop, that knows both rewriting and verifying. Nothing is written here.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from torchscript_fix.cases import DeclaredCase, RecordedCommand
from torchscript_fix.cases.candidates import WHOLE, Candidate
from torchscript_fix.cases.deduced import without_inputs
from torchscript_fix.cases.gather import Gathered, gather, networks
from torchscript_fix.cases.likely import likely_commands
from torchscript_fix.cases.networks import NO_NETWORKS, Networks
from torchscript_fix.cases.settings import Settings
from torchscript_fix.facts.static import Project
from torchscript_fix.loop import Key, Loop, Place, Reach, components, key_of, signature_of
from torchscript_fix.memory import half_of_this_machine
from torchscript_fix.packages import MissingPackages, missing_packages, repository_around
from torchscript_fix.reading import Reading, read
from torchscript_fix.request import Progress, Request
from torchscript_fix.result import (
    AnyCase,
    FileChange,
    MadeRewrite,
    Problem,
    Result,
    Standing,
    Step,
    TakenBack,
    Tried,
)
from torchscript_fix.rewrite import Rewriting
from torchscript_fix.rule import Rewrite, Safety
from torchscript_fix.verify.interpreter import VerifierUnavailable, installed
from torchscript_fix.verify.sandbox import holds_home
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Budget, Explored, Limits, Observation, Verifier

__all__ = ["Progress", "Request", "run"]

MOST_NOT_FOUND = 5
"""Models without a case that are named."""
MOST_VERIFYING = 20
"""Verifications of everything, each with less or with what the one before it has shown."""

MOST_KEEPING = 6
"""How often something is left out that is not to stay, and the rest is verified."""

CHANGED = frozenset({Outcome.BEHAVIOUR_CHANGED, Outcome.CHECKPOINT_CHANGED})
GOOD = frozenset({Outcome.FIXED, Outcome.COMPILES})
LOOPS_A_LANE = 2
"""Loops that go on for each case that can run at a time."""

Work = TypeVar("Work")
Made = TypeVar("Made")


def run(request: Request, progress: Progress) -> Result:
    """Do what `request` asks for, up to writing.

    Raises discover's error for a path that does not exist, cases.NotThere for a declared case that
    names what is not there, and VerifierUnavailable where cases cannot be run at all (no torch in
    the interpreter).
    """
    reading = read(request, progress)
    if not request.verify:
        return _Run(request, progress, reading, None, (), reading.notes).finish()
    cases: Sequence[AnyCase] = request.cases
    notes = reading.notes
    root = reading.roots.top
    gathered = _gather(reading, request, root)
    commands = _own_commands(reading, root) if request.own_commands and not cases else ()
    if not cases and not gathered.candidates and not commands:
        notes = (*notes, "No case was given and none could be deduced: nothing was verified.")
        return _Run(request, progress, reading, None, (), notes).finish()
    with Verifier(
        import_root=root,
        roots=reading.roots,
        files=tuple(reading.sources),
        python=request.python,
        limits=Limits(request.timeout, request.memory or half_of_this_machine()),
        on_progress=progress.step,
        jobs=request.jobs,
        ahead=request.ahead,
        stub_missing=_stands_in(request),
    ) as verifier:
        if verifier.containment:
            notes = (*notes, verifier.containment)
        missing = _missing(reading, request, verifier)
        if not cases:
            recorded = _recorded(verifier, commands, progress)
            deduced, more = _deduced(verifier, gathered, request, progress)
            cases = (*recorded, *deduced)
            notes = (*notes, *more)
        else:
            cases, more = _with_inputs(verifier, cases, request, progress)
            notes = (*notes, *more)
        return _Run(
            request, progress, reading, verifier, cases, notes, missing, gathered.networks
        ).finish()


def _missing(reading: Reading, request: Request, verifier: Verifier) -> MissingPackages:
    """What the repository imports, in the files under the paths, and the interpreter lacks."""
    texts = {path: source.text for path, source in reading.sources.items()}
    roots = [request.repository] if request.repository else map(repository_around, request.paths)
    ask = partial(installed, verifier.interpreter)
    try:
        found = missing_packages(dict.fromkeys(roots), texts, ask, request.python)
    except VerifierUnavailable:  # it has torch, and so the cases can be run all the same
        return MissingPackages()
    return replace(found, stood_in=_stands_in(request))


def _stands_in(request: Request) -> bool:
    """Whether missing packages are stood in for: where the user names no case, we look for models
    that run without them."""
    return request.stub_missing or not request.cases


def _gather(reading: Reading, request: Request, root: Path) -> Gathered:
    """What the repository says of its models; where cases are given, which are networks alone."""
    texts = {path: source.text for path, source in reading.sources.items()}
    folder = next((path for path in request.paths if path.is_dir()), root)
    below = None if holds_home(folder) else folder

    if request.cases:
        name_of = reading.roots.name_of
        return Gathered((), Settings(), networks(reading.project, texts, below, name_of))
    return gather(reading.project, texts, below, reading.roots.name_of, root)


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
    seconds = request.explore_seconds
    budget = Budget(request.max_cases, request.explore_work, seconds=seconds)
    # Where there is little time in all, what hangs is not to take it from the others.
    budget = replace(budget, seconds_each=min(budget.seconds_each, seconds / 8))
    explored = verifier.explore(gathered.candidates, gathered.settings, budget)
    cases = tuple(each.case for each in explored if each.case is not None)
    if cases:
        return cases, tuple(_not_found(explored))
    built, left_out = without_inputs(gathered.candidates, request.max_cases)
    notes = list(_not_found(explored))
    if left_out:
        notes.append(f"{left_out} more models could be built; --max-cases raises the limit.")
    return built, tuple(notes)


def _with_inputs(
    verifier: Verifier, cases: Sequence[AnyCase], request: Request, progress: Progress
) -> tuple[Sequence[AnyCase], tuple[str, ...]]:
    """The cases, those that the user named without inputs with the ones that are found by trying,
    as for a case that nobody named; and what to say of these."""
    given, notes = list(cases), []
    for index, case in enumerate(given):
        if not isinstance(case, DeclaredCase) or case.inputs:
            continue
        progress.stage("Looking for inputs", None)
        model = Candidate(case.module, f"(lambda: {case.expression})", rank=WHOLE)
        budget = Budget(1, request.explore_work, seconds=request.explore_seconds)
        for explored in verifier.explore([model], Settings(), budget):
            found = explored.case
            if found is not None and found.inputs:
                given[index] = replace(case, inputs=found.inputs)
                notes.append(
                    f"{case.name} is called with what was found by trying, "
                    f"{', '.join(found.inputs)}: --input says otherwise."
                )
    return given, tuple(notes)


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
    """One run after reading: the loops over its parts, and what they made together."""

    request: Request
    progress: Progress
    reading: Reading
    verifier: Verifier | None
    cases: Sequence[AnyCase]
    notes: tuple[str, ...] = ()
    missing: MissingPackages = field(default_factory=MissingPackages)
    networks: Networks = NO_NETWORKS
    models: int = 0
    """The classes under the paths that are an nn.Module."""
    loops: list[Loop] = field(default_factory=list)
    places: dict[str, frozenset[Place]] = field(default_factory=dict)
    """Case to all that is compiled for it."""
    imported: set[Path] = field(default_factory=set)
    """Files that some case imports."""
    taken_back: list[TakenBack] = field(default_factory=list)
    tried: dict[str, Tried] = field(default_factory=dict)
    """Case to what was done for it, before anything was left out of that again."""

    def finish(self) -> Result:
        self._repair(self._observe())
        verdicts = self._until_good(self._verify())
        self.tried = {name: loop.tried(name) for loop in self.loops for name in loop.cases}
        return self._result(self._kept(verdicts))

    def _until_good(self, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        """Take back what changes cases and learn from the others, until there is nothing left."""
        for _ in range(MOST_VERIFYING):
            changed = [verdict for verdict in verdicts if self._is_unwanted(verdict)]
            goes_on = self._refuse(changed) if changed else self._learn(verdicts)
            if not goes_on and not self._settle():
                return verdicts
            verdicts = self._verify()
        if self._settle():
            verdicts = self._verify()
        return self._left_alone(verdicts)

    # ------------------------------------------------------------------------------- the loops

    def _observe(self) -> Sequence[Observation]:
        if self.verifier is None:
            return ()
        self.progress.stage("Running the originals", None)
        observations = self.verifier.observe(self.cases)
        self.imported.update(path for case in observations.cases for path in case.imported)
        self.reading.project.observed = observations.observed
        return observations.cases

    def _repair(self, cases: Sequence[Observation]) -> None:
        """Run a loop over each part of the project."""
        whole = self.reading.project
        self.models = sum(cls.is_module for cls in whole.classes.values())
        parts = components(whole, [case.imported for case in cases])
        self.progress.stage("Rewriting", len(whole.files))
        work = [(part, [case for case in cases if _concerns(case, part)]) for part in parts]
        whole.forget()
        self.loops = self._side_by_side(lambda each: self._loop(*each), work)

    def _side_by_side(self, do: Callable[[Work], Made], items: Sequence[Work]) -> list[Made]:
        """What is done for parts of the project, several at once: while the rules are at work on
        one of them, the compiler is on another."""
        if self.verifier is None or len(items) < 2:
            return [do(item) for item in items]
        with ThreadPoolExecutor(LOOPS_A_LANE * self.verifier.jobs) as pool:
            return list(pool.map(do, items))

    def _loop(self, part: Project, cases: Sequence[Observation]) -> Loop:
        reached: dict[bool, set[Place]] = {True: set(), False: set()}
        reaches = []
        for case in cases:
            places = places_compiled(part, case.reached)
            reached[case.scriptable] |= places
            self.places[case.name] = self.places.get(case.name, frozenset()) | places
            if case.comparable and not case.scriptable:
                reaches.append(Reach(case, frozenset(places)))
        needless = reached[True] - reached[False]
        loop = Loop(
            part,
            self.request,
            self.verifier,
            reaches=reaches,
            needless=needless,
            encode=self._encoded,
        )
        loop.run()
        for path in part.files:
            self.progress.step(path.name)
        return loop

    def _encoded(self, path: Path, text: str) -> bytes:
        return self.reading.sources[path].encode(text)

    def _rewritings(self) -> Iterator[Rewriting]:
        for loop in self.loops:
            yield loop.rewriting

    def _bytes(self, instead: Mapping[Loop, Rewriting] | None = None) -> dict[Path, bytes]:
        """The changed files of all parts, with another rewriting `instead` for some."""
        found: dict[Path, bytes] = {}
        for loop in self.loops:
            found |= loop.bytes_of((instead or {}).get(loop, loop.rewriting))
        return found

    # ------------------------------------------------------------------------------- verifying

    def _verify(self) -> tuple[Verdict, ...]:
        if self.verifier is None:
            return ()
        self.progress.stage("Verifying", None)
        return self.verifier.verify(self.cases, self._bytes(), reach=self._reach())

    def _reach(self, instead: Mapping[Loop, Rewriting] | None = None) -> dict[str, Hashable]:
        """What of the rewrites each case's model is made of."""
        made = [(instead or {}).get(loop, loop.rewriting) for loop in self.loops]
        return {
            name: signature_of(r for rewriting in made for r in rewriting.reaching(places))
            for name, places in self.places.items()
        }

    def _is_unwanted(self, verdict: Verdict) -> bool:
        asked_for = self.request.hoist == "always"
        if verdict.outcome is Outcome.CHECKPOINT_CHANGED and asked_for:
            return False
        return verdict.outcome in CHANGED

    def _learn(self, verdicts: Sequence[Verdict]) -> bool:
        """Let the loops go on with what the verification showed; whether that changed anything."""

        def goes_on(loop: Loop) -> bool:
            before = loop.rewriting.texts
            found = [d for v in verdicts for d in v.diagnoses if d.path in loop.project.files]
            if not loop.learn(found):
                return False
            loop.run()
            return loop.rewriting.texts != before

        return any(self._side_by_side(goes_on, self.loops))

    def _settle(self) -> bool:
        """Rewrite all in the end; whether anything comes out otherwise than file by file."""
        return any(self._side_by_side(Loop.settle, self.loops))

    def _refuse(self, changed: Sequence[Verdict]) -> bool:
        """Take back what changed cases; False where there is nothing left to take back."""
        concerned: dict[Loop, None] = {}
        blamed = self._to_blame(changed)
        for verdict in changed:
            guilty = blamed[verdict.case]
            reason = ": ".join(filter(None, (verdict.case, verdict.message)))
            for loop in self.loops:
                rewrites = [r for r in loop.rewriting.rewrites if key_of(r) in guilty]
                if rewrites and not guilty <= loop.refused:
                    self.taken_back += (TakenBack(rewrite, reason) for rewrite in rewrites)
                    loop.refuse(guilty)
                    concerned[loop] = None
        self._side_by_side(Loop.run, list(concerned))
        return bool(concerned)

    def _left_alone(self, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        """Leave the files as they are that what still changes a case may be in: where there were
        so many of these, nobody asks any longer which rewrite it is."""
        while changed := [verdict for verdict in verdicts if self._is_unwanted(verdict)]:
            left = [loop for loop in self.loops if loop.rewriting.rewrites]
            if not left:
                break
            reached = [
                loop for loop in left if any(self._reaching(loop, verdict) for verdict in changed)
            ]
            reason = ": ".join(filter(None, (changed[0].case, changed[0].message)))
            for loop in reached or left:
                self.taken_back += (TakenBack(made, reason) for made in loop.rewriting.rewrites)
                loop.leave_alone()
            verdicts = self._verify()
        return verdicts

    def _to_blame(self, changed: Sequence[Verdict]) -> dict[str, set[Key]]:
        """Case to the rewrites without which it is as it was: of one rule if that will do, and no
        more of them than it takes; all that reach it if no rule's alone are to blame.

        Asked for all cases at once: each question is a rewriting and a verification.
        """
        suspects = {verdict.case: self._suspects(verdict) for verdict in changed}
        found = dict(suspects)
        rules = dict.fromkeys(key.rule for keys in suspects.values() for key in sorted(keys))
        for rule in rules:
            of_rule = {
                case: {key for key in keys if key.rule == rule}
                for case, keys in suspects.items()
                if found[case] is keys
            }
            asked = {c: keys for c, keys in of_rule.items() if keys and keys != suspects[c]}
            for case in self._right_without(asked):
                found[case] = of_rule[case]
        alone = {
            case: sorted(keys)
            for case, keys in found.items()
            if len(keys) > 1 and len({key.rule for key in keys}) == 1
        }
        while alone:
            turn: dict[str, set[Key]] = {}
            taken: set[Path] = set()
            for case, keys in alone.items():
                # What is left out for one case must not make another right.
                if taken.isdisjoint(paths := self._joined(keys)):
                    turn[case] = {keys[0]}
                    taken |= paths
            for case in self._right_without(turn):
                found[case] = turn[case]
                alone[case] = []
            alone = {c: keys[1:] if c in turn else keys for c, keys in alone.items()}
            alone = {case: keys for case, keys in alone.items() if keys}
        return found

    def _suspects(self, verdict: Verdict) -> set[Key]:
        """The rewrites that reach a case; all there are where none is known to."""
        loops = [loop for loop in self.loops if self._reaching(loop, verdict)] or self.loops
        return {
            key_of(rewrite)
            for loop in loops
            for rewrite in self._reaching(loop, verdict) or loop.rewriting.rewrites
        }

    def _joined(self, keys: Sequence[Key]) -> set[Path]:
        """The files of the parts of the project that these rewrites are in."""
        paths = {key.path for key in keys}
        parts = [set(loop.project.files) for loop in self.loops]
        return set().union(*(part for part in parts if not paths.isdisjoint(part)))

    def _right_without(self, refused: Mapping[str, set[Key]]) -> list[str]:
        """The cases that nothing is wrong with where all of these rewrites are left out."""
        assert self.verifier is not None
        if not refused:
            return []
        keys = set().union(*refused.values())
        paths = {key.path for key in keys}
        loops = [loop for loop in self.loops if not paths.isdisjoint(loop.project.files)]
        made = self._side_by_side(lambda loop: loop.without(keys), loops)
        instead = dict(zip(loops, made, strict=True))
        files, reach = self._bytes(instead), self._reach(instead)
        again = self.verifier.verify(self.cases, files, set(refused), reach)
        return [each.case for each in again if not self._is_unwanted(each)]

    def _reaching(self, loop: Loop, verdict: Verdict) -> list[Rewrite]:
        return loop.rewriting.reaching(self.places.get(verdict.case, frozenset()))

    # ---------------------------------------------------------------------------------- keeping

    def _kept(self, verdicts: tuple[Verdict, ...]) -> tuple[Verdict, ...]:
        """Leave out what is not to stay, and verify the rest, until all of it is to.

        A part of the project stays whole where a case is no longer fixed without what was left out:
        then not only failing cases need it.
        """
        left_out: dict[Loop, list[Rewrite]] = {}
        whole: set[Loop] = set()
        for _ in range(MOST_KEEPING):
            is_kept = self._keeping(verdicts)
            more = {loop: loop.keep(is_kept) for loop in self.loops if loop not in whole}
            if not any(more.values()):
                break
            for loop, rewrites in more.items():
                left_out.setdefault(loop, []).extend(rewrites)
            before, verdicts = verdicts, self._verify()
            if any(map(self._is_unwanted, verdicts)):
                verdicts = self._until_good(verdicts)
            lost = [] if self.request.only_fixed else _no_longer_good(before, verdicts)
            for loop in [loop for loop in left_out if self._concerns(loop, lost)]:
                loop.keep(lambda _: True)
                loop.rewriting = loop.rewrite()
                whole.add(loop)
                left_out[loop] = []
            if lost:
                verdicts = self._until_good(self._verify())
        count = sum(map(len, left_out.values()))
        if count and not self.request.only_fixed:
            self.notes = (*self.notes, _left_out_of_failing(count))
        return verdicts

    def _keeping(self, verdicts: Sequence[Verdict]) -> Callable[[Rewrite], bool]:
        """What is to stay: all that a fixed case reaches; of the rest nothing with --only-fixed,
        and else what no case reaches and what is the same for every input."""
        reached = self._places_of(verdicts)
        fixed = self._places_of([each for each in verdicts if each.outcome in GOOD])
        if self.request.only_fixed:
            return lambda rewrite: (rewrite.path, rewrite.function) in fixed
        if self.request.keep_partial:
            return lambda _: True
        asked_for = {Safety.CHANGES_CHECKPOINTS} if self.request.hoist == "always" else set()
        staying = {Safety.SAFE, *asked_for}
        partial = reached - fixed
        return lambda rewrite: (
            (rewrite.path, rewrite.function) not in partial or rewrite.safety in staying
        )

    def _places_of(self, verdicts: Iterable[Verdict]) -> set[Place]:
        places = (self.places.get(verdict.case, frozenset()) for verdict in verdicts)
        return set().union(*places)

    def _concerns(self, loop: Loop, cases: Collection[Verdict]) -> bool:
        files = {path for path, _ in self._places_of(cases)}
        return bool(cases) and not files.isdisjoint(loop.project.files)

    # --------------------------------------------------------------------------------- results

    def _steps(self) -> Iterator[Step]:
        """What the files are with the first of the rules that did something, the first two, …"""
        used = {rewrite.rule for made in self._rewritings() for rewrite in made.rewrites}
        rules = [rule for rule in self.request.rules if rule.name in used]
        for count, rule in enumerate(rules, 1):
            instead = {}
            if count < len(rules):
                instead = {loop: loop.rewrite(rules=rules[:count]) for loop in self.loops}
            yield Step(rule.name, self._bytes(instead))

    def _result(self, verdicts: tuple[Verdict, ...]) -> Result:
        sources = self.reading.sources
        changes = [
            FileChange(path, sources[path].data, data, sources[path].encoding)
            for path, data in sorted(self._bytes().items())
        ]
        failures = [
            Problem(
                f.path,
                None,
                f"{f.rule}: {f.reason}",
                "The file is left as it was; please report this.",
            )
            for made in self._rewritings()
            for f in made.failures
        ]
        return Result(
            files=self.reading.files,
            changes=tuple(changes),
            rewrites=tuple(self._made(verdicts)),
            held_back=tuple(held for made in self._rewritings() for held in made.held_back),
            taken_back=tuple(self.taken_back),
            verdicts=tuple(replace(v, whole=self._is_whole(v)) for v in verdicts),
            problems=(*self._problems(verdicts), *failures),
            cases=tuple(self.cases),
            notes=(*self.notes, *(self.verifier.notes if self.verifier is not None else ())),
            tried=self.tried,
            models=self.models,
            steps=tuple(self._steps()) if self.request.by_rule else (),
            import_roots=self.reading.roots.roots if self.reading.files else (),
            stand_ins=self.verifier.stood_in if self.verifier is not None else (),
            missing=self.missing,
            time_limits=tuple(self._time_limits(verdicts)),
            related=self._related(verdicts),
            not_imported=self.verifier.not_imported if self.verifier is not None else (),
        )

    def _is_whole(self, verdict: Verdict) -> bool:
        """Whether a case builds a whole network."""
        model = verdict.model
        if model is None or not model.parameters:
            return False
        named = re.match(r"(?:[\w.-]+=)?([\w.]+):([\w.]+)\(", verdict.case)
        builder = f"{named[1]}.{named[2]}" if named is not None else ""
        return self.networks.has(model.place, builder)

    def _problems(self, verdicts: Sequence[Verdict]) -> Iterator[Problem]:
        """What could not be read, and whether anybody needs it: the user, by naming it, or a case,
        by importing it or by failing at it."""
        named = {os.path.realpath(path) for path in self.request.paths}
        for problem in self.reading.problems:
            path = os.path.realpath(problem.path)
            needed = (
                not verdicts
                or path in named
                or problem.path in self.imported
                or any(f'"{path}"' in each.message + each.original_message for each in verdicts)
            )
            yield replace(problem, needed=needed)

    def _related(self, verdicts: Sequence[Verdict]) -> frozenset[Path] | None:
        named = [verdict for verdict in verdicts if verdict.named]
        return frozenset(path for path, _ in self._places_of(named)) if named else None

    def _time_limits(self, verdicts: Sequence[Verdict]) -> Iterator[str]:
        """What the clock ended; a case that timed out is among it in any case."""
        told = self.verifier.time_limits if self.verifier is not None else ()
        yield from told
        for verdict in verdicts:
            timed_out = Outcome.TIMED_OUT in (verdict.outcome, verdict.original)
            if timed_out and not any(verdict.case in each for each in told):
                yield verdict.case

    def _made(self, verdicts: Sequence[Verdict]) -> Iterator[MadeRewrite]:
        reached: dict[Place, list[Verdict]] = {}
        for verdict in verdicts:
            for place in self.places.get(verdict.case, ()):
                reached.setdefault(place, []).append(verdict)
        for loop in self.loops:
            for rewrite in _in_order(loop.rewriting.rewrites):
                by = reached.get((rewrite.path, rewrite.function), [])
                if any(verdict.outcome in GOOD for verdict in by):
                    standing = Standing.VERIFIED
                else:
                    standing = Standing.PARTIAL if by else Standing.UNVERIFIED
                yield MadeRewrite(rewrite, standing, tuple(verdict.case for verdict in by))


def _no_longer_good(before: Iterable[Verdict], after: Iterable[Verdict]) -> list[Verdict]:
    """The cases that were fixed and are not any more."""
    good = Counter(verdict.case for verdict in before if verdict.outcome in GOOD)
    good.subtract(verdict.case for verdict in after if verdict.outcome in GOOD)
    return [verdict for verdict in after if good[verdict.case] > 0]


def _left_out_of_failing(count: int) -> str:
    what = "1 rewrite is" if count == 1 else f"{count} rewrites are"
    return (
        f"{what} left out that only failing cases reach: not the same for every input, and nothing "
        "is fixed by it yet (--keep-partial keeps such)."
    )


def _in_order(rewrites: Iterable[Rewrite]) -> list[Rewrite]:
    """In the order of the files, and of the lines in them."""
    return sorted(rewrites, key=lambda rewrite: (str(rewrite.path), rewrite.line))


def _concerns(case: Observation, part: Project) -> bool:
    reached = {path for path, _ in case.reached}
    return not part.files.keys().isdisjoint(case.imported | reached)


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
    for cls in classes:
        compiled = project.compiled_for.get(cls, ())
        places |= {(function.file.path, function.qualname) for function in compiled}
    return places
