"""`new-rule` and `accept`: what they write, and what they say to people."""

import ast
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.worked_examples import FOLDER
from torchscript_fix.cli import cli


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that looks like a clone of the repository, which commands are run in."""
    (tmp_path / "codemods").mkdir()
    examples = tmp_path / "before_after" / "typing-cast"
    for situation in ("returned-value", "type-made-by-a-call"):
        shutil.copytree(FOLDER / "typing-cast" / situation, examples / situation)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def test_a_new_rule_has_its_file_an_example_and_a_snippet(clone: Path) -> None:
    done = run("new-rule", "shiny-call", "--message", 'Unknown "op"')
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "codemods/shiny_call.py",
        "before_after/shiny-call/first-situation/before.py",
        "before_after/shiny-call/declined.py",
    ]
    rule = ast.parse((clone / "codemods" / "shiny_call.py").read_text())
    (cls,) = (node for node in rule.body if isinstance(node, ast.ClassDef))
    assert cls.name == "ShinyCall"
    assert "messages = ('Unknown \"op\"',)" in ast.unparse(cls)
    before = clone / "before_after" / "shiny-call" / "first-situation" / "before.py"
    assert '# torch.jit.script: Unknown "op"' in before.read_text()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("Shiny", "is no name of a rule"), ("../evil-rule", "is no name"), ("typing-cast", "already")],
)
def test_a_name_that_cannot_be_costs_nothing(clone: Path, name: str, reason: str) -> None:
    before = sorted(clone.rglob("*"))
    done = run("new-rule", name)
    assert done.exit_code == 2
    assert reason in done.stderr
    assert sorted(clone.rglob("*")) == before


def test_elsewhere_than_in_a_clone_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for words in (["new-rule", "shiny-call"], ["accept", "typing-cast"]):
        done = run(*words)
        assert done.exit_code == 2
        assert "run it in a clone" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_a_rule_makes_is_accepted_once(clone: Path) -> None:
    after = clone / "before_after" / "typing-cast" / "returned-value" / "after.py"
    wanted = after.read_text()
    after.write_text("# something else\n")
    done = run("accept", "typing-cast")
    assert after.read_text() == wanted
    assert "-# something else" in done.stdout
    assert done.exit_code == 1  # the other one is left alone, which is said
    assert "type-made-by-a-call is left alone: the type is worked out by a call" in done.stderr
    written = after.stat().st_mtime_ns
    assert run("accept", "typing-cast").stdout == ""
    assert after.stat().st_mtime_ns == written


def test_an_example_that_cannot_be_run_is_told(clone: Path) -> None:
    before = clone / "before_after" / "typing-cast" / "returned-value" / "before.py"
    before.write_text("import a_package_that_nobody_has\n")
    done = run("accept", "typing-cast")
    assert done.exit_code == 1
    assert "an example cannot be run" in done.stderr
    assert "a_package_that_nobody_has" in done.stderr
