"""A checkpoint or a download that is not there: passed over where we look for cases ourselves, and
an error where somebody named the case."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.verify.models import HEAD, LINEAR, LOOP, UNROLLED, net
from torchscript_fix.cases import DeducedCase, RecordedCommand, parse_declared
from torchscript_fix.cases.candidates import Candidate
from torchscript_fix.cases.settings import Settings
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Budget, Limits, Verifier

FINE, BUILD, RUN = Outcome.ALREADY_SCRIPTABLE, Outcome.CANNOT_BUILD, Outcome.CANNOT_RUN
INPUT = "torch.rand(2, 3)"
LOADED = "ckpt = torch.load('gone.pth', map_location='cpu')"


@dataclass(frozen=True)
class Situation:
    """What a model does when it is built, and what becomes of it where nobody named it."""

    name: str
    init: str
    outcome: Outcome = FINE
    words: str = ""
    forward: str = "return self.fc(x)"
    top: str = ""


SITUATIONS = [
    Situation("a-checkpoint", "self.load_state_dict(torch.load('gone.pth'))"),
    Situation(
        "what-is-in-one",
        f"{LOADED} ; self.fc.load_state_dict(ckpt['model']['fc'], strict=False)",
    ),
    Situation(
        "with-other-keys",
        f"{LOADED} ; ckpt = ckpt.get('state_dict', ckpt) ; "
        "self.load_state_dict({k.replace('module.', ''): v for k, v in ckpt.items()})",
    ),
    Situation(
        "put-together",
        f"{LOADED} ; from collections import OrderedDict ; new = OrderedDict() ; "
        "for k, v in ckpt['model'].items(): ;     new[k[7:]] = v ; self.load_state_dict(new)",
    ),
    Situation(
        "asked-for-what-it-is",
        f"{LOADED} ; if isinstance(ckpt, dict) and 'model' in ckpt: ;     ckpt = ckpt['model'] ; "
        "ckpt.pop('fc.weight') ; del ckpt['fc.bias'] ; ckpt['n'] = 3 ; dict(ckpt) ; list(ckpt) ; "
        "missing, more = self.load_state_dict(ckpt, strict=False) ; assert not missing + more",
    ),
    Situation(
        "merged-into-its-own",
        f"{LOADED} ; own = self.state_dict() ; "
        "own.update({k: v for k, v in ckpt.items() if k in own}) ; self.load_state_dict(own)",
    ),
    Situation(
        "an-optimizer-too",
        f"{LOADED} ; torch.optim.SGD(self.parameters(), 1.0).load_state_dict(ckpt['optimizer'])",
    ),
    Situation(
        "held-and-not-used", "self.ckpt = torch.load('gone.pth') ; epoch = self.ckpt['epoch']"
    ),
    Situation("a-pointer-of-git-lfs", "self.load_state_dict(torch.load(HERE / 'pointer.pth'))"),
    Situation(
        "by-a-url",
        "from torch.utils.model_zoo import load_url ; "
        "self.load_state_dict(torch.hub.load_state_dict_from_url('https://a.b/c.pth')) ; "
        "self.load_state_dict(load_url('https://a.b/d.pth', progress=False))",
    ),
    Situation(
        "downloaded-first",
        "self.load_state_dict(fetched('https://a.b/c.pth', '/tmp/c.pth')) ; "
        "urllib.request.urlretrieve('https://a.b/d.pth', '/tmp/d.pth') ; "
        "self.load_state_dict(torch.load('/tmp/d.pth'))",
        top="import urllib.request\nfrom urllib.request import urlopen, Request\n"
        "def fetched(url, to):\n    u = urlopen(Request(url))\n    n = u.info().get_all('Length')\n"
        "    assert n is None\n    with open(to, 'wb') as f:\n        f.write(u.read(8192))\n"
        "    return torch.load(to)\n",
    ),
    Situation(
        "when-imported",
        "self.load_state_dict(CKPT['model'])",
        top="CKPT = torch.load('gone.pth')\n",
    ),
    Situation(
        "with-a-way-of-its-own",
        "try: ;     ckpt = torch.load('gone.pth') ; except FileNotFoundError: ;     ckpt = None ; "
        "assert ckpt is None",
    ),
    Situation(
        "a-download-with-a-way-of-its-own",
        "try: ;     torch.hub.load_state_dict_from_url('https://a.b/c.pth') ;     assert False "
        "; except OSError: ;     pass",
    ),
    Situation(
        "one-that-is-there-still-counts",
        "torch.save({'fc.weight': torch.ones(3, 3), 'fc.bias': torch.ones(3)}, '/tmp/there.pth') ; "
        "self.load_state_dict(torch.load('/tmp/there.pth')) ; assert self.fc.bias.sum() == 3",
    ),
    Situation(
        "keys-that-are-missing-in-one-that-is-there",
        "self.load_state_dict({'fc.weight': torch.ones(3, 3)})",
        BUILD,
        "Missing key",
    ),
    Situation("nothing-at-all", "self.load_state_dict({})", BUILD, "Missing key"),
    Situation(
        "a-truth", f"{LOADED} ; self.n = 1 if ckpt.get('ema') else 2", BUILD, "one of them decides"
    ),
    Situation(
        "a-number",
        f"{LOADED} ; self.c = nn.Linear(ckpt['width'], 3)",
        BUILD,
        "weights that are not",
    ),
    Situation("compared", f"{LOADED} ; self.n = ckpt['n'] == 3", BUILD, "one of them is compared"),
    Situation(
        "caught-when-it-is-used",
        f"{LOADED} ; try: ;     n = int(ckpt['n']) ; except Exception: ;     n = 3",
        BUILD,
        "one of them is taken for a number",
    ),
    Situation(
        "held-and-used-in-forward",
        LOADED.replace("ckpt", "self.ckpt", 1),
        RUN,
        "weights that are not there",
        forward="return self.fc(x) * self.ckpt['scale']",
    ),
    Situation(
        "loaded-in-forward-and-used",
        "pass",
        RUN,
        "No such file or directory: 'gone.pth'",
        forward="return self.fc(x) + len(torch.load('gone.pth'))",
    ),
    Situation(
        "loaded-into-it-in-forward",
        LOADED.replace("ckpt", "self.ckpt", 1),
        RUN,
        "weights that are not there",
        forward="self.load_state_dict(self.ckpt) ; return self.fc(x)",
    ),
    Situation(
        "asked-for-its-class-in-forward",
        LOADED.replace("ckpt", "self.ckpt", 1),
        RUN,
        "one of them is asked for its class",
        forward="return self.fc(x) if isinstance(self.ckpt, dict) else x",
    ),
    Situation(
        "names-from-the-network",
        "import urllib.request ; "
        "names = urllib.request.urlopen('https://a.b/names.txt').read().split() ; "
        "self.out = nn.Linear(3, len(names))",
        BUILD,
        "needs a download of https://a.b/names.txt",
    ),
    Situation(
        "a-weight-of-it",
        f"{LOADED} ; self.w = nn.Parameter(ckpt['w'])  # no detach",
        BUILD,
        "weights that are not there have no detach",
    ),
]


def text(situation: Situation) -> str:
    return net(f"{LINEAR} ; {situation.init}", situation.forward, head=PATHS + situation.top)


PATHS = "import pathlib\nHERE = pathlib.Path(__file__).parent\n"


def stem(situation: Situation) -> str:
    return situation.name.replace("-", "_")


@dataclass(frozen=True)
class Run:
    root: Path
    verdicts: dict[str, Verdict]
    notes: tuple[str, ...]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("weights")
    (root / "pointer.pth").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\n")
    for each in SITUATIONS:
        (root / f"{stem(each)}.py").write_text(text(each))
    return root


@pytest.fixture(scope="module")
def run(root: Path) -> Run:
    cases = [DeducedCase(f"{stem(each)}:Net()", (INPUT,)) for each in SITUATIONS]
    with Verifier(root, sorted(root.glob("*.py")), limits=Limits(seconds=60)) as verifier:
        verdicts = verifier.verify(cases, {})
        by_name = {verdict.case.partition(":")[0]: verdict for verdict in verdicts}
        return Run(root, by_name, verifier.notes)


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_weights_that_are_not_there(situation: Situation, run: Run) -> None:
    verdict = run.verdicts[stem(situation)]
    assert verdict.outcome is situation.outcome, verdict.message
    assert situation.words in verdict.message


def test_each_line_that_was_passed_over_is_said_once(run: Run) -> None:
    told = [note for note in run.notes if note.startswith("Weights that are not there were passed")]
    place = f"{run.root / 'a_checkpoint.py'}:10: gone.pth"
    assert told.count(f"Weights that are not there were passed over: {place}") == 1
    assert len(told) == len(set(told))


def test_a_case_that_somebody_named_has_its_error(root: Path) -> None:
    names = ["a-checkpoint", "by-a-url", "a-pointer-of-git-lfs"]
    stems = [name.replace("-", "_") for name in names]
    cases = [parse_declared(f"{stem}:Net()", [INPUT]) for stem in stems]
    with Verifier(root, sorted(root.glob("*.py")), stub_missing=True) as verifier:
        verdicts = verifier.verify(cases, {})
        assert not any("passed over" in note for note in verifier.notes)
    assert [verdict.outcome for verdict in verdicts] == [BUILD] * 3
    assert "No such file or directory: 'gone.pth'" in verdicts[0].message
    assert "needs a download of https://a.b/c.pth" in verdicts[1].message


def test_a_rewrite_is_run_without_them_as_well(tmp_path: Path) -> None:
    head = "def weights():\n    return torch.load('gone.pth')\n"
    before = LOOP.replace(HEAD, HEAD + head).replace(
        "    def forward", "        self.load_state_dict(weights()['model'])\n    def forward"
    )
    (tmp_path / "net.py").write_text(before)
    after = before.replace(*UNROLLED).encode()
    with Verifier(tmp_path, [tmp_path / "net.py"]) as verifier:
        case = DeducedCase("net:Net()", (INPUT,))
        (verdict,) = verifier.verify([case], {tmp_path / "net.py": after})
    assert verdict.outcome is Outcome.FIXED, verdict.message


def test_they_are_passed_over_while_cases_are_looked_for(tmp_path: Path) -> None:
    builder = "def build():\n    model = Net()\n    model.load_state_dict(torch.load('gone.pth'))\n"
    (tmp_path / "net.py").write_text(
        net(LINEAR, "return self.fc(x)") + builder + "    return model\n"
    )
    with Verifier(tmp_path, [tmp_path / "net.py"]) as verifier:
        candidate = Candidate("net", "build", needs_nothing=True)
        (explored,) = verifier.explore([candidate], Settings(), Budget(each=10))
        assert explored.case is not None, explored.why_not
        assert any("net.py:12: gone.pth" in note for note in verifier.notes)


@pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())
@pytest.mark.parametrize("likely", ["demo.py", ""])
def test_a_command_that_nobody_named_goes_on_without_them(likely: str, tmp_path: Path) -> None:
    script = (
        "import torch\nfrom net import Net\ndef main():\n    model = Net()\n"
        "    ckpt = torch.load('gone.pth')\n    model.load_state_dict(ckpt['model'])\n"
        "    print(model(torch.rand(2, 3)))\nmain()\n"
    )
    (tmp_path / "net.py").write_text(net(LINEAR, "return self.fc(x)"))
    (tmp_path / "demo.py").write_text(script)
    command = RecordedCommand(
        "python demo.py", "script", str(tmp_path / "demo.py"), (), tmp_path, likely=likely
    )
    with Verifier(tmp_path, sorted(tmp_path.glob("*.py"))) as verifier:
        (verdict,) = verifier.verify([command], {})
        assert any("demo.py:5: gone.pth" in note for note in verifier.notes) == bool(likely)
    assert (verdict.outcome is FINE) == bool(likely), verdict.message
