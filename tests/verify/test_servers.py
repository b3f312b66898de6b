"""Servers that live as long as the run, and what is said of a case whose server does not."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from torchscript_fix.cases import parse_declared
from torchscript_fix.importing.repository import plain_roots
from torchscript_fix.verify import session as sessions
from torchscript_fix.verify.channel import Server, ServerNotStarted
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.session import Limits, Session
from torchscript_fix.verify.starter import Starter
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Verifier

BEFORE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 2)

    def forward(self, x, y=None):
        if y is not None:
            x = x + y
        return self.fc(x)
"""
AFTER = BEFORE.replace(
    "def forward(self, x, y=None):", "def forward(self, x, y: torch.Tensor | None = None):"
).encode()
SEARCH: dict[str, Any] = {"before": [], "after": [], "single": {}, "packages": {}}
CASE = parse_declared("net:Net()", ["torch.rand(1, 2)"])


@pytest.fixture(params=["bubblewrap", "none"])
def sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "none":
        monkeypatch.setattr(sessions, "why_uncontained", lambda: "there is no sandbox")
    elif why_uncontained():
        pytest.skip(why_uncontained())
    yield request.param


def session_of(root: Path) -> Session:
    (root / "net.py").write_text(BEFORE)
    real = Path(os.path.realpath(root))
    return Session(plain_roots(real, []), [root / "net.py"], None, Limits(seconds=60))


def opened(server: Server) -> bool:
    """Whether a server answers as it should to a file that is not there."""
    server.send({"do": "open", "path": "/missing.py", "search": SEARCH, "seconds": 60})
    return server.receive(60)["opened"] is False and server.receive(60)["end"] == "open"


def test_a_server_outlives_the_thread_that_asked_for_it(tmp_path: Path, sandbox: str) -> None:
    session = session_of(tmp_path)
    made: list[Server] = []

    def ask() -> None:
        made.append(session.start("original", session.original, None).server)
        assert opened(made[0])

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            made[0]._process.wait(2)
        assert opened(made[0])
    finally:
        session.end()
        made[0].close()
        session.close()


def test_a_server_does_not_outlive_the_run(tmp_path: Path, sandbox: str) -> None:
    session = session_of(tmp_path)
    server = session.start("original", session.original, None).server
    nothing = {"do": "nothing-yet", "module": "", "path": None, "search": SEARCH, "texts": []}
    server.send({**nothing, "seconds": 60})
    session.close()
    # The thread that started it has ended.
    assert server._process.wait(30) != 0
    server.close()


def verdict_of(root: Path) -> Verdict:
    (root / "net.py").write_text(BEFORE)
    with Verifier(root, [root / "net.py"], limits=Limits(seconds=60), jobs=1) as verifier:
        return verifier.verify([CASE], {root / "net.py": AFTER})[0]


