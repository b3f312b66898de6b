"""The judge: evidence of the original against that of the rewrite; the clean process decides.

What the two sides say is compared word for word or byte for byte here; wherever numbers must be
weighed, or a saved model run, the clean process is asked.
"""

import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from torchscript_fix.facts.attribute import cached_property
from torchscript_fix.memory import is_too_little, says_too_little
from torchscript_fix.verify.channel import MOST_WRITTEN
from torchscript_fix.verify.evidence import Evidence, same_values
from torchscript_fix.verify.finding import Finding
from torchscript_fix.verify.lane import ImportFailed, Lane, Unit
from torchscript_fix.verify.messages import Messages, used_a_stand_in
from torchscript_fix.verify.session import Session, Side
from torchscript_fix.verify.verdict import Difference, Outcome

ALL_STAGES = ("eval", "leave-out", "script", "script-later", "train")
AT_FIRST = ("eval", "leave-out", "script", "script-later", "train-if-failing")
"""What is run of an original: a model that compiles is seldom compared with anything."""
MARGIN = 2.0
"""A few runs seldom show the whole range: times this is what they are taken to show."""

DOING = {
    "build": "building the model",
    "eval": "running it",
    "train": "running it in train()",
    "leave-out": "running it with an optional argument left out",
    "script": "compiling it",
    "script-later": "compiling it after a run",
}


@dataclass(frozen=True)
class Scripted:
    """What came of compiling a model, saving it, and running what was saved."""

    finding: Finding | None
    largest: float = 0.0
    """The largest distance from eager that was seen, where it was let pass."""


def broken_stage(
    evidence: Evidence, stage: str, messages: Messages, seconds: float
) -> Finding | None:
    """Why a stage has no result; None where it has one."""
    if evidence.ok(stage):
        return None
    said = evidence.stage(stage)
    if "error" in said:
        cannot_build = stage == "build" and not is_too_little(said["error"])
        outcome = Outcome.CANNOT_BUILD if cannot_build else Outcome.CANNOT_RUN
        return Finding(outcome, messages.of_error(said["error"]))
    how, code = evidence.ending(stage)
    if how == "timeout":
        return Finding(Outcome.TIMED_OUT, f"{DOING[stage]} took more than {seconds:g} s")
    return Finding(Outcome.CRASHED, f"{_ended(how, code)} while {DOING[stage]}")


_LIMITS: Mapping[int, str] = {
    signal.SIGXCPU: " (it used more time of the processor than it may)",
    signal.SIGXFSZ: " (it wrote a larger file than it may)",
    signal.SIGKILL: " (as the system does where the machine's memory runs out)",
}


def _ended(how: str, code: int) -> str:
    if how == "signal":
        try:
            return f"the process was killed by {signal.Signals(code).name}{_LIMITS.get(code, '')}"
        except ValueError:
            return f"the process was killed by signal {code}"
    if how == "flood":
        return f"it wrote more than {MOST_WRITTEN >> 30} GB to the disk"
    if how == "lost":
        return "the process took the worker down"
    return f"the process ended itself (exit {code})"


def check_scripted(
    lane: Lane,
    scripted: Evidence,
    reference: Evidence,
    messages: Messages,
    *,
    seconds: float,
    exact_first: bool,
    spread: float = 0.0,
) -> Scripted:
    """Whether `scripted` has a saved model that gives the outputs of `reference` in the clean
    process, in the first run bit for bit where `exact_first`."""
    own = scripted.stage("script")
    if "error" in own:
        # Nothing can be said of a model that the compiler meets a missing package in, nor where it
        # had too little memory.
        is_lacking = used_a_stand_in(own["error"]) or is_too_little(own["error"])
        outcome = Outcome.CANNOT_RUN if is_lacking else Outcome.STILL_FAILING
        return Scripted(Finding(outcome, messages.of_error(own["error"])))
    broken = broken_stage(scripted, "script", messages, seconds)
    if broken is not None:
        return Scripted(broken)
    if not scripted.file("model.pt").is_file():
        return Scripted(Finding(Outcome.STILL_FAILING, "no saved model came out of it"))
    answer = lane.ask(
        {
            "do": "check",
            "model": str(scripted.file("model.pt")),
            "state": reference.state("build"),
            "calls": _calls(reference),
            "exact_first": exact_first,
            "spread": spread,
        }
    )
    largest = answer.get("largest")
    largest = float(largest) if isinstance(largest, (int, float)) else 0.0
    if answer.get("ok") is True:
        return Scripted(None, largest)
    return Scripted(_unsound(answer, messages, seconds), largest)


