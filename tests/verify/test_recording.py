"""Commands of the user's: which calls become cases, what becomes of these, and of the tree."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import dedent

import pytest

from tests.verify.conftest import listing
from tests.verify.models import HEAD
from torchscript_fix.cases import RecordedCommand, parse_command
from torchscript_fix.verify import recording, session
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Limits, Observation, Verifier, VerifierUnavailable

pytestmark = pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())

NETS = HEAD + dedent("""
    class Block(nn.Module):
        def __init__(self, width):
            super().__init__()
            self.fc = nn.Linear(width, width)
        def forward(self, x):
            return self.fc(x)

    class Net(nn.Module):
        def __init__(self, width=3, depth=2):
            super().__init__()
            self.blocks = nn.ModuleList([Block(width) for _ in range(depth)])
        def forward(self, x, scale=None):
            for i in range(len(self.blocks)):
                x = self.blocks[i](x)
            return x

    class Plain(nn.Module):
        def forward(self, x):
            return x + 1
    """)
LOOP = "for i in range(len(self.blocks)):\n            x = self.blocks[i](x)"
UNROLLED = "for block in self.blocks:\n            x = block(x)"
OPTIONAL = ("scale=None", "scale: Optional[torch.Tensor] = None")
GOOD = NETS.replace(LOOP, UNROLLED).replace(*OPTIONAL)

START = "import torch\nfrom torch import nn\nfrom nets import Net, Plain\n"
FIXED, SAME = Outcome.FIXED, Outcome.ALREADY_SCRIPTABLE
CANNOT = Outcome.CANNOT_RUN


@dataclass(frozen=True)
class Situation:
    """A script, the command that runs it, and the cases that come of it under a good rewrite."""

    name: str
    script: str
    cases: Sequence[tuple[str, Outcome]]
    command: str = "python SCRIPT"
    words: str = ""
    """What stands in the last case's message."""
    note: str = ""
    start: str = START
    folder: str = "."
    files: dict[str, str] = field(default_factory=dict)
    """Further files, beside the script."""

    @property
    def file(self) -> str:
        return f"{self.name.replace('-', '_')}.py"


TRAINING = """
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
for epoch in range(3):
    loss = net(torch.rand(4, 3)).sum()
    loss.backward()
    optimizer.step()
"""
DATA = """
import json, os, pathlib
here = pathlib.Path(__file__).parent
assert not (here / "results").joinpath("out.pt").exists(), "the tree is not as new"
width = json.loads((here / "data" / "sizes.json").read_text())["width"]
net = Net(width)
net(torch.rand(1, width))
torch.save(net.state_dict(), here / "results" / "out.pt")
(here / "data" / "sizes.json").write_text("overwritten")
(here / "nets.py").write_text("raise SystemExit")
os.makedirs(here / "new" / "folder")
os.remove(here / "results" / "kept.txt")
"""
SUITE = """
import pytest

@pytest.fixture
def net():
    return Net(5)

@pytest.mark.parametrize("depth", [1, 3, 3])
def test_shape(depth):
    assert Net(4, depth)(torch.rand(2, 4)).shape == (2, 4)

def test_a_wrong_width(net):
    with pytest.raises(RuntimeError):
        net(torch.rand(2, 7))
    net(torch.rand(2, 5))

def test_that_fails():
    assert Plain()(torch.zeros(1)).item() == 7
"""

