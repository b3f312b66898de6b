"""One lane of work: a server of each side and a clean one, and one module's cases run in them."""

import shutil
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torchscript_fix.cases.recorded import RecordedCommand
from torchscript_fix.importing.modules import SearchPath
from torchscript_fix.verify.channel import Server, ServerFloods, ServerLost, ServerSilent
from torchscript_fix.verify.evidence import ENDED, FILES, Evidence
from torchscript_fix.verify.mirror import Mirror
from torchscript_fix.verify.recording import CommandLane, RecordedCall
from torchscript_fix.verify.session import Session, Side, Workshop, take
from torchscript_fix.verify.verdict import Found

IMPORT_SECONDS = 300.0
"""For importing the cases' file, and each module."""
GRACE = 10.0
RUNS = 2
"""Runs of one model that one check, or the stage in eval(), has its seconds for each."""
WHOLE_UNIT = 7 * 24 * 3600.0


@dataclass(frozen=True)
class TextCase:
    """A case that was given as text: expressions, evaluated among the names of its module."""

    name: str
    target: str
    inputs: tuple[str, ...] | None
    """None where the model is never to run."""
    found: Found = "declared"
    how: str = ""


@dataclass(frozen=True)
class Unit:
    """The cases of one module: they share its import."""

    module: str
    path: Path | None
    """Real path of its file, where it is under the import root."""
    cases_file: Path | None
    texts: tuple[TextCase, ...] = ()
    """Empty where the cases come from a file."""
    command: RecordedCommand | None = None
    """Where they come from a command, and which calls of it they are."""
    calls: tuple[RecordedCall, ...] = ()
    search: SearchPath = field(default_factory=SearchPath)
    """Where it is imported from, and what it imports."""
    lacks_weights: bool = False
    """Whether the file that the cases come from says that checkpoints are not there."""

    def found(self, index: int) -> Found:
        """Where a case is from."""
        if self.command is not None:
            return "recorded"
        return self.texts[index].found if self.texts else "written"

    def how(self, index: int) -> str:
        """How a case was found; "" where the user gave it."""
        if self.command is not None:
            return self.command.how
        return self.texts[index].how if self.texts else ""

    @property
    def passes_over_weights(self) -> bool:
        """Whether a checkpoint that is not there is passed over: where nobody asked for it."""
        if self.command is not None:
            return bool(self.command.likely)
        deduced = bool(self.texts) and all(text.found == "deduced" for text in self.texts)
        return deduced or self.lacks_weights

    def runs(self, index: int) -> bool:
        """Whether the case is to run, or only to be built and compiled."""
        if self.calls:
            return self.calls[index].runs
        return not self.texts or self.texts[index].inputs is not None


class ImportFailed(Exception):
    """The module, or the cases' file, cannot be imported or asked for its cases.

    `error` is as the worker described it, None where its process ended without a word; `listing`
    says that the module was imported, and asking for its cases failed.
    """

    def __init__(
        self, error: Any, how: str = "done", cases_file: bool = False, listing: bool = False
    ) -> None:
        super().__init__(error)
        self.error, self.how, self.cases_file, self.listing = error, how, cases_file, listing

    @property
    def ended_the_process(self) -> bool:
        """Whether nothing was said, since the process had ended."""
        return self.how in ENDED


@dataclass(frozen=True)
class Ran:
    """One case of a unit that has ended."""

    index: int
    name: str
    evidence: Evidence


@dataclass(frozen=True)
class Opened:
    """A cases' file that a server has imported, and what came with it."""

    cases_file: Path
    at: int
    """How often files had been put into the mirror until then."""
    imported: frozenset[str]
    """Files under the import root, as the worker sees them."""


Wanted = Mapping[int, Mapping[str, Any]]
"""Index of a case in its unit to what is wanted of it (see worker/server.py)."""


