"""The command line: what each option asks for, what each outcome exits with, what is printed."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from torchscript_fix import cli, repair, result
from torchscript_fix.bulk.commands import run as bulk_run
from torchscript_fix.cases import DeclaredCase, RecordedCommand, WrittenCases, parse_declared
from torchscript_fix.rule import Safety, all_rules
from torchscript_fix.verify.verdict import Outcome, Verdict
from torchscript_fix.verify.verifier import VerifierUnavailable

BEFORE = b"x=None\n"
AFTER = b"x: Optional[Tensor] = None\n"

Run = Callable[..., Result]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in which the command is typed, with a home of its own."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, arguments)


@pytest.fixture
def asked(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[repair.Request]:
    """The requests that the command line makes, each answered with "nothing to do"."""
    requests: list[repair.Request] = []

    def note(request: repair.Request, _: repair.Progress) -> result.Result:
        requests.append(request)
        return result.Result(files=1)

    monkeypatch.setattr(repair, "run", note)
    return requests


Answer = Callable[[result.Result], None]


@pytest.fixture
def answer(here: Path, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Sets what the repair finds."""

    def set_answer(found: result.Result) -> None:
        monkeypatch.setattr(repair, "run", lambda *_: found)

    return set_answer


def changed(path: Path) -> result.FileChange:
    path.write_bytes(BEFORE)
    return result.FileChange(path, BEFORE, AFTER, "utf-8")


def judged(outcome: Outcome, declared: bool = True, message: str = "") -> result.Result:
    verdict = Verdict("net:Net()", outcome, message, found="declared" if declared else "deduced")
    return result.Result(files=1, verdicts=(verdict,))


# ------------------------------------------------------------------------------ what is asked for


def test_a_path_alone(asked: list[repair.Request]) -> None:
    assert run("networks/").exit_code == 0
    assert asked == [repair.Request((Path("networks"),), all_rules())]


def test_several_paths(asked: list[repair.Request]) -> None:
    run("a.py", "b")
    assert asked[0].paths == (Path("a.py"), Path("b"))


@pytest.mark.parametrize("arguments", [("--no-verify", "net.py"), ("net.py", "--no-verify")])
def test_options_before_and_after_the_path(
    asked: list[repair.Request], arguments: tuple[str, ...]
) -> None:
    assert run(*arguments).exit_code == 0
    assert asked[0].paths == (Path("net.py"),)
    assert not asked[0].verify


def test_inputs_belong_to_the_case_before_them(asked: list[repair.Request]) -> None:
    run(
        *("--case", "net:Two()", "--input", "torch.rand(1)", "--input", "torch.rand(2)"),
        *(
            "net.py",
            "--case",
            "net:None_()",
            "--case",
            "last=net:One()",
            "--input",
            "torch.ones(3)",
        ),
    )
    assert asked[0].cases == (
        parse_declared("net:Two()", ["torch.rand(1)", "torch.rand(2)"]),
        parse_declared("net:None_()", []),
        parse_declared("last=net:One()", ["torch.ones(3)"]),
    )
    assert [case.name for case in asked[0].cases if isinstance(case, DeclaredCase)][2] == "last"


def test_cases_in_a_file(asked: list[repair.Request], here: Path) -> None:
    (here / "cases.py").write_text("def cases(module): return []\n")
    run(".", "--cases", "cases.py")
    assert asked[0].cases == (WrittenCases(Path("cases.py")),)


def test_a_command_that_calls_models(asked: list[repair.Request], here: Path) -> None:
    (here / "demo.py").write_text("")
    run(".", "--run", "python demo.py --x 'a b'", "--run", "pytest tests")
    first, second = asked[0].cases
    assert isinstance(first, RecordedCommand) and isinstance(second, RecordedCommand)
    assert (first.target, first.arguments) == (str(here / "demo.py"), ("--x", "a b"))
    assert (second.kind, second.arguments, second.folder) == ("pytest", ("tests",), here)


def test_a_command_that_is_none(asked: list[repair.Request]) -> None:
    answered = run(".", "--run", "make test")
    assert answered.exit_code == 2
    assert "--run 'make test': there is no make in" in answered.stderr
    assert not asked


