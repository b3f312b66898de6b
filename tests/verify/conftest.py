"""Projects to verify, and what the verifier says of them; workers start once for a whole file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.verify.models import PYTHON_METHOD, SITUATIONS, stem
from torchscript_fix.cases import DeclaredCase, parse_declared
from torchscript_fix.verify.verdict import Verdict
from torchscript_fix.verify.verifier import Limits, Observation, Observations, Verifier


class Verified:
    """The project of all situations, observed and verified at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cases: dict[str, DeclaredCase] = {}
        after: dict[Path, bytes] = {}
        for each in SITUATIONS:
            path = root / f"{stem(each.name)}.py"
            path.write_text(each.before + PYTHON_METHOD)
            after[path] = (each.after + PYTHON_METHOD).encode()
            self.cases[each.name] = parse_declared(
                f"{each.name}={path.stem}:Net()", list(each.inputs)
            )
        self.before = listing(root)
        with Verifier(root, list(after), limits=Limits(seconds=60)) as verifier:
            self.observations: Observations = verifier.observe(list(self.cases.values()))
            verdicts = verifier.verify(list(self.cases.values()), after)
        self.verdicts: dict[str, Verdict] = {verdict.case: verdict for verdict in verdicts}
        self.observed: dict[str, Observation] = {o.name: o for o in self.observations.cases}


def listing(root: Path) -> dict[str, bytes]:
    """Every file below a folder, with its bytes."""
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.fixture(scope="session")
def verified(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verified]:
    yield Verified(tmp_path_factory.mktemp("situations"))
