"""Cases whose original behaves oddly: none stops the others, and each has the verdict it should."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.verify.conftest import listing
from tests.verify.models import LOOP, PYTHON_METHOD, UNROLLED, Situation, situation, stem
from torchscript_fix.cases import WrittenCases, parse_declared
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Limits, Observations, Verifier

HEAD = "class Net"
INIT = "super().__init__()"
FIRST = "    def forward(self, x):\n"
LAST = "return x"
MEGABYTES = 40
SECONDS = 12.0


def odd(
    name: str,
    outcome: Outcome,
    *changes: tuple[str, str],
    words: str = "",
    inputs: tuple[str, ...] = ("torch.rand(2, 3)",),
) -> Situation:
    """A model that needs its loop unrolled, with something odd about it beside."""
    before = LOOP
    for old, new in changes:
        assert before.count(old) == 1, (name, old)
        before = before.replace(old, new)
    return situation(name, before, UNROLLED, outcome, words=words, inputs=inputs)


def before(place: str, lines: str) -> tuple[str, str]:
    """More lines before a place, as deep as it stands."""
    return place, f"{lines}\n{' ' * 8}{place}"


def after_init(line: str) -> tuple[str, str]:
    return INIT, f"{INIT}\n        {line}"


def with_head(lines: str) -> tuple[str, str]:
    return HEAD, f"{lines}\n\n\n{HEAD}"


FIXED, FAILING = Outcome.FIXED, Outcome.STILL_FAILING
CANNOT_BUILD, CANNOT_RUN = Outcome.CANNOT_BUILD, Outcome.CANNOT_RUN

SITUATIONS = [
    odd("random-in-eager-mode", FIXED, (LAST, "return x + torch.randn_like(x)")),
    odd(
        "random-by-python",
        FAILING,
        with_head("import random"),
        (LAST, "return x + random.random()"),
    ),
    odd(
        "random-by-numpy-while-building",
        FIXED,
        with_head("import numpy"),
        before("self.fcs =", "self.scale = float(numpy.random.rand())"),
        (LAST, "return x * self.scale"),
    ),
    odd(
        "no-two-runs-are-alike",
        FAILING,
        with_head("import os"),
        (LAST, "return x + torch.tensor(list(os.urandom(x.numel()))).view_as(x)"),
        inputs=("torch.rand(1000, 3)",),
    ),
    odd(
        "an-input-is-changed",
        FIXED,
        before(LAST, "x.relu_()"),
        (FIRST, FIRST + "        x.add_(1)\n"),
    ),
    odd(
        "an-input-list-grows",
        FIXED,
        ("self, x", "self, xs: List[torch.Tensor]"),
        ("        for i", "        x = xs[0]\n        xs.append(x)\n        for i"),
        inputs=("[torch.rand(2, 3)]",),
    ),
    odd(
        "an-attribute-is-changed",
        FIXED,
        before("self.fcs =", "self.calls = 0"),
        before(LAST, "self.calls += 1"),
    ),
    odd(
        "a-buffer-is-changed",
        FIXED,
        before("self.fcs =", "self.register_buffer('mean', torch.zeros(3))"),
        before(LAST, "self.mean = self.mean * 0.9 + x.mean(0) * 0.1"),
    ),
    odd("an-attribute-is-made-in-forward", FAILING, before(LAST, "self.last = x"), words="last"),
    odd("a-global-is-changed", FAILING, with_head("CALLS = []"), before(LAST, "CALLS.append(1)")),
    odd(
        "a-global-decides",
        FAILING,
        with_head("CALLS = []"),
        before(LAST, "CALLS.append(1)"),
        (LAST, "return x * len(CALLS)"),
    ),
    odd(
        "torch-is-set-otherwise",
        FIXED,
        with_head("torch.set_default_dtype(torch.float64)"),
        inputs=("torch.rand(2, 3, dtype=torch.float64)",),
    ),
    odd(
        "random-numbers-are-seeded-in-forward",
        FIXED,
        before(LAST, "torch.manual_seed(3)"),
        (LAST, "return x + torch.rand(1)"),
    ),
    odd("a-generator-is-kept", FIXED, before("self.fcs =", "self.steps = (i for i in range(3))")),
    odd(
        "a-generator-is-used",
        FAILING,
        before("self.fcs =", "self.steps = (i for i in range(3))"),
        (LAST, "return x + next(self.steps)"),
    ),
    odd(
        "a-generator-of-random-numbers-is-kept",
        FAILING,
        before("self.fcs =", "self.source = torch.Generator()"),
        words="Generator",
    ),
    odd(
        "a-lock-is-kept",
        FIXED,
        with_head("import threading"),
        before("self.fcs =", "self.lock = threading.Lock()"),
    ),
    odd(
        "a-file-is-read",
        FIXED,
        before("self.fcs =", "self.size = len(open(__file__).read()) * 0 + 1"),
        (LAST, "return x * self.size"),
    ),
    odd("a-file-is-left-open", FIXED, before("self.fcs =", "self.source = open(__file__)")),
    odd(
        "a-file-is-written-where-we-are",
        FIXED,  # it goes to scratch
        before("self.fcs =", "open('log.txt', 'w').write('built')"),
    ),
    odd(
        "a-temporary-file-is-written",
        FIXED,
        with_head("import tempfile"),
        before("self.fcs =", "tempfile.NamedTemporaryFile().write(b'built')"),
    ),
    odd(
        "a-file-of-the-users-is-written",
        FIXED,
        before("self.fcs =", "open(__file__ + '.log', 'w').write('built')"),
    ),
    odd(
        "a-file-is-missing",
        CANNOT_BUILD,
        before("self.fcs =", "open('weights.bin')"),
        words="weights.bin",
    ),
    odd("it-needs-a-gpu", CANNOT_BUILD, (INIT, INIT + "\n        self.w = torch.zeros(1).cuda()")),
    odd("it-runs-on-a-gpu", CANNOT_RUN, before(LAST, "x = x.cuda()")),
    odd("its-inputs-are-on-a-gpu", CANNOT_RUN, inputs=("torch.rand(2, 3, device='cuda')",)),
    odd(
        "it-uses-a-gpu-where-there-is-one",
        FIXED,
        before("self.fcs =", "self.device = 'cuda' if torch.cuda.is_available() else 'cpu'"),
        (LAST, "return x.to(self.device)"),
    ),
    odd("it-prints-megabytes", FIXED, before("self.fcs =", f"print('x' * {MEGABYTES << 20})")),
    odd(
        "it-prints-megabytes-as-it-runs",
        FAILING,
        with_head("import sys"),
        before(LAST, f"sys.stderr.write('x' * {MEGABYTES << 20})"),
    ),
    odd(
        "a-dataclass-comes-out",
        FAILING,
        with_head("import dataclasses\n@dataclasses.dataclass\nclass Result:\n    x: torch.Tensor"),
        (LAST, "return Result(x)"),
    ),
    odd("a-dictionary-with-numbers-for-keys", FIXED, (LAST, "return {0: x, 7: x + 1}")),
    odd("a-dictionary-with-mixed-keys", FAILING, (LAST, "return {0: x, 'a': x + 1}")),
    odd(
        "a-dictionary-goes-in",
        FIXED,
        ("self, x", "self, xs: 'Dict[int, torch.Tensor]'"),
        ("        for i", "        x = xs[3]\n        for i"),
        ("import List", "import Dict, List"),
        inputs=("{3: torch.rand(2, 3)}",),
    ),
    odd("none-in-none", FIXED, (LAST, "return x, None, (None, (None, x)), [None, None]")),
    odd("sparse-comes-out", FIXED, (LAST, "return x.to_sparse()")),
    odd(
        "sparse-goes-in",
        FIXED,
        ("        for i", "        x = x.to_dense()\n        for i"),
        inputs=("torch.eye(3).to_sparse()",),
    ),
    odd(
        "complex-numbers",
        FIXED,
        ("        for i", "        x = x.abs()\n        for i"),
        (LAST, "return torch.complex(x, x), 1j"),
        inputs=("torch.rand(2, 3, dtype=torch.complex64)",),
    ),
    odd("nothing-in-a-tensor", FIXED, inputs=("torch.rand(0, 3)",)),
    odd("not-a-number", FIXED, inputs=("torch.full((2, 3), float('nan'))",)),
    odd("not-a-number-beside-the-tensors", FIXED, (LAST, "return x, float('nan'), float('inf')")),
    odd("a-large-model", FIXED, after_init("self.w = nn.Parameter(torch.zeros(1 << 25))")),
    odd(
        "more-than-memory",
        Outcome.CANNOT_RUN,
        before("self.fcs =", "self.w = nn.Parameter(torch.zeros(1 << 34))"),
        words="that --memory allows",
    ),
    odd(
        "a-forward-without-end",
        Outcome.TIMED_OUT,
        with_head("import time"),
        before(LAST, "time.sleep(60)"),
        words="12 s",
    ),
    odd("nothing-comes-out", FIXED, (LAST, "self.fcs[0](x)")),
    odd("an-exit", CANNOT_RUN, before(LAST, "raise SystemExit(3)")),
    odd(
        "a-warning-each-time",
        FIXED,
        with_head("import warnings"),
        before("self.fcs =", "warnings.warn('old')"),
    ),
    odd("no-gradients-at-all", FIXED, (LAST, "return x.detach().round().long()")),
]


@dataclass(frozen=True)
class Odd:
    root: Path
    before: dict[str, bytes]
    observations: Observations
    verdicts: dict[str, Verdict]


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Odd]:
    root = tmp_path_factory.mktemp("odd")
    cases, after = [], {}
    for each in SITUATIONS:
        path = root / f"{stem(each.name)}.py"
        path.write_text(each.before + PYTHON_METHOD)
        after[path] = (each.after + PYTHON_METHOD).encode()
        cases.append(parse_declared(f"{each.name}={path.stem}:Net()", list(each.inputs)))
    tree = listing(root)
    with Verifier(root, list(after), limits=Limits(seconds=SECONDS)) as verifier:
        observations = verifier.observe(cases)
        verdicts = verifier.verify(cases, after)
    yield Odd(root, tree, observations, {verdict.case: verdict for verdict in verdicts})


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_the_verdict(situation: Situation, verified: Odd) -> None:
    verdict = verified.verdicts[situation.name]
    assert verdict.outcome is situation.outcome, verdict.message
    assert situation.words in verdict.message


def test_the_users_tree_is_as_it_was(verified: Odd) -> None:
    assert listing(verified.root) == verified.before


CASES = """
import torch
from torchscript_fix import Case