def test_a_selection_of_rules(asked: list[repair.Request]) -> None:
    names = [rule.name for rule in all_rules()]
    run(".", "--select", ",".join(names[:2]), "--ignore", names[0])
    assert [rule.name for rule in asked[0].rules] == names[1:2]


def test_all_rules_but_one(asked: list[repair.Request]) -> None:
    names = [rule.name for rule in all_rules()]
    run(".", "--ignore", names[-1])
    assert [rule.name for rule in asked[0].rules] == names[:-1]


OLD_NAMES = [(old, rule.name) for rule in all_rules() for old in rule.also_known_as]


@pytest.mark.parametrize(("old", "new"), OLD_NAMES)
def test_a_name_that_a_rule_had_before_is_taken(
    old: str, new: str, asked: list[repair.Request]
) -> None:
    run(".", "--select", old)
    run(".", "--ignore", old)
    assert [rule.name for rule in asked[0].rules] == [new]
    assert new not in [rule.name for rule in asked[1].rules]
    assert f"# {new}" in run("rule", old).stdout
    assert old in run("rules", "--format", "json").stdout


def test_old_names_are_told_apart_from_all_others() -> None:
    names = [rule.name for rule in all_rules()] + [old for old, _ in OLD_NAMES]
    assert OLD_NAMES and len(names) == len(set(names))


def test_everything_else(asked: list[repair.Request], here: Path) -> None:
    run(
        *("net.py", "--only-fixed", "--python", sys.executable, "--import-root", str(here)),
        *("--hoist", "always", "--max-cases", "3", "--timeout", "7.5", "--memory", "512M"),
        *("--stub-missing", "--safety", "safe", "--rounds", "3"),
    )
    assert asked[0] == repair.Request(
        (Path("net.py"),),
        all_rules(),
        only_fixed=True,
        python=sys.executable,
        import_roots=(here,),
        hoist="always",
        max_cases=3,
        timeout=7.5,
        memory=512 << 20,
        safety=Safety.SAFE,
        rounds=3,
        stub_missing=True,
    )


@pytest.mark.parametrize(
    ("typed", "seconds"), [("90", 90), ("2m", 120), ("1.5 h", 5400), ("90s", 90)]
)
def test_a_time(asked: list[repair.Request], typed: str, seconds: float) -> None:
    run(".", "--timeout", typed)
    assert asked[0].timeout == seconds


@pytest.mark.parametrize(
    ("typed", "size"), [("8G", 8 << 30), ("1.5GiB", 3 << 29), ("512 MB", 512 << 20), ("99", 99)]
)
def test_a_size(asked: list[repair.Request], typed: str, size: int) -> None:
    run(".", "--memory", typed)
    assert asked[0].memory == size


def test_options_that_bulk_has_too_are_declared_once() -> None:
    ours = {param.name: param for param in cli.fix.params if isinstance(param, click.Option)}
    theirs = {param.name: param for param in bulk_run.params if isinstance(param, click.Option)}
    assert {"timeout", "memory", "safety", "only_fixed", "python"} <= ours.keys() & theirs.keys()
    for name in ours.keys() & theirs.keys() - {"write", "output_format"}:
        one, other = ours[name], theirs[name]
        assert type(one.type) is type(other.type), name
        assert one.opts == other.opts, name
        if name != "max_cases":
            assert (one.default, one.help) == (other.default, other.help), name


def test_an_interpreter_is_named_as_seen_from_here(asked: list[repair.Request], here: Path) -> None:
    (here / "venv").symlink_to(sys.prefix)
    run(".", "--python", "venv/bin/python")
    assert asked[0].python == str(here / "venv" / "bin" / "python")


# ---------------------------------------------------------------------------------- the exit code


@pytest.mark.parametrize("outcome", [Outcome.ALREADY_SCRIPTABLE, Outcome.FIXED])
def test_a_declared_case_that_compiles_and_is_the_same(answer: Answer, outcome: Outcome) -> None:
    answer(judged(outcome))
    assert run(".").exit_code == 0


@pytest.mark.parametrize(
    "outcome", [o for o in Outcome if o not in (Outcome.ALREADY_SCRIPTABLE, Outcome.FIXED)]
)
def test_a_declared_case_that_is_left(answer: Answer, outcome: Outcome) -> None:
    answer(judged(outcome))
    got = run(".")
    assert got.exit_code == 1
    assert outcome.value in got.stderr
    assert "1 case not fixed" in got.stderr