def _calls(reference: Evidence) -> list[dict[str, Any]]:
    calls = []
    if reference.ok("eval"):
        calls.append(
            {
                "name": "",
                "first": True,
                "inputs": reference.kept("eval", "inputs"),
                "outputs": [
                    reference.kept("eval", "output"),
                    *(
                        reference.kept("eval", "repeats", number)
                        for number in range(reference.repeats())
                    ),
                ],
            }
        )
    for call in _other_calls(reference):
        calls.append(
            {
                "name": call.words,
                "first": False,
                "inputs": reference.kept(call.stage, *call.keys, "inputs"),
                "outputs": [reference.kept(call.stage, *call.keys, "output")],
            }
        )
    return calls


class _OtherCall(NamedTuple):
    """A call of another kind that a model ran with: in words, and where it is told of."""

    words: str
    stage: str
    keys: tuple[str, ...]


def _other_calls(evidence: Evidence) -> list[_OtherCall]:
    calls = [
        _OtherCall(f"without {name}", "leave-out", ("calls", name)) for name in evidence.left_out()
    ]
    return [
        *calls,
        *([_OtherCall("with other numbers", "other", ())] if evidence.ok("other") else []),
    ]


def _unsound(answer: Mapping[str, Any], messages: Messages, seconds: float) -> Finding:
    """What the clean process found wrong with a saved model."""
    at, said = answer.get("at"), messages.plain(str(answer.get("message", "")))
    called = f" {answer['call']}" if answer.get("call") else ""
    if at == "compare":
        difference = _difference(answer)
        message = f"the saved model's result{called} is not that of the original: {difference}"
        return Finding(Outcome.STILL_FAILING, message, difference)
    if at == "timeout":
        return Finding(Outcome.TIMED_OUT, f"the saved model ran for more than {seconds:g} s")
    if at in ("signal", "exit", "done"):
        return Finding(Outcome.CRASHED, "the saved model crashed the process that loaded it")
    if says_too_little(said):
        words = f"{messages.too_little_memory()}\n{said}"
        return Finding(Outcome.CANNOT_RUN, f"the saved model cannot be run here: {words}")
    doing = {"load": "be loaded", "run": f"be run{called}", "inputs": "be run"}
    words = f"cannot {doing[at]}" if at in doing else "is not what was built"
    return Finding(Outcome.STILL_FAILING, f"the saved model {words}: {said}")


def _difference(answer: Mapping[str, Any]) -> Difference:
    largest = answer.get("largest")
    number = float(largest) if isinstance(largest, (int, float)) and largest else None
    return Difference(str(answer.get("where")), str(answer.get("what")), number)


class RewriteBusy(Exception):
    """The rewrite must be run again, and its worker is still on other cases."""