SITUATIONS = [
    Situation(
        "two-models",
        "Plain()(Net()(torch.rand(2, 3)))",
        [("two_models.py --x 1 → Net #1", FIXED), ("two_models.py --x 1 → Plain #1", SAME)],
        "python SCRIPT --x 1",
    ),
    Situation("a-training-loop", TRAINING, [("a_training_loop.py → Net #1", FIXED)]),
    Situation(
        "never-the-same-twice",
        f"torch.seed(){TRAINING}",
        [("never_the_same_twice.py → Net #1", FIXED)],
    ),
    Situation(
        "the-same-configuration-again",
        "for width in (3, 3, 6, 3, 6): Net(width)(torch.rand(2, width))\nnet = Net()\n"
        "net(torch.rand(5, 3)); net(torch.rand(9, 3))",
        [
            ("the_same_configuration_again.py → Net #1", FIXED),
            ("the_same_configuration_again.py → Net #3", FIXED),
            ("the_same_configuration_again.py → Net #6", FIXED),
        ],
    ),
    Situation(
        "a-test-suite",
        SUITE,
        [
            ("pytest a_test_suite.py → Net #1", FIXED),
            ("pytest a_test_suite.py → Net #2", FIXED),
            ("pytest a_test_suite.py → Net #4", FIXED),
            ("pytest a_test_suite.py → Plain #1", SAME),
        ],
        "pytest a_test_suite.py",
        note="pytest a_test_suite.py did not succeed: AssertionError: assert 1.0 == 7",
    ),
    Situation(
        "what-cannot-be-stored",
        "class Batch:\n    x = torch.rand(2, 3)\n"
        "class Takes(nn.Module):\n    def forward(self, batch): return batch.x\n"
        "Plain()(torch.rand(2)); Takes()(batch=Batch())",
        [
            ("what_cannot_be_stored.py → Plain #1", SAME),
            ("what_cannot_be_stored.py → Takes #1", CANNOT),
        ],
        words="it is called with a Batch, which cannot be stored as plain data",
    ),
    Situation(
        "fails-before-any-call",
        "def load():\n    raise ValueError('no data here')\nload()",
        [("fails_before_any_call.py", CANNOT)],
        words="no call of a model under the path was recorded: ValueError: no data here\n"
        '  File "ROOT/fails_before_any_call.py", line 5, in load',
    ),
    Situation(
        "fails-after-a-call",
        "Plain()(torch.rand(1))\nopen('gone.txt')",
        [("fails_after_a_call.py → Plain #1", SAME)],
        note="fails_after_a_call.py did not succeed: FileNotFoundError: [Errno 2] No such",
    ),
    Situation(
        "only-fails-in-a-call",
        "try: Net()(torch.rand(1, 5))\nexcept Exception: pass",
        [("only_fails_in_a_call.py", CANNOT)],
        words="the call of nets.Net fails: RuntimeError: mat1 and mat2 shapes cannot be multiplied",
    ),
    Situation("calls-nothing", "Net()", [("calls_nothing.py", CANNOT)], words="came to its end"),
    Situation(
        "lacks-an-argument",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--data', required=True)\n"
        "p.parse_args()",
        [("lacks_an_argument.py", CANNOT)],
        words="exit code 2: lacks_an_argument.py: error: the following arguments are required: "
        "--data",
    ),
    Situation(
        "reads-and-writes-files",
        DATA,
        [("reads_and_writes_files.py → Net #1", FIXED)],
        files={"data/sizes.json": '{"width": 4}', "results/kept.txt": "kept"},
    ),
    Situation(
        "from-a-folder-below",
        "import pathlib, sys\nassert pathlib.Path.cwd().name == 'below'\n"
        "assert sys.argv == [__file__, 'a'] and __name__ == '__main__'\nPlain()(torch.rand(1))",
        [("from_a_folder_below.py a → Plain #1", SAME)],
        "python ../from_a_folder_below.py a",
        folder="below",
    ),
    Situation(
        "as-a-module",
        "Plain()(torch.rand(1))",
        [("-m as_a_module → Plain #1", SAME)],
        "python -m as_a_module",
    ),
    Situation(
        "as-code",
        "",
        [("python -c → Plain #1", SAME)],
        'SIZE=2 python -c \'import os, torch, nets\nsize = int(os.environ["SIZE"])\n'
        "nets.Plain()(torch.rand(size))'",
    ),
    Situation(
        "wrapped-and-without-gradients",
        "with torch.inference_mode():\n"
        "    nn.DataParallel(nn.Sequential(Net(), nn.ReLU()))(torch.rand(2, 3))\n"
        "with torch.no_grad():\n    Net(4)(torch.rand(2, 4))",
        [
            ("wrapped_and_without_gradients.py → Net #1", FIXED),
            ("wrapped_and_without_gradients.py → Net #2", FIXED),
        ],
    ),
    Situation(
        "inside-of-another",
        "class Whole(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.net = Net()\n    def forward(self, x): return self.net(x)\n"
        "Whole()(torch.rand(2, 3))",
        [("inside_of_another.py → Whole #1", FIXED)],
    ),
    Situation(
        "in-other-processes",
        "from torch.utils.data import DataLoader\nplain = Plain()\n"
        "class Data(torch.utils.data.Dataset):\n    def __len__(self): return 4\n"
        "    def __getitem__(self, i): return plain(torch.rand(3))\n"
        "for batch in DataLoader(Data(), 2, num_workers=1): Net()(batch)",
        [("in_other_processes.py → Net #1", FIXED)],
    ),
    Situation(
        "more-of-a-class-than-anybody-wants",
        "for width in range(1, 9): Plain()(torch.rand(width))\nNet()(torch.rand(2, 3))",
        [
            *((f"more_of_a_class_than_anybody_wants.py → Plain #{n}", SAME) for n in range(1, 6)),
            ("more_of_a_class_than_anybody_wants.py → Net #1", FIXED),
        ],
        note="more_of_a_class_than_anybody_wants.py: at least 3 more configurations are called.",
    ),
    Situation(
        "more-than-anybody-wants",
        "for n in range(23): type(f'P{n}', (Plain,), {})()(torch.rand(1))\nraise SystemError",
        [(f"more_than_anybody_wants.py → P{n} #1", SAME) for n in range(20)],
        note="more_than_anybody_wants.py: at least 1 more configurations are called.",
    ),
    Situation(
        "with-stand-ins",
        "import absent\nfrom absent import REG\n@REG.register()\nclass Mine(Plain): pass\n"
        "class Tries(Plain):\n    def __init__(self):\n        super().__init__()\n"
        "        try: absent.load()\n        except Exception: pass\n"
        "Mine()(torch.rand(1)); Tries()(torch.rand(1)); image = absent.imread('x')\n"
        "for each in image: pass",
        [
            ("with_stand_ins.py → Mine #1", SAME),
            ("with_stand_ins.py → Tries #1", Outcome.CANNOT_BUILD),
        ],
        words="needs absent: absent is used (load)",
        note="with_stand_ins.py did not succeed: needs absent: absent.imread is iterated",
    ),
    Situation(
        "a-gpu-that-is-not-there",
        "torch.rand(1, device='cuda')",
        [("a_gpu_that_is_not_there.py", CANNOT)],
        words="(cases run without a GPU: let the command take the CPU)",
    ),
    Situation(
        "a-gpu-that-can-be-done-without",
        "device = torch.device('cuda:0')\ntorch.save(Net().state_dict(), 'net.pth')\n"
        "net = Net().to(device).cuda(); net.load_state_dict(torch.load('net.pth', 'cuda'))\n"
        "net.to(0).to(torch.float64)(torch.rand(2, 3).to('cuda', torch.float64).cuda())",
        [("a_gpu_that_can_be_done_without.py → Net #1", FIXED)],
        note="a_gpu_that_can_be_done_without.py asks for a GPU and is given the CPU.",
    ),
    Situation(
        "ends-its-process",
        "import os\nos._exit(3)",
        [("ends_its_process.py", CANNOT)],
        words="it ended the process that it ran in",
    ),
    Situation(
        "kills-its-parent",
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nimport time\ntime.sleep(100)",
        [("kills_its_parent.py", Outcome.CRASHED)],
    ),
    Situation(
        "scripts-a-network",
        "net = torch.jit.script(Net())\nnet.eval()\nprint(net.code, net.graph)\n"
        "net.save('net.pt')\nloaded = torch.jit.load('net.pt')\n"
        "loaded(torch.rand(2, 3))\nassert not hasattr(Plain(), 'save')",
        [("scripts_a_network.py → Net #1", FIXED)],
    ),
    Situation(
        "scripts-and-calls-none",
        "for net in (Net(), Net(), Plain()):\n    torch.jit.save(torch.jit.script(net), 'net.pt')\n"
        "Plain()(torch.rand(2))",
        [
            ("scripts_and_calls_none.py → Plain #2", SAME),
            ("scripts_and_calls_none.py → Net #1", Outcome.COMPILES),
            ("scripts_and_calls_none.py → Plain #1", Outcome.COMPILES),
        ],
    ),
    Situation(
        "traces-and-exports",
        "torch.jit.trace(Net(), torch.rand(2, 3)).save('net.pt')\n"
        "torch.jit.trace(Net(4), (torch.rand(2, 4),))\n"
        "torch.onnx.export(Net(5), (torch.rand(2, 5), {}), 'net.onnx')\n"
        "torch.export.export(Plain(), (torch.rand(2),))",
        [
            *((f"traces_and_exports.py → Net #{n}", FIXED) for n in range(1, 4)),
            ("traces_and_exports.py → Plain #1", SAME),
        ],
    ),
    Situation(
        "scripts-a-part-of-what-it-builds",
        "class Whole(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        "        self.part = torch.jit.script(Plain())\n"
        "        assert isinstance(self.part, torch.jit.ScriptModule)\n"
        "        self.code = nn.Linear(3, 3)\n"
        "    def forward(self, x): return self.part(self.code(x))\n"
        "whole = torch.jit.script(Whole())\nassert whole.code.weight is not None\n"
        "whole(torch.rand(2, 3))",
        [("scripts_a_part_of_what_it_builds.py → Whole #1", SAME)],
    ),
    Situation("after-all-that", "Plain()(torch.rand(1))", [("after_all_that.py → Plain #1", SAME)]),
]


