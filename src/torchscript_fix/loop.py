"""The repair loop over files that hang together: rewrite, compile, learn from what the compiler
says, rewrite again, until the cases compile or nothing new is to be learnt; let the rules of last
resort answer what is left; then take back what was not needed.

Rewriting is a function of the text as the user has it and of what is known so far: each round
starts from the original with more diagnoses, so a rewrite can be refused at any time.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from torchscript_fix import garbage
from torchscript_fix.facts.diagnosed import Diagnosed, Diagnosis
from torchscript_fix.facts.static import Focus, Project
from torchscript_fix.request import Request
from torchscript_fix.result import Tried
from torchscript_fix.rewrite import Rewriting, rewrite_project
from torchscript_fix.rule import Rewrite, Rule, Safety
from torchscript_fix.verify.verifier import Attempt, Observation

Place = tuple[Path, str]
"""A file, and the qualified name of a function or class in it."""

GRADES = tuple(Safety)
"""From best to worst."""
MOST_LAST_RESORTS = 8
"""How often what is left goes to the rules of last resort."""
SMALL = 0.7
"""The part of the files that is worth to be rewritten apart from the others."""
MOST_TURNS = 6
"""How often it is tried to do without the rewrites that nobody asked for."""
MOST_SETTLINGS = 6
"""How often all is rewritten, to see whether something comes out otherwise than file by file."""


class Key(NamedTuple):
    """What tells a rewrite from others, whichever other rewrites are made beside it."""

    rule: str
    path: Path
    function: str
    summary: str


def key_of(rewrite: Rewrite) -> Key:
    """The Key of a rewrite."""
    return Key(rewrite.rule, rewrite.path, rewrite.function, rewrite.summary)


class _Near(NamedTuple):
    """Files that are rewritten once more, and those with what they import."""

    again: set[Path]
    near: set[Path]


class Attempting(Protocol):
    """What the loop needs of a Verifier."""

    def attempt(
        self, names: Collection[str], rewritten: Mapping[Path, bytes]
    ) -> Mapping[str, Attempt]:
        """Compile each named case with these bytes in the place of their files."""


@dataclass(frozen=True, eq=False)
class Reach:
    """A case that can be repaired, and the code that compiling it compiles."""

    case: Observation
    places: frozenset[Place]


class Loop:
    """The repair of one part of a project: files that no others hang together with."""

    incremental = True
    """Whether a round rewrites again what it may change, and not all. For tests: the text that
    comes out is the same."""

    def __init__(
        self,
        project: Project,
        request: Request,
        verifier: Attempting | None,
        *,
        reaches: Sequence[Reach],
        needless: Collection[Place],
        encode: Callable[[Path, str], bytes],
    ) -> None:
        """`needless` are places that only already scriptable cases reach."""
        self.project, self._request, self._verifier = project, request, verifier
        self._reaches = reaches
        self._needless = frozenset(needless)
        self._encode = encode
        self._known: dict[Diagnosis, None] = {}
        self._asked: dict[Diagnosis, None] = {}
        """Diagnoses that came up where rewrites were left out: these are needed."""
        self._unanswered: dict[Diagnosis, None] = {}
        self._is_settled = True
        """Whether `_working` is what comes of rewriting all."""
        self._is_whole = False
        """Whether `rewriting` is."""
        self._changed: set[Path] = set()
        """Files of which something was learnt, or refused, since `_working` was made."""
        self._stale: set[Path] = set()
        """The same, since `rewriting` was made."""
        self._said_about: dict[Path, dict[Diagnosis, None]] = {}
        """File to what is `_known` or `_asked` of it, and what the compiler came through it to."""
        self._rules = {rule.name: rule for rule in request.rules}
        self._in_vain: frozenset[Key] = frozenset()
        """Rewrites of last resort by which no case compiles."""
        self.refused: set[Key] = set()
        self._is_left_alone = False
        self._is_kept: Callable[[Rewrite], bool] = lambda _: True
        self._attempts: dict[str, Attempt] = {}
        self._rounds: dict[str, int] = {}
        self._signatures: dict[str, object] = {}
        self._functions = frozenset(
            (path, qualname) for path, file in project.files.items() for qualname in file.functions
        )
        self.learn(d for reach in reaches for d in reach.case.diagnoses)
        self.rewriting = self._working = Rewriting({}, (), (), ())
        """What is made of all files, and of the code that the cases reach alone."""
        self._has_run = False

    # ------------------------------------------------------------------------------ rewriting

    @garbage.collected_late()
    def rewrite(
        self,
        rules: Sequence[Rule] | None = None,
        refused: Collection[Key] = (),
        whole: bool = True,
    ) -> Rewriting:
        """The original rewritten with all that is known, without what is refused; not the `whole`
        of it, but what the cases reach."""
        project = self._informed(self.project.part(self.project.files))
        self.project.forget()
        project.focus = None if whole else self._focus()
        return rewrite_project(project, rules or self._request.rules, self._allowed(refused))

    def without(self, refused: Collection[Key]) -> Rewriting:
        """`rewriting`, and `refused` left out of it."""
        near = self._near(self._stale, refused)
        if near is None:
            return self.rewrite(refused=refused)
        return self._again(self.rewriting, near, refused, whole=True)

    def _without(self, refused: Collection[Key] = ()) -> Rewriting:
        """What is at work, `refused` left out, with what was learnt since it was made."""
        near = self._near(self._changed, refused)
        if near is None:
            return self.rewrite(refused=refused, whole=False)
        self._is_settled = False
        return self._again(self._working, near, refused, whole=False)

    def _near(self, changed: Collection[Path], refused: Collection[Key]) -> _Near | None:
        """The files to be rewritten again for what is new in the `changed` ones and those of
        `refused`; None where these are so many that all may be.

        They are those that this is about, and those that import them, with what they import at
        hand: a round costs as much as what it changes. What else might come out otherwise is met
        when all is rewritten in the end (`settle`).
        """
        again = self.project.with_importers({*changed, *(key.path for key in refused)})
        near = self.project.with_imported(again)
        if not self.incremental or len(near) > SMALL * len(self.project.files):
            return None
        return _Near(again, near)

    @garbage.collected_late()
    def _again(
        self, before: Rewriting, files: _Near, refused: Collection[Key], whole: bool
    ) -> Rewriting:
        """What was made `before`, with some files rewritten once more."""
        again, near = files
        looked_into = self._informed(self.project.looking_into(near))
        looked_into.focus = None if whole else self._focus()
        project = looked_into.renewed(
            {path: text for path, text in before.texts.items() if path in near - again}
        )
        looked_into.forget()
        allowed = self._allowed(refused)
        made = rewrite_project(project, self._request.rules, allowed, only=again)
        self.project.forget()
        return before.with_files(again, made)

    def _informed(self, project: Project) -> Project:
        """A project that is told of what is known."""
        originals = {path: file.text for path, file in self.project.files.items()}
        project.diagnosed = Diagnosed(tuple(self._known), originals, tuple(self._unanswered))
        return project

    def _allowed(self, refused: Collection[Key]) -> Callable[[Rewrite], bool]:
        asked_for = self._request.hoist == "always"
        worst = len(GRADES) if asked_for else GRADES.index(self._request.safety)

        def is_allowed(rewrite: Rewrite) -> bool:
            key = key_of(rewrite)
            return (
                not self._is_left_alone
                and (rewrite.path, rewrite.function) not in self._needless
                and GRADES.index(rewrite.safety) <= worst
                and key not in self.refused
                and key not in self._in_vain
                and key not in refused
                and self._is_kept(rewrite)
            )

        return is_allowed

    def _focus(self) -> Focus:
        places = {place for reach in self._reaches for place in reach.places}
        for diagnosis in self._known:
            if diagnosis.path is not None:
                owner = diagnosis.function.rpartition(".")[0]
                places |= {(diagnosis.path, diagnosis.function), (diagnosis.path, owner)}
        return Focus(frozenset(places), self._functions)

    def bytes_of(self, rewriting: Rewriting) -> dict[Path, bytes]:
        """The files that a rewriting changes, as they are written."""
        return {path: self._encode(path, text) for path, text in rewriting.texts.items()}

    def learn(self, diagnoses: Iterable[Diagnosis]) -> bool:
        """Take in what the compiler said; whether any of it is new."""
        before = len(self._known)
        self._take_in(diagnoses, self._known)
        return len(self._known) > before

    def _take_in(self, diagnoses: Iterable[Diagnosis], to: dict[Diagnosis, None]) -> None:
        for diagnosis in diagnoses:
            if diagnosis in to:
                continue
            to[diagnosis] = None
            for path in (diagnosis.path, *(caller.path for caller in diagnosis.chain)):
                if path is not None:
                    self._said_about.setdefault(path, {})[diagnosis] = None
                    self._look_again([path])

    def _look_again(self, paths: Iterable[Path]) -> None:
        """Have these files rewritten once more, with those that import them."""
        for path in paths:
            self._changed.add(path)
            self._stale.add(path)

    def refuse(self, keys: Collection[Key]) -> None:
        """Never make these again."""
        self.refused |= set(keys)
        self._look_again(key.path for key in keys)

    def keep(self, is_kept: Callable[[Rewrite], bool]) -> list[Rewrite]:
        """Make only what `is_kept` holds of, also where a rule now acts that another one's rewrite
        had kept from it; what is left out by that."""
        self._is_kept = is_kept
        left_out = [rewrite for rewrite in self.rewriting.rewrites if not is_kept(rewrite)]
        if left_out:
            self.rewriting = self.rewrite()
        return left_out

    def leave_alone(self) -> None:
        """Take everything back, and make nothing any more."""
        self._is_left_alone = True
        self.rewriting = self._working = self.rewrite()

    # --------------------------------------------------------------------------------- rounds

    def run(self) -> None:
        """Go round until there is nothing new, then take back what was not needed.

        To be called again after something was refused or learnt: only the files that this is about
        are rewritten then, and `settle` is to be called in the end.
        """
        if self._verifier is not None and self._reaches:
            self._look_again(key.path for key in self._in_vain)
            self._in_vain = frozenset()
            self._work_on(self._without() if self._has_run else self._all_that_is_reached())
            self._go_round()
            if not self._has_run:
                self._settle()
            self._go_to_the_last()
            self._do_without()
            self._do_without_doubles()
        self._is_whole = not self._has_run or self._near(self._stale, ()) is None
        self._make(self.rewrite() if self._is_whole else self.without(()))
        self._has_run = True

    def settle(self) -> bool:
        """Rewrite all with what is known, and go on where something comes out otherwise; whether
        anything does."""
        before = self.rewriting.texts
        self._settle()
        if self._stale or not self._is_whole:
            self._make(self.rewrite())
            self._is_whole = True
        return self.rewriting.texts != before

    def _make(self, rewriting: Rewriting) -> None:
        self.rewriting = rewriting
        self._stale.clear()

    def _work_on(self, rewriting: Rewriting) -> None:
        self._working = rewriting
        self._changed.clear()

    def _all_that_is_reached(self) -> Rewriting:
        self._is_settled = True
        return self.rewrite(whole=False)

    def _settle(self) -> None:
        """Rewrite all that the cases reach, until it comes out as it was."""
        for _ in range(MOST_SETTLINGS):
            if self._is_settled:
                return
            before = self._working.texts
            self._work_on(self._all_that_is_reached())
            if self._working.texts != before:
                self._go_round()

    def _go_round(self) -> None:
        for _ in range(self._request.rounds):
            todo = [reach for reach in self._reaches if self._is_new(reach)]
            if not todo or not self._attempted(todo):
                return
            before = self._working.texts
            self._work_on(self._without())
            if self._working.texts == before:
                return

    def _go_to_the_last(self) -> None:
        """Where cases do not compile and nothing new is to be learnt, let the rules of last resort
        answer what is left, and go on; then do without what they made in vain."""
        if not any(rule.last_resort for rule in self._request.rules):
            return
        fine = [reach for reach in self._reaches if self._compiles(reach)]
        for _ in range(MOST_LAST_RESORTS):
            before, texts = len(self._unanswered), self._working.texts
            self._take_in(self._left(), self._unanswered)
            if len(self._unanswered) == before:
                break
            self._work_on(self._without())
            if self._working.texts != texts:
                self._go_round()
        good = {
            key for reach in self._reaches if self._compiles(reach) for key in self._keys(reach)
        }
        last = {rule.name for rule in self._request.rules if rule.last_resort}
        made = {key_of(rewrite) for rewrite in self._working.rewrites if rewrite.rule in last}
        harmed = [reach for reach in fine if not self._compiles(reach)]
        good -= {key for reach in harmed for key in self._keys(reach)}
        self._in_vain = frozenset(made - good)
        self._look_again(key.path for key in self._in_vain)
        if self._in_vain:
            self._work_on(self._without(self._in_vain))
        if harmed:
            self._go_round()

    def _left(self) -> Iterator[Diagnosis]:
        """What was said last, in functions of the user's, of the cases that do not compile."""
        for reach in self._reaches:
            attempt = self._attempts.get(reach.case.name)
            if attempt is None or not attempt.compiles:
                said = attempt.diagnoses if attempt is not None else reach.case.diagnoses
                yield from (d for d in said if d.path is not None and d.function)

    def _is_new(self, reach: Reach) -> bool:
        """Whether a case is to be tried: its code is another than when it was tried last."""
        signature = signature_of(self._reaching(self._working, reach))
        name = reach.case.name
        if not signature and name not in self._signatures:
            return False
        if self._signatures.get(name) == signature:
            return False
        self._signatures[name] = signature
        return True

    def _attempted(self, todo: Sequence[Reach]) -> bool:
        """Try cases; whether anything new was learnt."""
        made = self._attempt(todo, self._working)
        self._attempts.update(made)
        for reach in todo:
            self._rounds[reach.case.name] = self._rounds.get(reach.case.name, 0) + 1
        return self.learn(d for attempt in made.values() for d in attempt.diagnoses)

    def _attempt(self, todo: Sequence[Reach], rewriting: Rewriting) -> Mapping[str, Attempt]:
        assert self._verifier is not None
        names = {reach.case.name for reach in todo}
        return self._verifier.attempt(names, self.bytes_of(rewriting))

    @staticmethod
    def _reaching(rewriting: Rewriting, reach: Reach) -> list[Rewrite]:
        return rewriting.reaching(reach.places)

    @property
    def cases(self) -> tuple[str, ...]:
        """The cases that were compiled anew."""
        return tuple(self._rounds)

    def tried(self, name: str) -> Tried:
        """What was done for one case."""
        rules: dict[str, None] = {}
        for reach in self._reaches:
            if reach.case.name == name:
                rules = {r.rule: None for r in self._reaching(self.rewriting, reach)}
        last = self._attempts.get(name)
        return Tried(
            rounds=self._rounds.get(name, 0),
            rules=tuple(rules),
            compiled=last is not None and last.compiles,
            message=last.message if last is not None else "",
            diagnoses=last.diagnoses if last is not None else (),
        )

    # ----------------------------------------------------------------------- what is not needed

    def _do_without(self) -> None:
        """Leave out what nobody asked for, where the cases that compile still do."""
        good = [r for r in self._reaches if self._compiles(r)]
        others = [r for r in self._reaches if not self._compiles(r)]
        kept = {key_of(r) for reach in others for r in self._reaching(self._working, reach)}
        suspects = {
            key_of(rewrite)
            for reach in good
            for rewrite in self._reaching(self._working, reach)
            if not self._is_asked_for(rewrite)
        } - kept
        for _ in range(MOST_TURNS):
            if not suspects:
                return
            without = self._without(suspects)
            todo = [reach for reach in good if suspects & self._keys(reach)]
            made = self._attempt(todo, without)
            needed: set[Key] = set()
            for reach in todo:
                attempt = made.get(reach.case.name)
                if attempt is None or not attempt.compiles:
                    self._take_in(attempt.diagnoses if attempt else (), self._asked)
                    needed |= self._needed(suspects & self._keys(reach))
            if not needed:
                self._refuse(suspects, without)
                return
            suspects -= needed

    def _do_without_doubles(self) -> None:
        """Where several rules answer the same complaints, leave out what one of them made, if the
        cases that compile still do. The rule that answers most messages is the least to the point,
        and is the first to go."""
        good = [r for r in self._reaches if self._compiles(r)]
        others = [r for r in self._reaches if not self._compiles(r)]
        kept = {key for reach in others for key in self._keys(reach)}
        for rule in sorted(self._request.rules, key=lambda rule: -len(rule.messages)):
            doubles = {key_of(r) for r in self._working.rewrites if self._is_double(r, rule)}
            doubles &= {key for reach in good for key in self._keys(reach)}
            doubles -= kept
            if doubles:
                without = self._without(doubles)
                todo = [reach for reach in good if doubles & self._keys(reach)]
                made = self._attempt(todo, without)
                if all(attempt.compiles for attempt in made.values()) and len(made) == len(todo):
                    self._refuse(doubles, without)

    def _is_double(self, rewrite: Rewrite, rule: Rule) -> bool:
        """Whether `rule` made a rewrite, and each complaint that asks for it is answered by one of
        another rule as well."""
        if rewrite.rule != rule.name:
            return False
        asking = [d for d in self._said_of(rewrite) if self._asks_for(d, rewrite)]
        return all(
            any(
                other.rule != rewrite.rule and self._asks_for(diagnosis, other)
                for path in {diagnosis.path, *(caller.path for caller in diagnosis.chain)}
                for other in self._working.in_file(path)
            )
            for diagnosis in asking
        )

    def _said_of(self, rewrite: Rewrite) -> Iterable[Diagnosis]:
        """All that was said of the rewrite's file."""
        return self._said_about.get(rewrite.path, ())

    def _refuse(self, keys: set[Key], without: Rewriting) -> None:
        """Do without these, `without` being what is left."""
        self.refuse(keys)
        self._work_on(without)

    def _compiles(self, reach: Reach) -> bool:
        attempt = self._attempts.get(reach.case.name)
        return attempt is not None and attempt.compiles

    def _keys(self, reach: Reach) -> set[Key]:
        return {key_of(rewrite) for rewrite in self._reaching(self._working, reach)}

    def _needed(self, suspects: set[Key]) -> set[Key]:
        """Of the rewrites without which a case does not compile, those that the compiler now asks
        for; all where it asks for none of them."""
        made = [r for r in self._working.rewrites if key_of(r) in suspects]
        asked = {key_of(rewrite) for rewrite in made if self._is_asked_for(rewrite)}
        return asked or suspects

    def _is_asked_for(self, rewrite: Rewrite) -> bool:
        """Whether the compiler complained, in this function or its class, of what the rewrite's
        rule is there for."""
        return any(self._asks_for(each, rewrite) for each in self._said_of(rewrite))

    def _asks_for(self, diagnosis: Diagnosis, rewrite: Rewrite) -> bool:
        rule = self._rules[rewrite.rule]
        if rule.last_resort:
            way = [(diagnosis.path, diagnosis.function)]
            way += [(caller.path, caller.function) for caller in diagnosis.chain]
            return diagnosis in self._unanswered and (rewrite.path, rewrite.function) in way
        return (
            diagnosis.path == rewrite.path
            and _is_within(diagnosis.function, rewrite.function)
            and rule.answers(diagnosis.message)
        )


