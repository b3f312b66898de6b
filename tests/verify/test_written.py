"""Cases from a file of somebody's own, called with each module of the path."""

import textwrap
from pathlib import Path

import pytest

from tests.verify.models import LOOP, PYTHON_METHOD, UNROLLED
from torchscript_fix.cases import WrittenCases
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import Limits, Observations, Verifier

CASES = """
import sys
import types
import beside
sys.modules["prepared"] = types.ModuleType("prepared")
import torch
from torchscript_fix import Case

def cases(module):
    if not hasattr(module, "Net"):
        return
    for width in (2, 2):
        yield Case("net", module.Net, lambda: ((torch.rand(width, 3),), {}))
    yield Case("by name", module.Net, lambda: ((), {"x": torch.rand(1, 3)}))
    yield Case("none", lambda: None, lambda: ((), {}))
"""

Outcomes = tuple[Observations, tuple[Verdict, ...], list[str]]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    root = tmp_path_factory.mktemp("path")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "beside.py").write_text("")
    cases = elsewhere / "cases.py"
    cases.write_text("import os, sys\nsys.path.insert(0, os.path.dirname(__file__))\n" + CASES)
    model = "import prepared\n" + LOOP + PYTHON_METHOD
    (root / "one.py").write_text(model)
    for package in ("a", "b"):
        (root / package).mkdir()
        (root / package / "two.py").write_text(model)
    (root / "json.py").write_text(model)  # the name of a standard module
    (root / "empty.py").write_text("")
    (root / "broken.py").write_text("import nowhere_to_be_found\n")
    (root / "setup.py").write_text("raise SystemExit\n")
    rewritten = {root / "one.py": model.replace(*UNROLLED).encode()}
    told: list[str] = []
    with Verifier(
        root, sorted(root.rglob("*.py")), limits=Limits(seconds=60), on_progress=told.append
    ) as verifier:
        given = [WrittenCases(cases)]
        observations = verifier.observe(given)
        verdicts = verifier.verify(given, rewritten)
        chosen = verifier.verify(given, {}, names={"one::by name"})
    assert [verdict.case for verdict in chosen] == ["one::by name"]
    assert [each.module for each in verifier.not_imported] == ["broken"]
    assert "nowhere_to_be_found is not installed" in verifier.not_imported[0].message
    return observations, verdicts, told


def test_cases_are_named_by_their_file(written: Outcomes) -> None:
    names = sorted({verdict.case for verdict in written[1]})
    of_models = [
        f"{file}::{case}"
        for file in ("a/two", "b/two", "json", "one")
        for case in ("by name", "net", "none")
    ]
    assert names == sorted(of_models)
    assert len(written[1]) == 16


def test_each_is_verified_by_its_own_file(written: Outcomes) -> None:
    outcomes = {verdict.case: verdict.outcome for verdict in written[1]}
    assert outcomes["one::net"] is outcomes["one::by name"] is Outcome.FIXED
    assert outcomes["a/two::net"] is outcomes["json::by name"] is Outcome.STILL_FAILING
    assert outcomes["one::none"] is Outcome.CANNOT_BUILD


ASKS_BY_NAME = """
def cases(module):
    if module.__name__ == "broken":
        yield 1
"""


def only_verdict(root: Path, text: str) -> Verdict:
    """Of a file of cases that is asked with the modules below `root`."""
    (root / "cases").mkdir()
    path = root / "cases" / "cases.py"
    path.write_text(text)
    with Verifier(root, sorted(root.glob("*.py")), jobs=1) as verifier:
        [verdict] = verifier.verify([WrittenCases(path)], {})
    return verdict


def test_a_module_that_cannot_be_imported_and_is_asked_for_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nowhere_to_be_found\n")
    verdict = only_verdict(tmp_path, ASKS_BY_NAME)
    assert (verdict.case, verdict.outcome) == ("broken::import", Outcome.CANNOT_BUILD)
    assert verdict.found == "written"
    assert "nowhere_to_be_found is not installed, and under which name" in verdict.message
    assert "broken.py" in verdict.message


def test_a_file_that_yields_no_case(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import nowhere_to_be_found\n")
    (tmp_path / "empty.py").write_text("")
    verdict = only_verdict(tmp_path, "def cases(module): return []")
    assert (verdict.case, verdict.outcome) == ("cases::no case", Outcome.CANNOT_BUILD)
    assert verdict.named
    assert verdict.unusable
    assert verdict.message == (
        "it yields no case for 1 module (empty)\n"
        "1 module (broken) cannot be imported: "
        "ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    )


def test_progress_is_told_for_each_case(written: Outcomes) -> None:
    assert written[2].count("one::net") == 4  # two of that name, observed and verified
    assert "b/two::none" in written[2]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import nowhere_to_be_found", "is not installed"),
        ("x = 1", "no function cases(module)"),
        ("import os\nos._exit(0)", "ended"),
    ],
)
def test_a_cases_file_that_cannot_be_used_is_told_once(
    text: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "cases").mkdir()
    root = tmp_path / "root"
    root.mkdir()
    for name in ("one.py", "two.py"):
        (root / name).write_text("")
    path = tmp_path / "cases" / "cases.py"
    path.write_text(text)
    with Verifier(root, sorted(root.glob("*.py")), jobs=1) as verifier:
        [verdict] = verifier.verify([WrittenCases(path)], {})
    assert verdict.case == "cases::import"
    assert verdict.outcome in (Outcome.CANNOT_BUILD, Outcome.CRASHED)
    assert words in verdict.message


def test_cases_that_fail_while_they_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "cases.py"
    path.write_text(textwrap.dedent("""
        def cases(module):
            raise ValueError("no cases today")
            yield
        """))
    (tmp_path / "one.py").write_text("")
    with Verifier(tmp_path, [path, tmp_path / "one.py"], jobs=1) as verifier:
        [verdict] = verifier.verify([WrittenCases(path)], {})
    assert (verdict.case, verdict.outcome) == ("one::import", Outcome.CANNOT_BUILD)
    assert "no cases today" in verdict.message
