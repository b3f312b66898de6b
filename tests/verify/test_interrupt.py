"""Ctrl-C, and a verifier that is killed, leave nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import torchscript_fix
from torchscript_fix.verify.sandbox import why_uncontained

PROGRAM = """
import signal
import sys
from pathlib import Path
from torchscript_fix.cases import parse_declared
from torchscript_fix.verify.verifier import Verifier

# A shell that runs tests in the background may have it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
root = Path(sys.argv[1])
cases = [parse_declared(f"{n}=model_{n}:build()", []) for n in range(4)]
try:
    with Verifier(root, sorted(root.glob("*.py")), jobs=2) as verifier:
        print(verifier._session.folder, flush=True)
        verifier.observe(cases)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""

MODEL = """
import os, time
def build():
    open(os.environ["HOME"] + "/begun", "w").close()
    time.sleep(600)
"""


def started(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    """A verifier in the middle of a case, and its session's folder."""
    for number in range(4):
        (folder / f"model_{number}.py").write_text(textwrap.dedent(MODEL))
    program = folder / "program.txt"
    program.write_text(PROGRAM)
    source = str(Path(torchscript_fix.__file__).parents[1])
    process = subprocess.Popen(
        [sys.executable, str(program), str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert process.stdout is not None
    session = Path(process.stdout.readline().strip())
    wait_for(lambda: bool(list(session.glob("*/begun"))), 120)
    return process, session


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def processes_of(session: Path) -> list[int]:
    """Those whose command line names the session's folder."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if (
                process.name.isdigit()
                and str(session).encode() in (process / "cmdline").read_bytes()
            ):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_ctrl_c(tmp_path: Path) -> None:
    process, session = started(tmp_path)
    assert processes_of(session)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert "interrupted" in said
    assert not processes_of(session)
    assert not session.exists()


@pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())
def test_killed(tmp_path: Path) -> None:
    process, session = started(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not processes_of(session), 30)