class Recorded:
    """All commands, observed and verified with a good rewrite."""

    def __init__(self, root: Path) -> None:
        (root / "nets.py").write_text(NETS)
        (root / "below").mkdir()
        for each in SITUATIONS:
            (root / each.file).write_text(each.start + each.script + "\n")
            for name, text in each.files.items():
                (root / name).parent.mkdir(exist_ok=True)
                (root / name).write_text(text)
        self.root = root
        self.commands = {each.name: command(root, each) for each in SITUATIONS}
        self.before = listing(root)
        self.observations: dict[str, Sequence[Observation]] = {}
        self.verdicts: dict[str, Sequence[Verdict]] = {}
        with verifier(root) as entered:
            for name, each in self.commands.items():
                self.observations[name] = entered.observe([each]).cases
                after = {root / "nets.py": GOOD.encode()}
                self.verdicts[name] = entered.verify([each], after)
            self.notes = entered.notes


def command(root: Path, situation: Situation) -> RecordedCommand:
    folder = (root / situation.folder).resolve()
    return parse_command(situation.command.replace("SCRIPT", situation.file), folder, Path("/bin"))


def verifier(root: Path, seconds: float = 60) -> Verifier:
    files = sorted(root.rglob("*.py"))
    return Verifier(root, files, limits=Limits(seconds=seconds), jobs=1, stub_missing=True)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return Recorded(tmp_path_factory.mktemp("commands"))


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_the_cases_of_a_command(situation: Situation, recorded: Recorded) -> None:
    verdicts = recorded.verdicts[situation.name]
    told = [(verdict.case, verdict.outcome) for verdict in verdicts]
    assert told == list(situation.cases), [verdict.message for verdict in verdicts]
    assert situation.words.replace("ROOT", str(recorded.root)) in verdicts[-1].message
    if situation.note:
        assert any(note.startswith(situation.note) for note in recorded.notes), recorded.notes


