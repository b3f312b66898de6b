"""User code that crashes, hangs, floods, forks, lies or reaches out gets a verdict, and no more."""

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.verify.conftest import listing
from tests.verify.models import HEAD, LOOP, PYTHON_METHOD, UNROLLED, net
from torchscript_fix.cases import DeclaredCase, parse_declared
from torchscript_fix.verify import channel, session
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Limits, Verifier

sandboxed = pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())

SECONDS = 5.0

BUILDS = {
    "sys-exit": "import sys; sys.exit(0)",
    "os-exit": "import os; os._exit(0)",
    "abort": "import os; os.abort()",
    "recursion": "f = lambda f: f(f); f(f)",
    "too-much-memory": "self.x = bytearray(1 << 42)",
    "a-missing-import": "import cv2",
    "kills-its-parent": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)",
    "forks": "import os; os.fork()",
    "forks-daemons": "import os, time; os.fork() or os.setsid() or time.sleep(60)",
    "an-error-without-words": (
        "raise type('E', (Exception,), {'__str__': lambda self: self.missing})()"
    ),
}
if not why_uncontained():  # in a namespace of their own; elsewhere they would do real harm
    BUILDS["kills-everybody"] = "import os, signal; os.kill(-1, signal.SIGKILL)"
    BUILDS["fills-the-disk"] = (
        "f = open('/tmp/f', 'wb'); [f.write(bytes(1 << 27)) for _ in range(40)]"
    )
HANGS = {
    "prints-for-ever": "exec('while True: print(\"x\" * 10000)')",
    "forks-and-hangs": "import os, time; [os.fork() for _ in range(4)]; time.sleep(1000)",
    "sleeps-without-signals": (
        "import signal, time; signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64)); "
        "time.sleep(1000)"
    ),
}


def of_build(code: str) -> str:
    return net(code, "return x") + PYTHON_METHOD


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """What becomes of originals that do not behave, one after another in the same workers."""
    root = tmp_path_factory.mktemp("unruly")
    cases = []
    for name, code in {**BUILDS, **HANGS}.items():
        path = root / f"{name.replace('-', '_')}.py"
        path.write_text(of_build(code))
        cases.append(parse_declared(f"{name}={path.stem}:Net()", ["torch.rand(2, 3)"]))
    (root / "at_import.py").write_text("import os\nos._exit(0)\n")
    (root / "hangs_at_import.py").write_text("import time\n")
    (root / "good.py").write_text(LOOP + PYTHON_METHOD)
    cases.append(parse_declared("at-import=at_import:Net()", []))
    cases.append(parse_declared("good=good:Net()", ["torch.rand(2, 3)"]))
    limits = Limits(seconds=SECONDS, memory=3 << 30)
    with Verifier(root, sorted(root.glob("*.py")), limits=limits) as verifier:
        return {verdict.case: verdict for verdict in verifier.verify(cases, {})}


@pytest.mark.parametrize("name", HANGS)
def test_a_hang_is_timed_out(name: str, verdicts: dict[str, Verdict]) -> None:
    assert verdicts[name].outcome is Outcome.TIMED_OUT, verdicts[name].message
    assert "building the model took more than 5 s" in verdicts[name].message


@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("sys-exit", Outcome.CANNOT_BUILD, "SystemExit"),
        ("os-exit", Outcome.CRASHED, "ended itself"),
        ("abort", Outcome.CRASHED, "SIGABRT while building the model"),
        ("recursion", Outcome.CANNOT_BUILD, "RecursionError"),
        (
            "too-much-memory",
            Outcome.CANNOT_RUN,
            "it needs more than the 3 GiB that --memory allows; --memory 6G raises it\nMemoryError",
        ),
        ("a-missing-import", Outcome.CANNOT_BUILD, "pip install opencv-python"),
        ("kills-its-parent", Outcome.CRASHED, "took the worker down"),
        ("an-error-without-words", Outcome.CANNOT_BUILD, "cannot be shown"),
        ("at-import", Outcome.CRASHED, "importing at_import ended the process"),
        ("forks", Outcome.ALREADY_SCRIPTABLE, ""),
        ("forks-daemons", Outcome.ALREADY_SCRIPTABLE, ""),
    ],
)
def test_other_ways_to_misbehave(
    name: str, outcome: Outcome, words: str, verdicts: dict[str, Verdict]
) -> None:
    assert verdicts[name].outcome is outcome, verdicts[name].message
    assert words in verdicts[name].message


