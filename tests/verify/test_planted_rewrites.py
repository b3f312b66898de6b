"""Wrong rewrites, planted: each compiles, each is caught, and its honest twin is let through."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.verify.models import stem
from tests.verify.plants import FAILING, PLANTS, Plant
from torchscript_fix.cases import parse_declared
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Limits, Verifier

_SCRIPT = """
import importlib, sys, warnings
warnings.filterwarnings("ignore")
import torch
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    torch.manual_seed(0)
    try:
        torch.jit.script(importlib.import_module(name).Net().eval())
        print(name)
    except Exception as error:
        print(name, error, file=sys.stderr)
"""


@dataclass(frozen=True)
class Proof:
    """What the verifier said of each plant: as it was, honestly mended, wrongly mended."""

    original: dict[str, Outcome]
    honest: dict[str, Verdict]
    wrong: dict[str, Verdict]


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proof]:
    root = tmp_path_factory.mktemp("plants")
    paths = {each: root / f"{stem(each.name)}.py" for each in PLANTS}
    for each, path in paths.items():
        path.write_text(each.original)
    cases = [
        parse_declared(f"{each.name}={path.stem}:Net()", list(each.inputs))
        for each, path in paths.items()
    ]
    with Verifier(root, list(paths.values()), limits=Limits(seconds=60)) as verifier:
        observed = verifier.observe(cases)
        honest = verifier.verify(cases, {path: p.honest.encode() for p, path in paths.items()})
        wrong = verifier.verify(cases, {path: p.wrong.encode() for p, path in paths.items()})
    yield Proof(
        {each.name: each.outcome for each in observed.cases},
        {each.case: each for each in honest},
        {each.case: each for each in wrong},
    )


@pytest.mark.parametrize("planted", PLANTS, ids=lambda each: each.name)
def test_a_planted_mistake_is_caught(planted: Plant, proof: Proof) -> None:
    verdict = proof.wrong[planted.name]
    assert verdict.outcome is planted.outcome, verdict.message
    assert planted.words in verdict.message


@pytest.mark.parametrize("planted", PLANTS, ids=lambda each: each.name)
def test_the_honest_rewrite_is_let_through(planted: Plant, proof: Proof) -> None:
    assert proof.original[planted.name] is FAILING
    verdict = proof.honest[planted.name]
    assert verdict.outcome is Outcome.FIXED, verdict.message


def test_the_compiler_takes_every_planted_rewrite(tmp_path: Path) -> None:
    """Else it would be the compiler that catches them."""
    for each in PLANTS:
        (tmp_path / f"{stem(each.name)}.py").write_text(each.wrong)
    names = [stem(each.name) for each in PLANTS]
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == names, done.stderr