def test_the_users_tree_is_as_it_was(recorded: Recorded) -> None:
    assert listing(recorded.root) == recorded.before


def test_the_constructors_count_as_reached(recorded: Recorded) -> None:
    path = recorded.root / "nets.py"
    (observation,) = recorded.observations["a-training-loop"]
    names = {"Net.__init__", "Net.forward", "Block.__init__", "Block.forward"}
    assert {(path, name) for name in names} == observation.reached


WRONG = {
    "another-output": (GOOD.replace("return x\n", "return x * 1.5\n", 1), "output: 6 of 6 numbers"),
    "other-initial-numbers": (
        GOOD.replace("self.fc = nn", "nn.Linear(1, 1)\n        self.fc = nn"),
        "initialised with other numbers",
    ),
    "another-key": (GOOD.replace("self.fc", "self.linear"), "4 keys are gone"),
    "no-such-call": (
        GOOD.replace("class Net(nn.Module)", "class Other(nn.Module): pass\nclass Net(nn.Module)")
        + "\nNet = lambda *_: print\n",
        "the command did not come to this call: it came to its end",
    ),
    "an-error-before-the-call": (
        GOOD.replace("super().__init__()", "super().__init__(); self.x = 1 / (width - width)"),
        "did not come to this call: ZeroDivisionError: division by zero",
    ),
    "no-module-any-more": (GOOD + "\nraise ValueError('gone')\n", "ValueError: gone"),
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    root = tmp_path_factory.mktemp("wrong")
    (root / "nets.py").write_text(NETS)
    (root / "demo.py").write_text(START + "print(Net()(torch.rand(2, 3)))\n")
    given = parse_command("python demo.py", root.resolve(), Path("/bin"))
    with verifier(root) as entered:
        return {
            name: entered.verify([given], {root / "nets.py": text.encode()})[0]
            for name, (text, _) in WRONG.items()
        }


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rewrite_is_found_out(name: str, wrong: dict[str, Verdict]) -> None:
    changed = {Outcome.BEHAVIOUR_CHANGED, Outcome.CHECKPOINT_CHANGED}
    assert wrong[name].outcome in changed, wrong[name].message
    assert WRONG[name][1] in wrong[name].message


def test_without_a_sandbox_no_command_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "why_uncontained", lambda: "there is no sandbox")
    script = tmp_path / "demo.py"
    script.write_text(f"open({str(tmp_path / 'written')!r}, 'w')\n")
    given = parse_command("python demo.py", tmp_path.resolve(), Path("/bin"))
    with verifier(tmp_path) as entered:
        with pytest.raises(VerifierUnavailable, match="--run needs bubblewrap"):
            entered.observe([given])
        assert not entered.observe([replace(given, likely="demo.py")]).cases
    assert not (tmp_path / "written").exists()


