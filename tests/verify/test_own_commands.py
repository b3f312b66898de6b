"""A repository's own tests and demos, run where nobody named a case."""

import pytest

from tests.verify.models import LOOP, PYTHON_METHOD, net
from torchscript_fix import repair
from torchscript_fix.repair import Request
from torchscript_fix.result import Result
from torchscript_fix.rule import all_rules
from torchscript_fix.verify.sandbox import why_uncontained
from torchscript_fix.verify.verdict import Outcome

from ..silent import Silent

pytestmark = pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())

# No constant in the tests is what it wants, so nothing is deduced: what the tests call decides.
MODEL = LOOP.replace("def __init__(self):", "def __init__(self, secret):").replace(
    "super().__init__()", "super().__init__()\n        assert secret[::-1] == 'hsifdrows'"
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Result:
    root = tmp_path_factory.mktemp("own")
    (root / "model.py").write_text(MODEL + PYTHON_METHOD)
    (root / "other.py").write_text(net("pass", "return x"))
    (root / "tests").mkdir()
    (root / "tests" / "test_model.py").write_text(
        "import absent, torch, model\n"
        "def test_it(): model.Net(''.join(['sword', 'fish']))(torch.rand(2, 3))\n"
    )
    (root / "demo.py").write_text("import torch, os\nprint(torch.rand(1))\nos.listdir('gone')\n")
    request = Request(
        paths=(root,),
        rules=all_rules(),
        own_commands=True,
        stub_missing=True,
        timeout=60,
        explore_work=20,
    )
    return repair.run(request, Silent())


def test_what_the_tests_call_is_a_case(found: Result) -> None:
    verdict = {v.case: v for v in found.verdicts}["pytest tests/test_model.py → Net #1"]
    assert verdict.outcome is Outcome.FIXED, verdict.message
    assert (verdict.found, verdict.named) == ("recorded", False)
    assert verdict.how == "called by the repository's own pytest tests/test_model.py"


def test_deduced_cases_are_there_too(found: Result) -> None:
    assert any(v.found == "deduced" and v.case.startswith("other:") for v in found.verdicts)


def test_a_demo_that_shows_nothing_is_told_in_one_line(found: Result) -> None:
    (note,) = [note for note in found.notes if note.startswith("demo.py was tried, and no call")]
    assert "No such file or directory: 'gone'" in note
    assert not [verdict for verdict in found.verdicts if verdict.case == "demo.py"]


def test_nothing_is_left_to_do_for_what_nobody_named(found: Result) -> None:
    assert not found.left_over