@dataclass
class Comparing:
    """One case's rewrite being compared. `original` is replaced by a second run of it where the
    original does not build the same model twice."""

    session: Session
    lane: Lane
    unit: Unit
    index: int
    original: Evidence
    rewrite: Evidence
    messages: Messages
    """For what the rewrite's worker says."""
    was_scriptable: bool
    may_run: bool
    """Whether the rewrite can be run again now; if not, RewriteBusy is raised where it must be."""

    def finding(self) -> Scripted:
        """The first thing that is wrong with the rewrite, the worst kinds first."""
        changed = (
            self._build()
            or self._checkpoint()
            or self._draws()
            or self._eval()
            or self._other_calls()
            or self._train()
        )
        if changed is not None:
            return Scripted(changed)
        scripted = self._scripted(0.0)
        finding = scripted.finding
        if finding is not None and finding.difference is not None and self._spread:
            scripted = self._scripted(self._spread)
        if scripted.finding is not None and self.was_scriptable:
            return Scripted(
                Finding(
                    Outcome.BEHAVIOUR_CHANGED,
                    f"the original compiles, the rewrite does not: {scripted.finding.message}",
                    scripted.finding.difference,
                )
            )
        if scripted.finding is not None and self.original.ok("script-later"):
            return Scripted(self._later() or scripted.finding)
        return scripted

    def _later(self) -> Finding | None:
        """What is lost for a model that compiles once it has run, and not as it is built."""
        if self.rewrite.ok("script"):
            return None  # It compiles as it is built, so it was not tried later.
        seconds = self.session.limits.seconds
        broken = broken_stage(self.rewrite, "script-later", self.messages, seconds)
        if broken is None:
            return None
        words = "the original compiles once it has run, the rewrite does not"
        return _changed(f"{words}: {broken.message}")

    def built(self) -> Finding | None:
        """What is wrong with a rewrite that was only built: none of its changes reach the case."""
        return self._build() or self._checkpoint()

    def _scripted(self, spread: float) -> Scripted:
        seconds = self.session.limits.seconds
        exact = not self.was_scriptable
        return check_scripted(
            self.lane,
            self.rewrite,
            self.original,
            self.messages,
            seconds=seconds,
            exact_first=exact,
            spread=spread,
        )

    # ------------------------------------------------------------------------------ building

    def _build(self) -> Finding | None:
        return self._broken("build")

    def _broken(self, stage: str) -> Finding | None:
        """A stage that the original comes through and the rewrite does not, be it by a crash."""
        broken = broken_stage(self.rewrite, stage, self.messages, self.session.limits.seconds)
        if broken is None:
            return None
        what = {"build": "builds", "train": "runs in train()"}.get(stage, "runs")
        return _changed(f"the original {what}, the rewrite does not: {broken.message}")

    def _checkpoint(self) -> Finding | None:
        ours, theirs = self.original.state("build"), self.rewrite.state("build")
        for number, entry in enumerate(ours):
            if number >= len(theirs) or theirs[number][0] != entry[0]:
                return self._keys_changed([e[0] for e in ours], [e[0] for e in theirs])
            for what, one, other in zip(
                ("dtype", "shape"), entry[1:3], theirs[number][1:3], strict=True
            ):
                if one != other:
                    return _checkpoint_changed(str(entry[0]), f"{what} {one} became {other}")
        if len(theirs) > len(ours):
            return self._keys_changed([e[0] for e in ours], [e[0] for e in theirs])
        loads = [evidence.stage("build").get("loads") for evidence in (self.original, self.rewrite)]
        if _is_ok(loads[0]) and not _is_ok(loads[1]):
            said = loads[1].get("error") if isinstance(loads[1], dict) else "no answer"
            return _checkpoint_changed("", f"the original's state_dict does not load: {said}")
        return None

    def _keys_changed(self, ours: list[Any], theirs: list[Any]) -> Finding:
        lost = [key for key in ours if key not in theirs]
        new = [key for key in theirs if key not in ours]
        if lost:
            return _checkpoint_changed(str(lost[0]), f"{len(lost)} keys are gone")
        if new:
            return _checkpoint_changed(str(new[0]), f"{len(new)} keys are new")
        first = next(a for a, b in zip(ours, theirs, strict=False) if a != b)
        return _checkpoint_changed(str(first), "the keys come in another order")

    def _draws(self) -> Finding | None:
        """Whether the same random numbers were drawn while building."""
        wrong = _other_digests(self.original.state("build"), self.rewrite.state("build"))
        if wrong:
            ours = self.original.state("build")
            steady = wrong - _other_digests(ours, self._again.state("build"))
            if steady:
                key = next(entry[0] for entry in ours if entry[0] in steady)
                what = "it is initialised with other numbers"
                return _changed("", Difference(f"state_dict key {key}", what))
            return self._with_same_state()
        if self._random("build"):
            return _changed("other random numbers are drawn while building")
        return None

    def _with_same_state(self) -> Finding | None:
        """The original is never built the same twice: give one's state to the other and go on."""
        if not self.may_run:
            raise RewriteBusy
        given = self.session.new_folder(self.session.given)
        given.mkdir()
        for name in ("state.json", "state.bin"):
            if self._again.file(name).is_file():
                shutil.copy(self._again.file(name), given / name)
        self.original = self._again
        second = self._run("original", str(given))
        rewrite = self._run("rewrite", str(given))
        shutil.rmtree(given, ignore_errors=True)
        if second is None or rewrite is None:
            return Finding(Outcome.CRASHED, "the case cannot be repeated")
        self.__dict__["_again"] = second
        self.rewrite = rewrite
        return self._build() or self._checkpoint()

    # ------------------------------------------------------------------------------- running

    def _eval(self) -> Finding | None:
        if not self.original.ok("eval"):
            return None
        keys = ("output", "repeats", "inputs_after", "inputs")
        return (
            self._broken("eval")
            or (
                None
                if same_values(self.original, self.rewrite, "eval", keys)
                else self._values("eval", self._eval_paths())
            )
            or self._aftermath("eval")
        )

    def _eval_paths(self) -> list[tuple[str | int, ...]]:
        runs = [("repeats", number) for number in range(self.original.repeats())]
        return [("output",), *runs, ("inputs_after",)]

    def _other_calls(self) -> Finding | None:
        """Whether calls of another kind that the original runs give the same."""
        calls, there = _other_calls(self.original), _other_calls(self.rewrite)
        for call in calls:
            if call not in there:
                said: Any = self.rewrite.stage(call.stage)
                for key in call.keys:
                    said = said.get(key) if isinstance(said, dict) else None
                error = said.get("error") if isinstance(said, dict) else None
                words = self.messages.of_error(error)
                return _changed(f"{call.words} the original runs, the rewrite does not: {words}")
        for stage in dict.fromkeys(call.stage for call in calls):
            if not same_values(self.original, self.rewrite, stage, ("calls", "output")):
                paths: list[tuple[str | int, ...]]
                paths = [(*call.keys, "output") for call in calls if call.stage == stage]
                changed = self._values(stage, paths)
                if changed is not None:
                    return changed
        return None

    def _train(self) -> Finding | None:
        if not self.original.ok("train"):
            return None
        broken = self._broken("train")
        if broken is not None:
            return broken
        if not same_values(self.original, self.rewrite, "train", ("output",)):
            changed = self._values("train", [("output",)])
            if changed is not None:
                return changed
        return self._gradients() or self._aftermath("train")

    def _values(self, stage: str, paths: list[tuple[str | int, ...]]) -> Finding | None:
        """Compare encoded values number by number, within what the original itself shows."""
        answer = self._compare(self.rewrite, stage, paths, 0.0)
        if answer.get("ok") is True:
            return None
        spread = self._spread_of(stage, paths)
        if spread:
            answer = self._compare(self.rewrite, stage, paths, spread)
            if answer.get("ok") is True or spread == float("inf"):
                return None
        if answer.get("at") != "compare":
            words = f"{_MODES[stage]} the outputs cannot be compared ({answer.get('at')})"
            return _changed(words.strip())
        return _changed(_MODES[stage], _difference(answer))

    def _compare(
        self, other: Evidence, stage: str, paths: list[tuple[str | int, ...]], spread: float
    ) -> dict[str, Any]:
        pairs = [
            {
                "expected": self.original.kept(stage, *path),
                "found": other.kept(stage, *path),
                "where": _where(path),
            }
            for path in paths
        ]
        return self.lane.ask({"do": "compare", "pairs": pairs, "spread": spread})

    def _spread_of(self, stage: str, paths: list[tuple[str | int, ...]]) -> float:
        """How far runs of the original may lie apart; infinity where they differ in kind."""
        if same_values(self.original, self._again, stage, ("output", "calls")):
            return 0.0
        # The largest of all runs: two that happen to lie close together show little.
        return MARGIN * max(self._distance(stage, path) for path in paths)

    def _distance(self, stage: str, path: tuple[str | int, ...]) -> float:
        """How far two runs of the original lie apart in one value."""
        answer = self._compare(self._again, stage, [path], 0.0)
        if answer.get("ok") is True:
            return 0.0
        largest = answer.get("largest")
        if isinstance(largest, (int, float)) and largest:
            return float(largest)
        return float("inf")

    @property
    def _spread(self) -> float:
        return self._spread_of("eval", [("output",)]) if self.original.ok("eval") else 0.0

    def _gradients(self) -> Finding | None:
        ours = [[name, digest] for name, digest, _ in self.original.gradients()]
        theirs = [[name, digest] for name, digest, _ in self.rewrite.gradients()]
        if ours == theirs:
            return None
        again = {name: digest for name, digest, _ in self._again.gradients()}
        steady = {name for name, digest in ours if again.get(name) == digest}
        found = {entry[0]: entry[1] for entry in theirs}
        for name, digest in ours:
            if name in steady and found.get(name) != digest:
                where = f"gradient of {name}"
                return _changed(_MODES["train"], self._gradient_distance(name, where))
        return None

    def _gradient_distance(self, name: str, where: str) -> Difference:
        rewrite = self._run("rewrite", None)
        if rewrite is not None:
            places = []
            for evidence in (self._again, rewrite):
                names = [entry[0] for entry in evidence.gradients()]
                if name in names and evidence.gradients()[names.index(name)][2] is not None:
                    places.append(evidence.kept("train", "gradients", names.index(name), 2))
            if len(places) == 2:
                pair = {"expected": places[0], "found": places[1], "where": where}
                answer = self.lane.ask({"do": "compare", "pairs": [pair], "spread": 0.0})
                if answer.get("at") == "compare" and answer.get("ok") is False:
                    return _difference(answer)
        return Difference(where, "it is another one")

    def _aftermath(self, stage: str) -> Finding | None:
        """What the run left in the module, and of the random numbers."""
        ours, theirs = self.original.state(stage), self.rewrite.state(stage)
        wrong = _other_digests(ours, theirs)
        if wrong:
            steady = wrong - _other_digests(ours, self._again.state(stage))
            for entry in ours:
                if entry[0] in steady:
                    what = "it is another one after the call"
                    return _changed(_MODES[stage], Difference(f"state_dict key {entry[0]}", what))
        if self._random(stage):
            return _changed(f"{_MODES[stage]} other random numbers are drawn".strip())
        return None

    def _random(self, stage: str) -> bool:
        """Whether the random numbers stand elsewhere, and not so in each run of the original."""
        ours = self.original.stage(stage).get("random")
        if ours == self.rewrite.stage(stage).get("random"):
            return False
        return bool(ours == self._again.stage(stage).get("random"))

    # ------------------------------------------------------------------------- the second run

    @cached_property
    def _again(self) -> Evidence:
        """A second run of the original, built anew: what differs here says nothing of a rewrite."""
        return self._run("original", None) or Evidence(self.session.folder / "none", "lost")

    def _run(self, side: Side, state: str | None) -> Evidence | None:
        if side == "rewrite" and not self.may_run:
            raise RewriteBusy
        order: dict[str, Any] = {"kept": True, "state": state, **self.original.as_run()}
        try:
            ran = list(self.lane.run(side, self.unit, ALL_STAGES, {self.index: order}))
        except ImportFailed:
            return None
        return ran[0].evidence if ran else None


_MODES = {
    "eval": "",
    "leave-out": "with an argument left out:",
    "other": "with other numbers:",
    "train": "in train():",
}


def _where(path: tuple[str | int, ...]) -> str:
    if path[0] == "calls":
        return f"output without {path[1]}"
    if path[0] == "repeats":
        return f"output of run {int(path[1]) + 2}"
    return "arguments after the call" if path[0] == "inputs_after" else str(path[0])


def _changed(message: str, difference: Difference | None = None) -> Finding:
    words = f"{message} {difference}".strip() if difference is not None else message
    return Finding(Outcome.BEHAVIOUR_CHANGED, words, difference)


def _checkpoint_changed(key: str, what: str) -> Finding:
    difference = Difference(f"state_dict key {key}" if key else "state_dict", what)
    return Finding(Outcome.CHECKPOINT_CHANGED, str(difference), difference)


def _other_digests(ours: list[list[Any]], theirs: list[list[Any]]) -> set[str]:
    """Keys whose numbers differ."""
    found = {entry[0]: entry[1:] for entry in theirs}
    return {str(key) for key, *entry in ours if found.get(key) != entry}


def _is_ok(loads: Any) -> bool:
    return isinstance(loads, dict) and loads.get("ok") is True
