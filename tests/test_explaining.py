"""`torchscript-fix explain`: the list, one kind, and what somebody pasted."""

import pytest
from click.testing import CliRunner, Result

from torchscript_fix import cli
from torchscript_fix.facts.compiler_report import reports_in
from torchscript_fix.facts.complaints import kinds
from torchscript_fix.rule import all_rules


def explain(*arguments: str, pasted: str = "") -> Result:
    return CliRunner().invoke(cli.cli, ["explain", *arguments], input=pasted)


def test_the_list_has_each_kind_and_each_rule() -> None:
    got = explain()
    assert got.exit_code == 0
    for kind in kinds():
        assert kind.name in got.stdout
    for rule in all_rules():
        assert rule.name in got.stdout


@pytest.mark.parametrize("kind", [kind.name for kind in kinds()])
def test_the_page_of_a_kind(kind: str) -> None:
    got = explain(kind)
    assert got.exit_code == 0
    assert got.stdout.startswith(f"# {kind}\n")
    for title in ("## What it means", "## The rules that answer it", "## By hand"):
        assert title in got.stdout


def test_a_kind_that_is_not_there() -> None:
    got = explain("vararg")
    assert got.exit_code == 2
    assert "no such kind of error: vararg; did you mean 'varargs'?" in got.stderr


TRACEBACK = """\
Traceback (most recent call last):
  File "run.py", line 9, in <module>
    torch.jit.script(Net())
  File "/usr/lib/python3/torch/jit/_script.py", line 1498, in script
    ret = _script_impl(
RuntimeError:
Module 'Net' has no attribute 'down' :
  File "/home/me/net.py", line 20
    def forward(self, x):
        return self.down(x) + 1
               ~~~~~~~~~ <--- HERE

>>> 1 + 1
2
"""


def test_a_pasted_traceback() -> None:
    got = explain(pasted=TRACEBACK)
    assert got.exit_code == 0
    assert got.stdout.startswith("# missing-attribute-conditional\n")
    assert "    Module 'Net' has no attribute 'down'\n" in got.stdout
    assert "At /home/me/net.py, line 20." in got.stdout
    assert "name `down`" in got.stdout
    assert "hoist-conditional-layer" in got.stdout
    assert "_script_impl" not in got.stdout


def test_several_errors_in_one_text() -> None:
    second = (
        "torch.jit.frontend.NotSupportedError: Compiled functions can't take variable number of "
        "arguments or use keyword-only arguments with defaults:\n"
        '  File "a.py", line 3\n    def forward(self, *xs):\n                       ~~~ <--- HERE\n'
    )
    got = explain(pasted=f"{TRACEBACK}\nsome log\n{second}\n{TRACEBACK}")
    assert got.exit_code == 0
    titles = [line for line in got.stdout.splitlines() if line.startswith("# ")]
    assert titles == ["# missing-attribute-conditional", "# varargs"]


def test_what_the_interpreter_says_is_one_error() -> None:
    pasted = (
        "RuntimeError: The following operation failed in the TorchScript interpreter.\n"
        "Traceback of TorchScript (most recent call last):\n"
        '  File "net.py", line 22, in forward\n'
        "        y = 1\n        if x.size(0) > 1:\n            y = x\n            ~ <--- HERE\n"
        "        return y\n"
        "RuntimeError: Cannot input a tensor of dimension other than 0 as a scalar argument\n"
    )
    got = explain(pasted=pasted)
    assert got.stdout.count("# ") == 1
    assert got.stdout.startswith("# runtime-type\n")
    assert "At net.py, line 22." in got.stdout


def test_the_margin_of_pytest() -> None:
    pasted = "".join(f"E       {line}\n" for line in TRACEBACK.splitlines()[5:10])
    got = explain(pasted=pasted)
    assert got.stdout.startswith("# missing-attribute-conditional\n")
    assert "At /home/me/net.py, line 20." in got.stdout


def test_words_alone() -> None:
    got = explain(pasted="Could not cast value of type NoneType to bool\n")
    assert got.exit_code == 0
    assert got.stdout.startswith("# none-or-module-to-bool\n")
    assert "found `NoneType`" in got.stdout


def test_a_text_that_nobody_knows() -> None:
    got = explain(pasted="ValueError: the moon is made of cheese\n")
    assert got.exit_code == 1
    assert "# Not known here" in got.stdout
    assert "not every error in this text is known here" in got.stderr


def test_an_error_that_is_known_beside_one_that_is_not() -> None:
    got = explain(pasted=f"{TRACEBACK}\nValueError: the moon is made of cheese\n")
    assert got.exit_code == 1
    assert "# missing-attribute-conditional" in got.stdout


def test_a_rule_that_answers_is_named_with_its_page() -> None:
    got = explain(pasted="Expected integer literal for index but got a variable or non-integer.")
    assert "`torchscript-fix rule enumerate-module-list`" in got.stdout


@pytest.mark.parametrize("text", ["", "\n\n", "\x00\x1b[31m", "é" * 10_000, "Error: " * 500])
def test_whatever_is_pasted_is_read(text: str) -> None:
    assert len(reports_in(text)) >= 1
