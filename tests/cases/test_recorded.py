"""Commands of --run: taken apart as a shell and Python would, refused where they cannot be run."""

import sys
from pathlib import Path

import pytest

from torchscript_fix.cases import CaseError, RecordedCommand, parse_command

SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "demo.py").write_text("")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__main__.py").write_text("")
    return tmp_path


def parsed(text: str, here: Path) -> RecordedCommand:
    return parse_command(text, here, SCRIPTS)


@pytest.mark.parametrize(
    ("text", "kind", "target", "arguments"),
    [
        ("python demo.py --size 64 'a b'", "script", "HERE/demo.py", ("--size", "64", "a b")),
        ("python3.11 -u -B -W ignore ./demo.py", "script", "HERE/demo.py", ()),
        ("/usr/bin/python3 demo.py", "script", "HERE/demo.py", ()),
        ("python package", "script", "HERE/package/__main__.py", ()),
        ("python -m package.tool -x", "module", "package.tool", ("-x",)),
        ("python -c 'import x; x.f()' 1", "code", "import x; x.f()", ("1",)),
        ("pytest tests/ -k net", "pytest", "", ("tests/", "-k", "net")),
        ("python -m pytest tests", "pytest", "", ("tests",)),
    ],
)
def test_a_command(
    text: str, kind: str, target: str, arguments: tuple[str, ...], here: Path
) -> None:
    command = parsed(text, here)
    assert (command.kind, command.arguments) == (kind, arguments)
    assert command.target == target.replace("HERE", str(here))
    assert command.text == text


def test_settings_of_the_environment(here: Path) -> None:
    command = parsed("CUDA_VISIBLE_DEVICES=0 A='b c' python demo.py", here)
    assert command.settings == (("CUDA_VISIBLE_DEVICES", "0"), ("A", "b c"))


def test_an_installed_script_and_one_that_says_it_is_python(here: Path) -> None:
    (here / "tool").write_text("#!/usr/bin/env python3\n")
    installed = here / "bin" / "run-net"
    installed.parent.mkdir()
    installed.write_text("#!/bin/sh\n'''exec' /a/very/long/path/python \"$0\" \"$@\"\n' '''\n")
    installed.chmod(0o755)
    assert parsed("./tool 1", here).target == str(here / "tool")
    assert parse_command("run-net 1", here, installed.parent).target == str(installed)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it takes python FILE"),
        ("A=1", "is no command"),
        ("ls -l", "there is no ls in"),
        ("./gone.sh", "there is no ./gone.sh in HERE"),
        ("./shell.sh", "shell.sh is no Python script"),
        ("python gone.py", "there is no file HERE/gone.py"),
        ("python -i demo.py", "Python's -i is not to be had here"),
        ("python -O demo.py", "Python's -O is not to be had here"),
        ("python -m", "nothing follows -m"),
        ("python", "starts no program"),
        ("python demo.py && rm -r x", "there is no shell, so '&&' means nothing here"),
        ("python demo.py > out", "there is no shell, so '>' means nothing here"),
        ("cd x; python demo.py", "there is no shell, so 'x;' means nothing here"),
        ("python 'demo.py", "No closing quotation"),
    ],
)
def test_no_command(text: str, words: str, here: Path) -> None:
    (here / "shell.sh").write_text("#!/bin/bash\n")
    with pytest.raises(CaseError) as raised:
        parsed(text, here)
    assert words.replace("HERE", str(here)) in str(raised.value)


def test_the_label_is_short_and_one_line(here: Path) -> None:
    assert parsed("python demo.py --size 64", here).label == "demo.py --size 64"
    assert parsed("python -m package.tool x", here).label == "-m package.tool x"
    assert parsed("python -c 'a\nb'", here).label == "python -c"
    assert len(parsed(f"pytest {'x ' * 100}", here).label) == 60