class Killer:
    """Kills the server at its n-th message."""

    def __init__(self, at: int) -> None:
        self.at, self.messages, self.killed = at, 0, ""
        self._receive = Server.receive

    def receive(self, server: Server, seconds: float) -> dict[str, Any]:
        message = self._receive(server, seconds)
        self.messages += 1
        if self.messages == self.at:
            self.killed = str(sorted(message))
            os.killpg(server._process.pid, signal.SIGKILL)
        return message


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    return verdict_of(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.parametrize("at", range(1, 11))
def test_a_worker_that_is_killed_once_changes_nothing(
    at: int, undisturbed: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ready, imported, a case, the end: of original, rewrite and clean process, in turn."""
    killer = Killer(at)

    def receive(server: Server, seconds: float) -> dict[str, Any]:
        return killer.receive(server, seconds)

    monkeypatch.setattr(Server, "receive", receive)
    verdict = verdict_of(tmp_path)
    assert killer.killed, f"there are only {killer.messages} messages"
    assert verdict.outcome is Outcome.FIXED
    assert verdict.message == undisturbed.message


KILLS = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


def test_a_rewrite_that_ends_its_process_is_not_kept(tmp_path: Path, sandbox: str) -> None:
    (tmp_path / "net.py").write_text(BEFORE)
    ends = BEFORE.replace(
        "        return self.fc(x)", f"        {KILLS}\n        return self.fc(x)"
    )
    with Verifier(tmp_path, [tmp_path / "net.py"], limits=Limits(seconds=60)) as verifier:
        verdict = verifier.verify([CASE], {tmp_path / "net.py": ends.encode()})[0]
        assert verdict.outcome is Outcome.BEHAVIOUR_CHANGED
        assert "the original runs, the rewrite does not" in verdict.message
        imports = f"{KILLS}\n{BEFORE}"
        verdict = verifier.verify([CASE], {tmp_path / "net.py": imports.encode()})[0]
        assert verdict.outcome is Outcome.BEHAVIOUR_CHANGED
        assert "it ends the process, twice" in verdict.message


def test_original_and_rewrite_that_end_their_process_are_crashed(tmp_path: Path) -> None:
    ends = BEFORE.replace(
        "        return self.fc(x)", f"        {KILLS}\n        return self.fc(x)"
    )
    (tmp_path / "net.py").write_text(ends)
    with Verifier(tmp_path, [tmp_path / "net.py"], limits=Limits(seconds=60)) as verifier:
        verdict = verifier.verify([CASE], {tmp_path / "net.py": ends.encode() + b"\n"})[0]
    assert verdict.outcome is Outcome.CRASHED


IN_TRAIN = f"""
        if self.training:
            {KILLS}
        return self.fc(x)"""


def test_what_ends_the_process_of_both_in_one_stage_does_not_speak_against_the_rewrite(
    tmp_path: Path,
) -> None:
    """It is compared in the stages that the original comes through."""
    before = BEFORE.replace("\n        return self.fc(x)", IN_TRAIN)
    after = AFTER.decode().replace("\n        return self.fc(x)", IN_TRAIN)
    marked = "    @torch.jit.unused\n    def end(self):\n        " + KILLS + "\n"
    before, after = (
        text.replace(f"            {KILLS}", "            self.end()") + marked
        for text in (before, after)
    )
    (tmp_path / "net.py").write_text(before)
    with Verifier(tmp_path, [tmp_path / "net.py"], limits=Limits(seconds=60)) as verifier:
        verdict = verifier.verify([CASE], {tmp_path / "net.py": after.encode()})[0]
    assert verdict.outcome is Outcome.FIXED


def test_what_both_end_in_with_other_numbers_does_not_speak_against_the_rewrite(
    tmp_path: Path,
) -> None:
    """The run with other numbers is in the process of those in eval(), which are written down."""
    calls = (
        "        self.calls = self.calls + 1\n        if self.calls > 2:\n            self.end()"
    )
    marked = "    @torch.jit.unused\n    def end(self):\n        " + KILLS + "\n"

    def ending(text: str) -> str:
        text = text.replace("        return self.fc(x)", f"{calls}\n        return self.fc(x)")
        return (
            text.replace("nn.Linear(2, 2)\n", "nn.Linear(2, 2)\n        self.calls = 0\n") + marked
        )

    (tmp_path / "net.py").write_text(ending(BEFORE))
    after = ending(AFTER.decode()).encode()
    with Verifier(tmp_path, [tmp_path / "net.py"], limits=Limits(seconds=60)) as verifier:
        verdict = verifier.verify([CASE], {tmp_path / "net.py": after})[0]
    assert verdict.outcome is not Outcome.CRASHED, verdict.message


def test_an_original_that_ends_its_process_later_on_is_no_fault_of_the_rewrite(
    tmp_path: Path,
) -> None:
    (tmp_path / "net.py").write_text(BEFORE)
    ends = BEFORE.replace(
        "        return self.fc(x)", f"        {KILLS}\n        return self.fc(x)"
    )
    with Verifier(tmp_path, [tmp_path / "net.py"], limits=Limits(seconds=60)) as verifier:
        verifier.observe([CASE])
        mirrored = verifier._session.original.folder / "net.py"
        mirrored.write_text(ends)  # as if the machine had no memory left for either
        verdict = verifier.verify([CASE], {tmp_path / "net.py": ends.encode()})[0]
    assert verdict.outcome is Outcome.CRASHED
    assert "and so did that of the original" in verdict.message


def server_of(starter: Starter, program: str, log: Path) -> Server:
    return Server(starter, [sys.executable, "-c", program], dict(os.environ), {}, log)


def test_a_start_that_fails_once_is_tried_again(tmp_path: Path) -> None:
    mark = tmp_path / "failed"
    program = (
        f"import os, sys\nif not os.path.exists({str(mark)!r}):\n"
        f"    open({str(mark)!r}, 'w').close(); sys.exit('no memory')\n"
        "input(); print('{\"ready\": true}', flush=True)\n"
        "input(); print('{\"end\": 1}', flush=True)"
    )
    starter = Starter()
    server = server_of(starter, program, tmp_path / "log")
    server.send({"do": "something"})
    assert server.receive(30) == {"end": 1}
    server.close()
    starter.close()


def test_a_server_that_never_starts_says_nothing_about_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    starter = Starter()
    server = server_of(starter, "import sys; sys.exit('no memory')", tmp_path / "log")
    with pytest.raises(ServerNotStarted, match="did not start in 3 tries: no memory"):
        server.send({"do": "something"})
    server.close()
    starter.close()
    environment: Mapping[str, str] = {"LD_PRELOAD": "/nowhere.so", "PATH": "/nowhere"}
    monkeypatch.setattr(Session, "_environment", lambda *_: dict(environment))
    monkeypatch.setattr(sessions, "_START", "raise SystemExit('no room')")
    with pytest.raises(ServerNotStarted):
        verdict_of(tmp_path)