@pytest.mark.parametrize("outcome", list(Outcome))
def test_what_the_tool_found_to_try_does_not_decide(answer: Answer, outcome: Outcome) -> None:
    answer(judged(outcome, declared=False))
    assert run(".").exit_code == 0


def test_a_file_that_cannot_be_read(answer: Answer, here: Path) -> None:
    answer(result.Result(1, problems=(result.Problem(here / "old.py", 3, "Python 2", "Convert"),)))
    got = run(".")
    assert got.exit_code == 1
    assert "old.py:3: Python 2\n    Convert.\n" in got.stderr


def test_check_with_something_to_change(answer: Answer, here: Path) -> None:
    answer(result.Result(1, (changed(here / "net.py"),)))
    got = run(".", "--check")
    assert got.exit_code == 1
    assert got.stdout == ""
    assert "would change: net.py" in got.stderr
    assert (here / "net.py").read_bytes() == BEFORE


def test_check_with_nothing_to_change(answer: Answer) -> None:
    answer(result.Result(1))
    assert run(".", "--check").exit_code == 0


def test_a_dry_run_with_something_to_change(answer: Answer, here: Path) -> None:
    answer(result.Result(1, (changed(here / "net.py"),)))
    got = run(".")
    assert got.exit_code == 0
    assert got.stdout.startswith("diff --git a/net.py b/net.py\n")
    assert (here / "net.py").read_bytes() == BEFORE


def test_write(answer: Answer, here: Path) -> None:
    answer(result.Result(1, (changed(here / "net.py"),)))
    got = run(".", "--write")
    assert got.exit_code == 0
    assert got.stdout == ""
    assert "changed: net.py" in got.stderr
    assert (here / "net.py").read_bytes() == AFTER


def test_a_file_that_cannot_be_written(answer: Answer, here: Path) -> None:
    answer(result.Result(1, (changed(here / "net.py"),)))
    (here / "net.py").chmod(0o444)
    got = run(".", "--write")
    assert got.exit_code == 1
    assert "net.py: it is read-only" in got.stderr
    assert (here / "net.py").read_bytes() == BEFORE


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--frobnicate",), "No such option"),
        (("--input", "1", "."), "there is none"),
        ((".", "--write", "--check"), "exclude each other"),
        ((".", "--no-verify", "--case", "a:b()"), "--no-verify"),
        ((".", "--only-fixed", "--keep-partial"), "exclude each other"),
        ((".", "--select", "optional-arguments"), "did you mean 'optional-argument'?"),
        ((".", "--ignore", "frob"), "'torchscript-fix rules' lists them"),
        (("rule", "optional-argument", "--interface"), "takes no NAME"),
        ((".", "--hoist", "never"), "'never' is not one of"),
        ((".", "--cases", "nowhere.py"), "does not exist"),
        ((".", "--import-root", "nowhere"), "does not exist"),
        ((".", "--python", "python9.9"), "no such interpreter"),
        ((".", "--timeout", "0"), "'0' is no time"),
        ((".", "--timeout", "soon"), "is no time"),
        ((".", "--memory", "much"), "is no size"),
        ((".", "--memory", "0G"), "is no size"),
        (("rule",), "Missing argument"),
        (("rule", "frob"), "no such rule: frob"),
        (("nowhere",), "no such file or folder: nowhere"),
        (("rulez",), "did you mean 'rule' or 'rules'?"),
    ],
)
def test_a_wrong_command(here: Path, arguments: tuple[str, ...], said: str) -> None:
    got = run(*arguments)
    assert got.exit_code == 2
    assert said in got.stderr
    assert got.stdout == ""


def test_no_torch_to_verify_with(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise VerifierUnavailable("/usr/bin/python3 has no torch")

    monkeypatch.setattr(repair, "run", refuse)
    got = run(".")
    assert got.exit_code == 2
    assert "has no torch" in got.stderr


def test_python_3_14(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))
    got = run(".")
    assert got.exit_code == 2
    assert "does not work on Python 3.14" in got.stderr
    assert run(".", "--no-verify").exit_code == 0