@sandboxed
def test_who_kills_everybody_kills_its_own_worker(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["kills-everybody"].outcome is Outcome.CRASHED


@sandboxed
def test_the_temporary_folder_has_an_end(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["fills-the-disk"].outcome is Outcome.CANNOT_BUILD
    assert "No space left on device" in verdicts["fills-the-disk"].message


def test_a_flood_of_files_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "MOST_WRITTEN", 200 << 20)
    monkeypatch.setattr(channel, "LOOK_SECONDS", 0.05)
    code = (
        "import os, time; n = 0\n"
        "        while True:\n"
        "            open(f'{os.environ[\"HOME\"]}/f{n}', 'wb').write(bytes(1 << 26)); n += 1\n"
        "            time.sleep(0.02)"
    )
    (tmp_path / "flood.py").write_text(of_build(code))
    with Verifier(tmp_path, [tmp_path / "flood.py"], limits=Limits(seconds=20)) as verifier:
        (verdict,) = verifier.verify([parse_declared("flood:Net()", ["torch.rand(2, 3)"])], {})
    assert verdict.outcome is Outcome.CRASHED
    assert "GB to the disk while building the model" in verdict.message


def test_the_case_after_them_is_judged_as_ever(verdicts: dict[str, Verdict]) -> None:
    assert verdicts["good"].outcome is Outcome.STILL_FAILING
    assert "Expected integer literal" in verdicts["good"].message


# ------------------------------------------------------------------------------------- forging

FORGERIES = {
    "prints-a-result": 'print(\'{"case": "x", "index": 0, "how": "done"}\', flush=True)',
    "exits-at-once": "import os; os._exit(0)",
    "writes-to-all-descriptors": (
        "import os\n"
        "for fd in range(3, 400):\n"
        '    try: os.write(fd, b\'{"ok": true}\\n{"index": 0, "case": "x", "how": "done"}\\n\')\n'
        "    except OSError: pass\n"
    ),
    "replaces-torch-equal": (
        "import torch.testing\n"
        "torch.equal = torch.allclose = lambda *a, **k: True\n"
        "torch.Tensor.__eq__ = lambda a, b: torch.ones(1, dtype=torch.bool)\n"
        "torch.testing.assert_close = lambda *a, **k: None\n"
    ),
    "replaces-the-save": (
        "good = torch.jit.save\n"
        "class Good(nn.Module):\n"
        "    def forward(self, x):\n"
        "        return x\n"
        "torch.jit.save = lambda module, path: good(torch.jit.script(Good()), path)\n"
    ),
    "replaces-the-worker": (
        "import sys\n"
        "for name, module in list(sys.modules.items()):\n"
        "    if name.endswith('worker.stages'):\n"
        "        def script(module, inputs, order):\n"
        "            open(order.folder + '/model.pt', 'wb').write(b'a model')\n"
        "            write(order, 'script', {'ok': True, 'at': 'run'})\n"
        "        write = module._write\n"
        "        module._script = script\n"
    ),
    "leaves-a-link-for-a-model": (
        "import os, sys\n"
        "module = next(m for n, m in list(sys.modules.items()) if n.endswith('worker.stages'))\n"
        "def script(_, inputs, order):\n"
        "    os.symlink('/etc/passwd', order.folder + '/model.pt')\n"
        "    write(order, 'script', {'ok': True, 'at': 'run'})\n"
        "write = module._write\n"
        "module._script = script\n"
    ),
}


def forged(code: str) -> str:
    """A rewrite whose compiled model is wrong, and that does what it can to hide it."""
    wrong = UNROLLED[1] + "\n        if torch.jit.is_scripting():\n            x = x + 1"
    text = LOOP.replace(UNROLLED[0], wrong).replace(HEAD, "")
    return f"{HEAD}{code}\n{text}{PYTHON_METHOD}"


@pytest.fixture(scope="module")
def forgeries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    root = tmp_path_factory.mktemp("hostile")
    cases: list[DeclaredCase] = []
    rewritten = {}
    for name, code in FORGERIES.items():
        path = root / f"{name.replace('-', '_')}.py"
        path.write_text(LOOP + PYTHON_METHOD)
        rewritten[path] = forged(code).encode()
        cases.append(parse_declared(f"{name}={path.stem}:Net()", ["torch.rand(2, 3)"]))
    with Verifier(root, list(rewritten), limits=Limits(seconds=60)) as verifier:
        return {verdict.case: verdict for verdict in verifier.verify(cases, rewritten)}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_verdict_cannot_be_forged(name: str, forgeries: dict[str, Verdict]) -> None:
    bad = (Outcome.STILL_FAILING, Outcome.BEHAVIOUR_CHANGED, Outcome.CRASHED)
    assert forgeries[name].outcome in bad, forgeries[name].message


def test_a_wrong_model_is_told_by_how_much(forgeries: dict[str, Verdict]) -> None:
    difference = forgeries["prints-a-result"].difference
    assert difference is not None
    assert difference.largest == pytest.approx(1.0)


# ---------------------------------------------------------------------------------- the outside


@pytest.fixture
def listener() -> Iterator[tuple[int, threading.Event]]:
    """A server on this machine, and whether anybody came."""
    came = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(30)

    def serve() -> None:
        try:
            server.accept()
            came.set()
        except OSError:
            pass

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1], came
    server.close()


