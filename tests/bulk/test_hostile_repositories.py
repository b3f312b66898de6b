"""Ten repositories that mean harm, in one bulk run: each gets a verdict, and nothing outside of the
sandbox is other than before."""

import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from torchscript_fix import cli
from torchscript_fix.verify.sandbox import why_uncontained

pytestmark = pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())

SECRET = "the-secret-of-the-home-folder"
MARKER = "left-behind-by-a-hostile-repository"

MODEL = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4), nn.Linear(4, 4)])
        self.harm()

    def harm(self):
{harm}

    def forward(self, x):
        for i in range(len(self.layers)):
            x = self.layers[i](x)
        return x
"""

HARM = {
    "network": """\
import os, socket, urllib.request
for host, port in (("127.0.0.1", PORT), ("localhost", PORT), ("1.1.1.1", 80)):
    try:
        s = socket.create_connection((host, port), timeout=3)
        s.sendall(b"hello")
    except OSError:
        pass
try:
    urllib.request.urlopen("http://127.0.0.1:PORT/", timeout=3)
except OSError:
    pass
""",
    "reads-home": """\
import glob, os
found = []
for place in ("HOME/.ssh/id", os.path.expanduser("~/.ssh/id"), "/proc/1/environ", "/root/.ssh/id"):
    try:
        found.append(open(place).read())
    except OSError:
        pass
raise RuntimeError("found: " + repr(found) + repr(dict(os.environ)))
""",
    "links": """\
for place in ("link", "folder/victim", "VICTIM", "HOME/.bashrc"):
    try:
        with open(place, "w") as file:
            file.write("harm")
    except OSError:
        pass
""",
    "fork-bomb": """\
import os, time
for _ in range(7):
    os.fork()
time.sleep(1000)
""",
    "memory-bomb": """\
import os
held = []
for _ in range(3):
    os.fork()
while True:
    held.append(bytearray(1 << 28))
""",
    "endless-output": """\
import os, sys
while True:
    print("x" * 100000)
    sys.stderr.write("y" * 100000)
    for fd in range(1, 20):
        try:
            os.write(fd, b"z" * 1000)
        except OSError:
            pass
""",
    "daemon": """\
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)", "MARKER"])
    os._exit(0)
""",
    "kills-its-parent": """\
import os, signal
for victim in (os.getppid(), 1, -1):
    try:
        os.kill(victim, signal.SIGKILL)
    except OSError:
        pass
""",
    "forged": """\
import json, os
def forge(*_):
    for fd in range(3, 400):
        try:
            os.write(fd, b'{"ok": true, "index": 0, "how": "done", "verdict": "fixed"}\\n')
        except OSError:
            pass
    for top, _, _ in os.walk(os.environ["HOME"]):
        for stage in ("build", "eval", "train", "script", "endings"):
            try:
                with open(os.path.join(top, stage + ".json"), "w") as file:
                    json.dump({"ok": True, "state": [], "output": {"kind": "plain"}}, file)
            except OSError:
                pass
    os._exit(0)
torch.jit.script = forge
""",
    "huge-file": "pass\n",
}
"""What the constructor of each one's model does."""


@dataclass(frozen=True)
class Outside:
    """What must not be touched, and where it would be seen if it were."""

    clones: Path
    home: Path
    victim: Path
    out: Path
    connections: list[object]
    repositories: dict[str, dict[str, object]]
    exit_code: int
    seconds: float


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    """The ten repositories in one bulk run that would write in place."""
    folder = tmp_path_factory.mktemp("hostile")
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "id").write_text(SECRET)
    (home / ".bashrc").write_text("untouched")
    victim = folder / "victim"
    victim.write_text("untouched")
    connections: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, connections), daemon=True).start()
        names = {"PORT": str(listener.getsockname()[1]), "HOME": str(home)}
        names |= {"VICTIM": str(victim), "MARKER": MARKER}
        for name, harm in HARM.items():
            _repository(folder / "clones" / name, harm, names, victim)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", str(home))
            patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
            patch.setenv("XDG_STATE_HOME", str(folder / "state"))
            start = time.monotonic()
            ran = CliRunner().invoke(cli.cli, _command(folder))
            seconds = time.monotonic() - start
    report = json.loads((folder / "out" / "report.json").read_bytes())
    yield Outside(
        folder / "clones",
        home,
        victim,
        folder / "out",
        connections,
        {
            repository["name"].rpartition("/")[2]: repository
            for repository in report["repositories"]
        },
        ran.exit_code,
        seconds,
    )