# ------------------------------------------------------------------- beside the default command


def test_no_argument_shows_the_help() -> None:
    assert (
        "Usage: torchscript-fix"
        in CliRunner().invoke(cli.cli, [], prog_name="torchscript-fix").output
    )


@pytest.mark.parametrize("arguments", [("--help",), ("-h",), (".", "--help")])
def test_help_shows_the_default_commands_options(arguments: tuple[str, ...]) -> None:
    got = CliRunner().invoke(cli.cli, arguments, prog_name="torchscript-fix")
    assert got.exit_code == 0
    assert got.stdout.startswith("Usage: torchscript-fix [OPTIONS] PATH...\n")
    for said in ("--write", "--case", "rules", "Exit codes:", "Examples:", "deprecated"):
        assert said in got.stdout
    assert len(got.stdout.splitlines()) < 90


def test_version_names_torch_and_libcst() -> None:
    got = run("--version")
    assert got.exit_code == 0
    assert "torch 2." in got.stdout
    assert "libcst 1." in got.stdout


def test_a_folder_called_like_a_command(asked: list[repair.Request], here: Path) -> None:
    (here / "rules").mkdir()
    run("./rules")
    assert asked[0].paths == (Path("rules"),)


def test_the_table_of_rules() -> None:
    got = run("rules")
    assert got.exit_code == 0
    for rule in all_rules():
        assert rule.name in got.stdout
        assert rule.safety.value in got.stdout


@pytest.mark.parametrize("name", [rule.name for rule in all_rules()])
def test_the_page_of_a_rule(name: str) -> None:
    got = run("rule", name)
    assert got.exit_code == 0
    assert got.stdout.startswith(f"# {name}\n")
    assert "Before:\n\n```python\n" in got.stdout
    assert "After:\n\n```python\n" in got.stdout
    assert "def examples(" not in got.stdout


def complete(words: str) -> list[str]:
    """What bash is offered for the last of `words`."""
    count = len(words.split(" ")) - 1
    environment = {
        "_TORCHSCRIPT_FIX_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(count),
    }
    got = CliRunner().invoke(cli.cli, [], prog_name="torchscript-fix", env=environment)
    return got.stdout.split()


def test_completion_of_options() -> None:
    assert complete("torchscript-fix --ch") == ["plain,--check"]
    assert complete("torchscript-fix --vers") == ["plain,--version"]
    assert complete("torchscript-fix net.py --no-v") == ["plain,--no-verify"]


def test_completion_of_paths_and_commands() -> None:
    assert complete("torchscript-fix ru") == ["file,ru", "plain,rule", "plain,rules"]
    assert complete("torchscript-fix --check net") == ["file,net"]


def test_completion_of_values() -> None:
    assert complete("torchscript-fix . --hoist a") == ["plain,always"]
    assert "plain,optional-argument" in complete("torchscript-fix . --select opt")
    assert complete("torchscript-fix rule optional-a") == ["plain,optional-argument"]


# ------------------------------------------------------------------------------- a real process

# A shell that runs the tests in its background has it ignored.
CTRL_C_COUNTS = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"


def command(*arguments: str, code: str = "") -> list[str]:
    """The command in a process of its own, after `code`."""
    start = f"{code}\nfrom torchscript_fix.__main__ import main\nmain()"
    return [sys.executable, "-c", start, *arguments]


@pytest.mark.parametrize(
    "arguments", [("--help",), ("--version",), ("rules",), ("rule", "optional-argument"), ()]
)
def test_torch_is_not_imported(here: Path, arguments: tuple[str, ...]) -> None:
    assert_runs_without_torch(arguments)


def test_torch_is_not_imported_without_verification(here: Path) -> None:
    (here / "net.py").write_text(MODEL)
    assert_runs_without_torch(("net.py", "--no-verify"))


def assert_runs_without_torch(arguments: tuple[str, ...]) -> None:
    no_torch = "import sys; sys.modules['torch'] = None"  # importing it would raise
    got = subprocess.run(
        command(*arguments, code=no_torch), capture_output=True, text=True, check=False
    )
    assert got.returncode == (0 if arguments else 2), got.stderr
    assert "Traceback" not in got.stderr