def signature_of(rewrites: Iterable[Rewrite]) -> frozenset[tuple[object, ...]]:
    """What rewrites make, equal for equal, whichever others are made beside them."""
    return frozenset((key_of(rewrite), *_codes(rewrite)) for rewrite in rewrites)


def _codes(rewrite: Rewrite) -> tuple[str, ...]:
    """The new code of a rewrite, as far as it has any."""
    parts = ("code", "annotation", "test", "otherwise")
    return tuple(str(getattr(edit, part, "")) for edit in rewrite.edits for part in parts)


def _is_within(function: str, place: str) -> bool:
    """Whether both are of one class, or one is in the other: `Net.forward`, `Net`."""
    if function == place or function.startswith(f"{place}."):
        return True
    owner = place.rpartition(".")[0]
    return bool(owner) and function.startswith(f"{owner}.")


def components(project: Project, linked: Iterable[Collection[Path]]) -> list[Project]:
    """The parts of a project that do not import one another, the files of each `linked` collection
    kept in one part."""
    left = dict.fromkeys(project.files)
    links = [set(paths) & left.keys() for paths in linked]
    parts: list[Project] = []
    while left:
        found = project.joined([next(iter(left))])
        while more := {
            path
            for link in links
            if not link.isdisjoint(found)
            for path in project.joined(link)
            if path not in found
        }:
            found |= more
        for path in found:
            left.pop(path, None)
        parts.append(project.part(found))
    return parts
