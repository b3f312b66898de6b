"""Commands of the user's, run in workers: once to see which models they call, later for each side.

They run in a sandbox, in a copy of the import root that is as new each time.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from torchscript_fix.cases.recorded import Call, RecordedCommand
from torchscript_fix.importing.modules import SearchPath
from torchscript_fix.verify.channel import ServerLost, ServerSilent
from torchscript_fix.verify.evidence import FILES, Evidence, printable, read_json
from torchscript_fix.verify.finding import Finding
from torchscript_fix.verify.messages import Messages
from torchscript_fix.verify.mirror import Mirror
from torchscript_fix.verify.session import Session, Side, Workshop, take
from torchscript_fix.verify.verdict import Outcome

GRACE = 10.0
MOST, MOST_OF_CLASS = 20, 5
"""Cases of a command that the user named, in all and of one class."""
MOST_LIKELY, MOST_LIKELY_OF_CLASS = 8, 2
LIKELY_WORK = 40.0
LIKELY_SECONDS = 120.0
"""The same of a command that nobody named, the work that it may do (in seconds of work, as
`worker/work.py` counts them), and the time after which it hangs."""
NAMED_WORK = 1e9
AT_ITS_END = "it came to its end"


@dataclass(frozen=True)
class RecordedCall:
    """One call of a command: what its case is called, and which call it is.

    `folder` holds the inputs as they were stored; `refused` is the type of what could not be.
    """

    name: str
    call: Call
    refused: str = ""
    folder: Path = Path()
    absent: str = ""
    """Why the command did not come to a call that was asked for; "" where it did."""

    @property
    def runs(self) -> bool:
        """Whether the command calls the model, and does not only script it."""
        return self.call.call > 0

    @property
    def refusal(self) -> Finding | None:
        """Why it cannot be run; None where it can."""
        if self.absent:
            words = f"the command did not come to this call of {self.call.cls}: {self.absent}"
            return Finding(Outcome.CANNOT_RUN, words)
        if not self.refused:
            return None
        words = f"it is called with a {self.refused}, which cannot be stored as plain data"
        return Finding(Outcome.CANNOT_RUN, words)


@dataclass(frozen=True)
class Recording:
    """What a command showed."""

    calls: tuple[RecordedCall, ...]
    left_out: int
    """Further configurations, that are not cases."""
    failure: str
    """Why the command did not come to its end, in words for people; "" where it did."""
    failed_call: str = ""
    """What the first call of a model said that raised; "" if none did."""
    asked_for_gpu: bool = False
    outcome: Outcome = Outcome.CANNOT_RUN
    """What becomes of a command that shows nothing."""

    @property
    def nothing(self) -> Finding | None:
        """Why there is no case; None where there is one."""
        if self.calls:
            return None
        why = self.failed_call or self.failure or AT_ITS_END
        return Finding(self.outcome, f"no call of a model under the path was recorded: {why}")

    def notes(self, command: RecordedCommand) -> list[str]:
        """What there is to say beside the cases, in single lines."""
        told = []
        nothing = self.nothing
        if nothing is not None and command.likely:
            told.append(f"{command.label} was tried, and {nothing.message.partition(chr(10))[0]}")
        if self.calls and self.asked_for_gpu:
            told.append(f"{command.label} asks for a GPU and is given the CPU.")
        if self.left_out:
            told.append(
                f"{command.label}: at least {self.left_out} more configurations are called."
            )
        if self.calls and self.failure:
            first = self.failure.partition("\n")[0]
            told.append(f"{command.label} did not succeed: {first}")
        return told


Wanted = Mapping[int, Mapping[str, Any]]


class CommandLane:
    """The servers that run commands, one for each side, started when first needed."""

    def __init__(self, session: Session, mirror_of: Callable[[Side], Mirror]) -> None:
        self._session, self._mirror_of = session, mirror_of
        self._workshops: dict[Side, Workshop] = {}

    def close(self) -> None:
        """End all servers."""
        for side in list(self._workshops):
            self._drop(side)

    def record(self, command: RecordedCommand, messages: Messages) -> Recording:
        """Run the original's command and store the inputs of what it calls; once more, in a new
        server, where its process was ended by something else than itself or its limit."""
        outside = self._outside(command)
        if outside:
            return Recording((), 0, outside)
        recording = self._recorded(command, messages)
        if recording.outcome is not Outcome.CRASHED:
            return recording
        self._drop("original")
        return self._recorded(command, messages)

    def _recorded(self, command: RecordedCommand, messages: Messages) -> Recording:
        workshop = self._workshop("original")
        self._session.refill(self._mirror_of("original"), workshop)
        folder = self._session.new_folder(workshop.scratch)
        seconds = self._session.limits.seconds
        most, of_class, work = MOST, MOST_OF_CLASS, NAMED_WORK
        if command.likely:
            seconds = LIKELY_SECONDS
            most, of_class, work = MOST_LIKELY, MOST_LIKELY_OF_CLASS, LIKELY_WORK
        request = {
            "do": "record",
            "passes_over_weights": bool(command.likely),
            "command": self._seen(command),
            "folder": str(folder),
            "most": most,
            "most_of_class": of_class,
            "most_work": work,
        }
        how = self._ask("original", workshop, {**request, "seconds": seconds}, seconds)
        to = self._session.new_folder(self._session.given)
        take(workshop.scratch, (folder.name,), ("recording.json",), to)
        said = read_json(to / "recording.json")
        self._session.note_stood_in(said, "original")
        calls = tuple(self._calls(said, command, workshop, folder, to))
        shutil.rmtree(folder, ignore_errors=True)
        failure = self._failure(said.get("ended"), how, seconds, messages)
        failed_call = self._failed_call(said.get("failed_call"), messages)
        calls += tuple(_not_made(command, calls, failed_call or failure or AT_ITS_END))
        left_out = said.get("left_out")
        if how == "timeout":
            self._session.time_limits.add(f"running {command.label} ({seconds:g} s)")
        outcome = {"timeout": Outcome.TIMED_OUT, "lost": Outcome.CRASHED, "signal": Outcome.CRASHED}
        return Recording(
            calls,
            left_out if isinstance(left_out, int) else 0,
            failure,
            failed_call,
            said.get("asked_for_gpu") is True,
            outcome.get(how, Outcome.CANNOT_RUN),
        )

    @staticmethod
    def _failed_call(failed: Any, messages: Messages) -> str:
        if not isinstance(failed, dict):
            return ""
        cls = printable(failed.get("cls"))
        return f"the call of {cls} fails: {messages.of_error(failed.get('error'))}"

    def _outside(self, command: RecordedCommand) -> str:
        """Why a script is not to be seen where it runs; "" where it is."""
        target, session = Path(command.target), self._session
        places = (session.root, Path("/usr"), *session.user.prefixes)
        if command.kind != "script" or any(target.is_relative_to(place) for place in places):
            return ""
        words = f"{target} lies outside of the import root {session.root}"
        return f"{words} (--import-root names another)"

    def _calls(
        self,
        said: Mapping[str, Any],
        command: RecordedCommand,
        workshop: Workshop,
        folder: Path,
        to: Path,
    ) -> Iterator[RecordedCall]:
        cases = said.get("cases")
        read = [call_of(case) for case in cases[:MOST]] if isinstance(cases, list) else []
        classes = {each.call.cls for each in read if each is not None}
        shorts = [cls.rpartition(".")[2] for cls in classes]
        for number, recorded in enumerate(read):
            if recorded is None or (command.calls and recorded.call not in command.calls):
                continue
            place = to / str(number)
            take(workshop.scratch, (folder.name, str(number)), ("inputs.json", "inputs.bin"), place)
            cls = recorded.call.cls
            short = cls.rpartition(".")[2]
            shown = short if shorts.count(short) == 1 else cls
            name = f"{command.label} → {shown} #{recorded.call.instance}"
            yield replace(recorded, name=name, folder=place)

    @staticmethod
    def _failure(ended: Any, how: str, seconds: float, messages: Messages) -> str:
        if how == "timeout":
            return f"it took more than {seconds:g} s"
        if how not in ("done", "exit") or not isinstance(ended, dict):
            return "it ended the process that it ran in"
        if ended.get("how") == "failed":
            return messages.of_error(ended.get("error"))
        if ended.get("how") == "spent":
            return f"it was ended after {LIKELY_WORK:g} s of work"
        return ""

    # ------------------------------------------------------------------------------- once more

    def rerun(
        self,
        side: Side,
        command: RecordedCommand,
        calls: tuple[RecordedCall, ...],
        stages: tuple[str, ...],
        wanted: Wanted,
    ) -> Iterator[tuple[int, Evidence]]:
        """Run the command for the cases wanted of it, by their places in `calls`."""
        workshop = self._workshop(side)
        self._session.refill(self._mirror_of(side), workshop)
        folder = self._session.new_folder(workshop.scratch)
        limit = self._session.limits.seconds
        seconds = limit + len(wanted) * limit * (2 + len(stages))
        request = {
            "do": "retake",
            "passes_over_weights": bool(command.likely),
            "command": self._seen(command),
            "folder": str(folder),
            "stages": list(stages),
            "noted": side == "original",
            "wanted": {str(index): dict(order) for index, order in wanted.items()},
            "cases": {
                str(index): {**asdict(calls[index].call), "folder": str(calls[index].folder)}
                for index in wanted
            },
            "seconds": seconds,
        }
        how = self._ask(side, workshop, request, seconds)
        to = self._session.new_folder(self._session.evidence)
        take(workshop.scratch, (folder.name,), ("ended.json",), to)
        ended = read_json(to / "ended.json")
        for index in sorted(wanted):
            evidence = self._taken(workshop, folder, index, how, ended)
            for said in evidence.told():
                self._session.note_stood_in(said, side)
            name = calls[index].name
            told = {f"{side} {what} of {name}" for what in evidence.time_limits()}
            self._session.time_limits |= told
            yield index, evidence
        shutil.rmtree(folder, ignore_errors=True)

    def _taken(
        self, workshop: Workshop, folder: Path, index: int, how: str, ended: Mapping[str, Any]
    ) -> Evidence:
        to = self._session.new_folder(self._session.evidence)
        take(workshop.scratch, (folder.name, str(index)), (*FILES, "ended.json"), to)
        own = read_json(to / "ended.json")
        code = own.get("code")
        if isinstance(code, int):
            evidence = Evidence(to, str(own.get("how")), code)
        elif any(to.iterdir()) or how in ("timeout", "lost", "signal"):
            evidence = Evidence(to, how)
        else:
            _tell_not_reached(to, ended)
            evidence = Evidence(to)
        return evidence

    # --------------------------------------------------------------------------------- servers

    def _workshop(self, side: Side) -> Workshop:
        if side not in self._workshops:
            self._workshops[side] = self._session.start(
                side, self._mirror_of(side), None, writable=True
            )
        return self._workshops[side]

    def _drop(self, side: Side) -> None:
        workshop = self._workshops.pop(side, None)
        if workshop is not None:
            workshop.server.close()

    def _ask(
        self, side: Side, workshop: Workshop, request: Mapping[str, Any], seconds: float
    ) -> str:
        """How the process of the command ended: "done", "exit", "signal", "timeout", or "lost"."""
        try:
            workshop.server.send(request)
            return str(workshop.server.receive(seconds + GRACE).get("how"))
        except (ServerLost, ServerSilent) as lost:
            self._drop(side)
            return "timeout" if isinstance(lost, ServerSilent) else "lost"

    def _search(self, command: RecordedCommand) -> SearchPath:
        """Python puts the folder of a script, or the one that it stands in, in front; what it would
        not find without us is found behind all that is installed."""
        search = self._session.roots.of(Path(command.target))
        return replace(search, before=(), after=search.folders)

    def _seen(self, command: RecordedCommand) -> dict[str, Any]:
        """The command as a worker is to run it: in the import root, or where the user stands."""
        session = self._session
        folder = command.folder if command.folder.is_relative_to(session.root) else session.root
        return {
            "kind": command.kind,
            "target": command.target,
            "arguments": list(command.arguments),
            "folder": str(folder),
            "settings": dict(command.settings),
            "search": session.seen_search(self._search(command), session.original),
        }


def _not_made(
    command: RecordedCommand, made: Sequence[RecordedCall], why: str
) -> Iterator[RecordedCall]:
    """What stands for the calls that were asked for and did not come."""
    for call in command.calls:
        if all(each.call != call for each in made):
            name = f"{command.label} → {call.cls} #{call.instance}"
            yield RecordedCall(name, call, absent=why)


def call_of(case: Any) -> RecordedCall | None:
    """One call as the worker tells of it, where it can be one."""
    try:
        cls, refused = printable(case["cls"]), printable(case["refused"])
        instance, call = int(case["instance"]), int(case["call"])
    except (TypeError, KeyError, ValueError):
        return None
    return RecordedCall("", Call(cls, instance, call), refused)


def _tell_not_reached(folder: Path, ended: Mapping[str, Any]) -> None:
    """What a worker would have written of a case that its command never came to."""
    error = ended.get("error")
    said = error if isinstance(error, dict) else {"type": AT_ITS_END, "message": ""}
    what = f"the command did not come to this call: {said.get('type')}"
    answer = {"ok": False, "error": {**said, "type": what}}
    (folder / "build.json").write_text(json.dumps(answer), encoding="utf-8")