def inputs():
    return (torch.rand(2, 3),), {}

def cases(module):
    if FAILS_AT_ONCE:
        raise RuntimeError("no cases")
    yield Case("first", module.Net, inputs)
    raise RuntimeError("no more cases")
"""


def verified_by(cases: Path, root: Path) -> dict[str, Verdict]:
    """The verdicts of the plain model, by cases of a file."""
    path = root / "net.py"
    path.write_text(LOOP + PYTHON_METHOD)
    with Verifier(root, [path], limits=Limits(seconds=60)) as verifier:
        verdicts = verifier.verify(
            [WrittenCases(cases)], {path: (LOOP + PYTHON_METHOD).replace(*UNROLLED).encode()}
        )
    return {verdict.case: verdict for verdict in verdicts}


def test_cases_that_end_by_an_error(tmp_path: Path) -> None:
    cases = tmp_path / "cases.py"
    cases.write_text(CASES.replace("FAILS_AT_ONCE", "False"))
    root = tmp_path / "root"
    root.mkdir()
    verdicts = verified_by(cases, root)
    assert verdicts["net::first"].outcome is FIXED
    after = verdicts["net::the case after first"]
    assert after.outcome is CANNOT_BUILD
    assert after.message.startswith("RuntimeError: no more cases")


def test_cases_that_begin_by_an_error(tmp_path: Path) -> None:
    cases = tmp_path / "cases.py"
    cases.write_text(CASES.replace("FAILS_AT_ONCE", "True"))
    root = tmp_path / "root"
    root.mkdir()
    (verdict,) = verified_by(cases, root).values()
    assert verdict.outcome is CANNOT_BUILD
    assert "no cases" in verdict.message


@pytest.mark.skipif(
    not os.environ.get("TORCHSCRIPT_FIX_LARGE"),
    reason="takes 8 GB and minutes: set TORCHSCRIPT_FIX_LARGE",
)
def test_a_model_of_two_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.py"
    text = LOOP.replace(*after_init("self.w = nn.Parameter(torch.zeros(1 << 29))")) + PYTHON_METHOD
    path.write_text(text)
    case = parse_declared("large:Net()", ["torch.rand(2, 3)"])
    with Verifier(tmp_path, [path], limits=Limits(seconds=300)) as verifier:
        (verdict,) = verifier.verify([case], {path: text.replace(*UNROLLED).encode()})
    assert verdict.outcome is FIXED, verdict.message