def test_the_reader_of_the_diff_has_enough(here: Path) -> None:
    (here / "net.py").write_text(MODEL)
    with subprocess.Popen(
        command("net.py", "--no-verify"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        complaint = process.stderr.read()
    assert b"Traceback" not in complaint
    assert b"Broken" not in complaint


def test_ctrl_c(here: Path) -> None:
    interrupted = (
        f"{CTRL_C_COUNTS}"
        "import time, torchscript_fix.repair as repair\n"
        "def run(*_): os.kill(os.getpid(), signal.SIGINT); time.sleep(5)\n"
        "repair.run = run"
    )
    got = subprocess.run(
        command(".", code=interrupted), capture_output=True, text=True, check=False
    )
    assert got.returncode == 130
    assert (got.stdout + got.stderr).strip() == ""


def test_ctrl_c_while_it_starts(here: Path) -> None:
    interrupted = (
        f"{CTRL_C_COUNTS}"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'libcst': os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())"
    )
    got = subprocess.run(
        command(".", code=interrupted), capture_output=True, text=True, check=False
    )
    assert got.returncode == 130
    assert got.stdout == got.stderr == ""


def test_as_a_module() -> None:
    got = subprocess.run(
        [sys.executable, "-m", "torchscript_fix", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert got.stdout.startswith("torchscript-fix ")


def on_a_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    """Standard output of a command that believes that it is seen."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        arguments, stdout=theirs, stderr=subprocess.DEVNULL, env={**os.environ, **environment}
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 1 << 16)
            except OSError:  # the other end is closed
                break
        process.wait()
    os.close(ours)
    return shown.decode()


def test_colours_on_a_terminal_only(here: Path) -> None:
    (here / "net.py").write_text(MODEL)
    diff = command("net.py", "--no-verify")
    assert "\x1b[32m+" in on_a_terminal(diff, {"TERM": "xterm", "NO_COLOR": ""})
    assert "\x1b" not in on_a_terminal(diff, {"TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b" not in on_a_terminal(diff, {"TERM": "dumb", "NO_COLOR": ""})
    piped = subprocess.run(diff, capture_output=True, check=True)
    assert b"\x1b" not in piped.stdout + piped.stderr


ODD = "\x1b]0;owned\x07\x9b31m\u202e"
SHOWN = r"\x1b]0;owned\x07\x9b31m\u202e"


@pytest.mark.parametrize("environment", [{"TERM": "xterm", "NO_COLOR": ""}, {"NO_COLOR": "1"}])
def test_what_a_terminal_would_obey_is_shown(here: Path, environment: dict[str, str]) -> None:
    (here / "net.py").write_text(MODEL.replace("x = self", f"# {ODD}\n            x = self"))
    diff = command("net.py", "--no-verify")
    shown = on_a_terminal(diff, environment)
    assert f"# {SHOWN}" in shown
    assert "\x07" not in shown
    made = json.loads(on_a_terminal([*diff, "--format", "json"], environment))
    piped = subprocess.run(diff, capture_output=True, check=True).stdout
    assert f"# {ODD}\n".encode() in piped
    assert made["changes"][0]["patch"] == piped.decode()


def test_what_a_terminal_would_obey_is_shown_in_names_and_errors(here: Path) -> None:
    (here / f"{ODD}.py").write_text("print 1\n")
    got = run(".", "--no-verify")
    assert f"{SHOWN}.py:1: Python 2" in got.stderr
    got = subprocess.run(command(f"--{ODD}"), capture_output=True, text=True, check=False)
    assert got.returncode == 2
    assert SHOWN in got.stderr
    assert ODD not in got.stderr
    for arguments in ((f"nowhere{ODD}",), (".", "--case", f"net:{ODD}")):
        said = run(*arguments).stderr
        assert "\x1b" not in said, arguments
        assert "\u202e" not in said, arguments


def test_what_a_terminal_would_obey_is_shown_in_verdicts(answer: Answer) -> None:
    answer(judged(Outcome.STILL_FAILING, message=f"no {ODD}\nmore"))
    said = run(".").stderr
    assert f"      no {SHOWN}\n      more\n" in said


MODEL = """\
import torch.nn as nn


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.convs = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(4)])

    def forward(self, x):
        for i in range(len(self.convs)):
            x = self.convs[i](x)
        return x
"""