def reaching_out(port: int, root: Path) -> str:
    """Notes what it could do, in an error message, which is all that gets out."""
    return (
        net(
            "self.n = self.look()",
            "return x",
        )
        + f"""
    def look(self):
        import os, pathlib, socket
        done = []
        def attempt(what, function):
            try:
                done.append((what, function()))
            except Exception as error:
                pass
        attempt("net", lambda: socket.create_connection(("127.0.0.1", {port}), 2))
        attempt("home", lambda: sorted(os.listdir({str(Path.home())!r})))
        attempt("shadow", lambda: open("/etc/shadow").read())
        # Python's own open is led to scratch; what is asked of the system is not.
        attempt("tree", lambda: os.open({str(root / 'planted.txt')!r}, os.O_CREAT | os.O_WRONLY))
        attempt("usr", lambda: os.open("/usr/planted.txt", os.O_CREAT | os.O_WRONLY))
        open({str(root / 'written.txt')!r}, "w").write("not there")
        attempt("environ", lambda: os.environ["A_SECRET"])
        attempt("beside", lambda: os.listdir({str(root.parent)!r}) != [{root.name!r}] and 1 / 0)
        data = pathlib.Path("data.txt").read_text()
        raise ValueError("reached: " + repr(done) + " data: " + data)
"""
    )


@sandboxed
def test_the_outside_is_out_of_reach(
    tmp_path: Path,
    listener: tuple[int, threading.Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = tmp_path / "project"
    root.mkdir()
    (root / "data.txt").write_text("here")
    (root / "spy.py").write_text(reaching_out(listener[0], root))
    monkeypatch.setenv("A_SECRET", "secret")
    before = listing(root)
    verdict = verify(root, [root / "spy.py"], "spy:Net()")
    assert "data: here" in verdict.message
    home = f"('home', {sorted(path.name for path in Path.home().iterdir())!r})"
    assert home not in verdict.message
    assert "secret" not in verdict.message
    for what in ("net", "shadow", "tree", "usr", "environ"):
        assert f"('{what}'" not in verdict.message
    assert not listener[1].is_set()
    assert listing(root) == before


@sandboxed
def test_what_a_case_leaves_running_ends_with_it(tmp_path: Path) -> None:
    marker = f"left-behind-{os.getpid()}"
    code = (
        "import os, subprocess, sys; "
        f"subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)', {marker!r}], "
        "start_new_session=True)"
    )
    (tmp_path / "left.py").write_text(of_build(code))
    verify(tmp_path, [tmp_path / "left.py"], "left:Net()")
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and running(marker):
        time.sleep(0.1)
    assert not running(marker)


def running(marker: str) -> list[str]:
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and marker.encode() in (process / "cmdline").read_bytes():
                found.append(process.name)
        except OSError:
            continue
    return [pid for pid in found if int(pid) != os.getpid()]


def test_without_bubblewrap_cases_run_and_the_user_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "why_uncontained", lambda: "no sandbox here")
    path = tmp_path / "model.py"
    path.write_text(LOOP + PYTHON_METHOD)
    (tmp_path / "data.txt").write_text("beside")
    before = listing(tmp_path)
    case = parse_declared("model:Net()", ["torch.rand(2, 3)"])
    after = LOOP.replace(*UNROLLED) + PYTHON_METHOD
    broken = after.replace("return x\n", "return y\n", 1)
    with Verifier(tmp_path, [path], limits=Limits(seconds=60), jobs=1) as verifier:
        assert verifier.containment == "no sandbox here"
        observed = verifier.observe([case]).cases[0]
        assert f'File "{path}", line 10' in observed.message
        assert (path, "Net.forward") in observed.reached
        [good] = verifier.verify([case], {path: after.encode()})
        [bad] = verifier.verify([case], {path: broken.encode()})
        [again] = verifier.verify([case], {})
    assert good.outcome is Outcome.FIXED
    assert bad.outcome is Outcome.BEHAVIOUR_CHANGED
    assert str(path) in bad.message
    assert again.outcome is Outcome.STILL_FAILING
    assert listing(tmp_path) == before


def verify(root: Path, files: Sequence[Path], target: str) -> Verdict:
    with Verifier(root, files, limits=Limits(seconds=30), jobs=1) as verifier:
        [verdict] = verifier.verify([parse_declared(target, ["torch.rand(2, 3)"])], {})
    return verdict