def _command(folder: Path) -> list[str]:
    return [
        *("bulk", str(folder / "clones"), "--out", str(folder / "out"), "--jobs", "2"),
        *("--write", "--timeout", "5", "--timeout-per-repo", "90", "--memory-per-repo", "4G"),
    ]


def _accept(listener: socket.socket, connections: list[object]) -> None:
    while True:
        try:
            connections.append(listener.accept())
        except OSError:
            return


def _repository(folder: Path, harm: str, names: dict[str, str], victim: Path) -> None:
    folder.mkdir(parents=True)
    for name, value in names.items():
        harm = harm.replace(name, value)
    lines = "".join(f"        {line}\n" for line in harm.splitlines())
    (folder / "net.py").write_text(MODEL.format(harm=lines.rstrip()))
    (folder / "link").symlink_to(victim)
    (folder / "folder").symlink_to(victim.parent)
    (folder / "linked.py").symlink_to(victim)
    if folder.name == "huge-file":
        (folder / "huge.py").write_text("x = 1\n" * (5 << 20))
    # What a clone's own configuration makes git run, unless git is kept from it.
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        [*("-c", "user.name=n", "-c", "user.email=e"), "commit", "-qm", "one"],
        ["config", "core.fsmonitor", f"touch {victim}.by-git; false"],
        ["config", "core.sshCommand", f"touch {victim}.by-git"],
        ["config", "filter.harm.smudge", f"touch {victim}.by-git; cat"],
        ["config", "filter.harm.clean", f"touch {victim}.by-git; cat"],
        ["config", "diff.external", f"touch {victim}.by-git"],
    ):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "attributes").write_text("*.py filter=harm\n")
    for hook in ("post-checkout", "pre-commit", "post-index-change", "reference-transaction"):
        path = folder / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\ntouch {victim}.by-git\n")
        path.chmod(0o755)


def test_each_has_a_verdict_and_the_run_ends_in_time(outside: Outside) -> None:
    assert sorted(outside.repositories) == sorted(HARM)
    assert outside.seconds < 600
    assert outside.exit_code in (0, 1)


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("network", {"fixed"}),
        ("reads-home", {"no-running-case"}),
        ("links", {"fixed"}),
        ("fork-bomb", {"crashed", "no-running-case"}),
        ("memory-bomb", {"crashed", "no-running-case"}),
        ("endless-output", {"no-running-case", "timed-out"}),  # the second on a busy machine
        ("daemon", {"fixed"}),
        ("kills-its-parent", {"no-running-case"}),
        ("forged", {"still-failing", "no-running-case"}),
        ("huge-file", {"fixed"}),
    ],
)
def test_the_verdict_is_what_an_honest_observer_says(
    name: str, verdicts: set[str], outside: Outside
) -> None:
    repository = outside.repositories[name]
    assert repository["verdict"] in verdicts, repository["message"]


def test_nothing_was_connected_to(outside: Outside) -> None:
    assert outside.connections == []


def test_no_secret_is_in_anything_that_was_written(outside: Outside) -> None:
    for path in outside.out.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


def test_what_links_lead_to_is_untouched(outside: Outside) -> None:
    assert outside.victim.read_text() == "untouched"
    assert (outside.home / ".bashrc").read_text() == "untouched"


def test_no_command_of_a_clones_own_configuration_was_run(outside: Outside) -> None:
    assert list(outside.victim.parent.glob("victim.by-git*")) == []


def test_links_of_a_clone_are_still_links(outside: Outside) -> None:
    for name in HARM:
        assert (outside.clones / name / "linked.py").is_symlink()
        assert (outside.clones / name / "link").is_symlink()


def test_no_process_is_left(outside: Outside) -> None:
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208 (names are wanted)
        try:
            command = Path("/proc", pid, "cmdline").read_bytes()
        except OSError:
            continue
        if MARKER.encode() in command or (
            b"torchscript_fix_worker" in command and (str(outside.out).encode() in command)
        ):
            left.append(command)
    assert left == []


def test_the_huge_file_is_named(outside: Outside) -> None:
    run = outside.repositories["huge-file"]["run"]
    assert isinstance(run, dict)
    assert [problem["path"] for problem in run["problems"]] == ["huge.py"]
    assert "MB" in run["problems"][0]["reason"]


def test_no_scratch_folder_is_left(outside: Outside) -> None:
    names = {path.name for path in outside.out.iterdir()}
    assert not any("scratch" in name for name in names) or not any(
        (outside.out / name).iterdir() for name in names if "scratch" in name
    )