class Lane:
    """Servers are started when first needed, and again after one is lost."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._mirrors: dict[Side, Mirror] = {"original": session.original}
        self._workshops: dict[Side, tuple[Path | None, Workshop]] = {}
        self._open: dict[Side, Opened] = {}
        self._clean: Server | None = None
        self.commands = CommandLane(session, self.mirror)

    def mirror(self, side: Side) -> Mirror:
        """What a side of this lane sees as the import root."""
        if side not in self._mirrors:
            self._mirrors[side] = self._session.new_mirror(side)
        return self._mirrors[side]

    def put(self, rewritten: Mapping[Path, bytes]) -> None:
        """Let the rewrite's side of this lane see these bytes in the place of their files, and all
        other files as the user has them: what other lanes are at does not show here."""
        self.mirror("rewrite").put(rewritten)

    def warm_up(self, cases_file: Path | None) -> None:
        """Start what the first case needs, without waiting for it."""
        self.start("original", cases_file)
        if self._clean is None:
            self._clean = self._session.start_clean()

    def start(self, side: Side, cases_file: Path | None) -> None:
        """Let a side's server be under way."""
        self._workshop(side, cases_file)

    def close(self) -> None:
        """End all servers."""
        self.commands.close()
        for side in list(self._workshops):
            self.drop(side)
        if self._clean is not None:
            self._clean.close()
            self._clean = None

    # ------------------------------------------------------------------------------- one side

    def run(
        self, side: Side, unit: Unit, stages: tuple[str, ...], wanted: Wanted | None
    ) -> Iterator[Ran]:
        """Run cases of a unit, all of them or those wanted, each yielded as it ends.

        One whose process was ended, and one that took the server down, is run again once, in a new
        server, and comes last: the machine may have been at fault. Raises ImportFailed, after a
        second try where the first one ended the process.
        """
        again: dict[int, Mapping[str, Any]] = {}
        done: set[int] = set()
        try:
            for ran in self._run_once(side, unit, stages, wanted):
                if ran.evidence.was_ended:
                    again[ran.index] = (wanted or {}).get(ran.index, {})
                    shutil.rmtree(ran.evidence.folder, ignore_errors=True)
                else:
                    done.add(ran.index)
                    yield ran
        except ImportFailed as failed:
            if not failed.ended_the_process or done or again:
                raise
            self.drop(side)
            yield from self._run_once(side, unit, stages, wanted)
        if again:
            self.drop(side)
            yield from self._run_once(side, unit, stages, again)

    def _run_once(
        self, side: Side, unit: Unit, stages: tuple[str, ...], wanted: Wanted | None
    ) -> Iterator[Ran]:
        """A case that takes the server down is yielded like any other, and the rest goes on in a
        new one."""
        if unit.command is not None:
            every = wanted if wanted is not None else {i: {} for i in range(len(unit.calls))}
            for index, evidence in self.commands.rerun(
                side, unit.command, unit.calls, stages, every
            ):
                yield Ran(index, unit.calls[index].name, evidence)
            return
        left = wanted
        while left is None or left:
            first, count = yield from self._run_until_lost(side, unit, stages, left)
            if first is None:
                return
            rest = range(count) if left is None else left
            left = {index: left[index] if left else {} for index in rest if index >= first}

    def _run_until_lost(
        self, side: Side, unit: Unit, stages: tuple[str, ...], wanted: Wanted | None
    ) -> Generator[Ran, None, tuple[int | None, int]]:
        """Run until the unit ends or a case takes the server down. Returns the index to go on from,
        None at the end, and how many cases the unit has."""
        workshop = self._opened(side, unit.cases_file)
        folder = self._session.new_folder(workshop.scratch)
        seconds = self._session.limits.seconds
        names: list[str] = []
        order: list[int] = []
        done = 0
        try:
            workshop.server.send(self._request(side, unit, stages, wanted, folder))
            message = workshop.server.receive(IMPORT_SECONDS + GRACE)
            self._session.note_stood_in(message, side)
            if message.get("imported") is not True:
                self._close_unit(side, workshop, message)
                how, listing = str(message.get("how", "done")), message.get("listing") is True
                raise ImportFailed(message.get("error"), how, listing=listing)
            names = [str(name) for name in message.get("names", [])]
            order = sorted(wanted) if wanted is not None else list(range(len(names)))
            order = [index for index in order if index < len(names)]
            while True:
                message = workshop.server.receive(seconds * (3 + len(stages)) + GRACE)
                if "end" in message:
                    break
                if done >= len(order) or message.get("index") != order[done]:
                    raise ServerLost("the worker speaks of a case that nobody asked for")
                evidence = self._taken(side, workshop, folder, order[done], message)
                done += 1
                name = names[order[done - 1]]
                ended = evidence.time_limits()
                self._session.time_limits |= {f"{side} {what} of {name}" for what in ended}
                yield Ran(order[done - 1], name, evidence)
        except (ServerLost, ServerSilent) as lost:
            self.drop(side)
            how = _how(lost)
            if isinstance(lost, ServerSilent):
                what = names[order[done]] if done < len(order) else f"importing {unit.module}"
                self._session.time_limits.add(f"{side} {what}")
            if not order:
                raise ImportFailed(_lost_words(lost), how) from lost
            at = order[done] if done < len(order) else -1
            evidence = self._taken(side, workshop, folder, at, {})
        else:
            shutil.rmtree(folder, ignore_errors=True)
            if done == len(order):
                return None, len(names)
            how = "lost"
            evidence = self._taken(side, workshop, folder, -1, {})
        if done >= len(order):
            return None, len(names)
        broken = Evidence(evidence.folder, how)
        yield Ran(order[done], names[order[done]], broken)
        return order[done] + 1, len(names)

    def _request(
        self,
        side: Side,
        unit: Unit,
        stages: tuple[str, ...],
        wanted: Wanted | None,
        folder: Path,
    ) -> dict[str, Any]:
        return {
            "do": "unit",
            "passes_over_weights": unit.passes_over_weights,
            "module": unit.module,
            "path": self.mirror(side).seen(unit.path) if unit.path is not None else None,
            "search": self._session.seen_search(unit.search, self.mirror(side)),
            "texts": [asdict(text) for text in unit.texts],
            "folder": str(folder),
            "stages": list(stages),
            "noted": side == "original",
            "wanted": (
                {str(index): dict(order) for index, order in wanted.items()}
                if wanted is not None
                else None
            ),
            "seconds": WHOLE_UNIT,
        }

    def _taken(
        self,
        side: Side,
        workshop: Workshop,
        folder: Path,
        index: int,
        message: Mapping[str, Any],
    ) -> Evidence:
        to = self._session.new_folder(self._session.evidence)
        take(workshop.scratch, (folder.name, str(index)), FILES, to)
        code = message.get("code")
        how = str(message.get("how", "lost"))
        shutil.rmtree(folder / str(index), ignore_errors=True)
        evidence = Evidence(to, how, code if isinstance(code, int) else 0)
        for said in evidence.told():
            self._session.note_stood_in(said, side)
        return evidence

    def _close_unit(self, side: Side, workshop: Workshop, message: Mapping[str, Any]) -> None:
        """Read the end of a unit that did not begin."""
        if "end" in message:
            return
        try:
            workshop.server.receive(GRACE)
        except (ServerLost, ServerSilent):
            self.drop(side)

    # -------------------------------------------------------------------------------- servers

    def _opened(self, side: Side, cases_file: Path | None) -> Workshop:
        """The side's server, with the cases' file imported where there is one."""
        workshop = self._workshop(side, cases_file)
        if cases_file is None:
            return workshop
        opened = self._open.get(side)
        mirror = self.mirror(side)
        if opened is not None:
            stale = mirror.changed_since(opened.at, opened.imported)
            if opened.cases_file == cases_file and not stale:
                return workshop
            self._forget(side)
            workshop = self._workshop(side, cases_file)
        at, path = mirror.puts, mirror.seen(cases_file)
        try:
            search = self._session.search_of_cases(cases_file)
            workshop.server.send(
                {
                    "do": "open",
                    "path": path,
                    "search": self._session.seen_search(search, mirror),
                    "seconds": WHOLE_UNIT,
                }
            )
            message = workshop.server.receive(IMPORT_SECONDS + GRACE)
        except (ServerLost, ServerSilent) as lost:
            self.drop(side)
            raise ImportFailed(_lost_words(lost), "lost", cases_file=True) from lost
        if message.get("opened") is not True:
            self._close_unit(side, workshop, message)
            raise ImportFailed(message.get("error"), cases_file=True)
        files = message.get("files")
        imported = frozenset(map(str, files)) if isinstance(files, list) else frozenset()
        self._open[side] = Opened(cases_file, at, imported)
        return workshop

    def _workshop(self, side: Side, cases_file: Path | None) -> Workshop:
        known = self._workshops.get(side)
        if known is not None and known[0] == cases_file:
            return known[1]
        self.drop(side)
        made = self._session.start(side, self.mirror(side), cases_file)
        self._workshops[side] = (cases_file, made)
        return made

    def opened(self, side: Side) -> tuple[Server, Path]:
        """A side's server, with no cases' file imported, and a folder that it can write to."""
        workshop = self._opened(side, None)
        return workshop.server, self._session.new_folder(workshop.scratch)

    def note_stood_in(self, message: Mapping[str, Any]) -> None:
        """Remember the packages that a worker says it has stood in for."""
        self._session.note_stood_in(message, "original")

    def drop(self, side: Side) -> None:
        """End a side's server; another is started when it is needed."""
        known = self._workshops.pop(side, None)
        self._open.pop(side, None)
        if known is not None:
            known[1].server.close()

    def _forget(self, side: Side) -> None:
        """Let go of what a side has imported with the cases' file."""
        if self._open.pop(side, None) is not None:
            workshop = self._workshops[side][1]
            try:
                workshop.server.send({"do": "close"})
                workshop.server.receive(GRACE)
            except (ServerLost, ServerSilent):
                self.drop(side)

    # ---------------------------------------------------------------------------------- clean

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The clean process's answer. A check that ends its process twice has failed."""
        answer = self._ask(request)
        if answer.get("at") == "signal":
            answer = self._ask(request)
        if answer.get("at") == "timeout":
            limit = self._session.limits.seconds * RUNS
            self._session.time_limits.add(f"the check of a saved model ({limit:g} s)")
        return answer

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._clean is None:
            self._clean = self._session.start_clean()
        try:
            self._clean.send(request)
            return self._clean.receive(self._session.limits.seconds * RUNS + GRACE)
        except (ServerLost, ServerSilent) as lost:
            self._clean.close()
            self._clean = None
            at = "timeout" if isinstance(lost, ServerSilent) else "signal"
            return {"ok": False, "at": at, "message": str(lost)}


def _how(lost: Exception) -> str:
    """How a case ended that has no server any more, in Evidence's words."""
    if isinstance(lost, ServerSilent):
        return "timeout"
    return "flood" if isinstance(lost, ServerFloods) else "lost"


def _lost_words(lost: Exception) -> dict[str, str]:
    silent = isinstance(lost, ServerSilent)
    message = "nothing came back in time" if silent else str(lost)
    return {"type": "TimeoutError" if silent else "ProcessError", "message": message}