def test_a_script_outside_of_the_import_root(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "demo.py").write_text("")
    given = parse_command("python demo.py", tmp_path.resolve(), Path("/bin"))
    with verifier(tmp_path / "nets") as entered:
        (found,) = entered.observe([given]).cases
    assert found.outcome is CANNOT
    assert f"lies outside of the import root {tmp_path}/nets (--import-root" in found.message


@pytest.mark.parametrize(
    "said", [None, [], {"cls": "N"}, {"cls": "N", "refused": "", "instance": "x", "call": 1}]
)
def test_what_is_no_call_is_none(said: object) -> None:
    assert recording.call_of(said) is None


def test_a_name_with_a_line_break_stays_in_its_line() -> None:
    call = recording.call_of({"cls": "N\n\x1b[31m", "refused": "", "instance": 1, "call": 1})
    assert call is not None
    assert call.call.cls == "N??[31m"


def test_a_loop_that_calls_no_model_is_ended_by_what_was_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LIKELY_WORK", 0.5)
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "demo.py").write_text(f"{START}while True: nn.Linear(1, 1)\n")
    given = parse_command("python demo.py", tmp_path.resolve(), Path("/bin"))
    with verifier(tmp_path) as entered:
        assert not entered.observe([replace(given, likely="demo.py")]).cases
        notes, ended = entered.notes, entered.time_limits
    [note] = notes
    assert note.endswith(
        "no call of a model under the path was recorded: " "it was ended after 0.5 s of work"
    )
    assert ended == ()


def test_a_loop_without_end_is_stopped_and_what_it_showed_is_kept(tmp_path: Path) -> None:
    (tmp_path / "nets.py").write_text(NETS)
    (tmp_path / "train.py").write_text(f"{START}net = Net()\nwhile True: net(torch.rand(1, 3))\n")
    (tmp_path / "hangs.py").write_text("import time\ntime.sleep(1000)\n")
    given = [
        parse_command(f"python {name}.py", tmp_path.resolve(), Path("/bin"))
        for name in ("train", "hangs")
    ]
    with verifier(tmp_path, seconds=20) as entered:
        verdicts = entered.verify(given, {tmp_path / "nets.py": GOOD.encode()})
        notes, ended = entered.notes, entered.time_limits
    assert [verdict.outcome for verdict in verdicts] == [FIXED, Outcome.TIMED_OUT]
    assert notes == ()  # the loop was ended by what was counted, and not by the clock
    assert "it took more than 20 s" in verdicts[1].message
    assert ended == ("running hangs.py (20 s)",)
