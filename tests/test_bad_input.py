"""Whatever the input is like: rewritten with untouched lines byte for byte, or refused in words
with the bytes as they were. Each from the command line down to the disk.
"""

import difflib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from torchscript_fix import cli, repair

MODEL = b'''\
import torch.nn as nn


class Net(nn.Module):
    """A net."""

    def __init__(self):
        super(Net, self).__init__()
        self.convs = nn.ModuleList([nn.Conv2d(3, 3, 1) for _ in range(4)])

    def forward(self, x):
        outputs = []
        for i in range(len(self.convs)):
            outputs.append(self.convs[i](x))
        return outputs
'''
CHANGED = (b"for i in range(len(self.convs)):", b"outputs.append(self.convs[i](x))")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return folder


def write(*arguments: str) -> Result:
    return CliRunner().invoke(cli.cli, ["--write", "--no-verify", *arguments])


# -------------------------------------------------------------------- rewritten like any other


def assert_rewritten(path: Path, before: bytes) -> None:
    """One run rewrites the loop and nothing else; a second changes nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(before)
    got = write(".")
    assert got.exit_code == 0, got.stderr
    after = path.read_bytes()
    assert b"self.convs[i]" not in after
    diff = difflib.diff_bytes(difflib.unified_diff, before.split(b"\n"), after.split(b"\n"), n=0)
    removed = [line[1:] for line in list(diff)[2:] if line.startswith(b"-")]
    assert {line.strip() for line in removed} <= set(CHANGED)
    assert len(removed) <= len(CHANGED)
    write(".")
    assert path.read_bytes() == after


def with_newlines(newline: bytes) -> bytes:
    return MODEL.replace(b"\n", newline)


def mixed_newlines() -> bytes:
    lines = MODEL.split(b"\n")
    return b"".join(
        line + (b"\r\n" if number % 3 else b"\n") for number, line in enumerate(lines[:-1])
    )


def with_comment(encoding: str, comment: str) -> bytes:
    head = f"# -*- coding: {encoding} -*-\n# {comment}\n".encode(encoding)
    return head + MODEL.replace(b'"""A net."""', f'"""{comment}"""'.encode(encoding))


def twenty_thousand_lines() -> bytes:
    filler = b"".join(b"def f%d(x):\n    return x + %d\n\n\n" % (n, n) for n in range(5000))
    return filler + MODEL


REWRITTEN = {
    "plain": MODEL,
    "byte order mark": b"\xef\xbb\xbf" + MODEL,
    "CRLF": with_newlines(b"\r\n"),
    "byte order mark and CRLF": b"\xef\xbb\xbf" + with_newlines(b"\r\n"),
    "mixed line endings": mixed_newlines(),
    "tabs": MODEL.replace(b"    ", b"\t"),
    "two spaces": MODEL.replace(b"    ", b"  "),
    "inner form feeds": MODEL.replace(b"\n\nclass", b"\n\x0c\nclass"),
    "latin-1": with_comment("latin-1", "Größe"),
    "cp1252": with_comment("cp1252", "10 € – „so“"),
    "shift_jis": with_comment("shift_jis", "ネットワーク表"),
    "utf-8 declared": with_comment("utf-8", "réseau"),
    "no newline at the end": MODEL.removesuffix(b"\n"),
    "trailing blanks": MODEL.replace(b"\n\n", b"\n   \n"),
    "twenty thousand lines": twenty_thousand_lines(),
}


@pytest.mark.parametrize("before", REWRITTEN.values(), ids=REWRITTEN.keys())
def test_rewritten_like_any_other(here: Path, before: bytes) -> None:
    assert_rewritten(here / "net.py", before)


@pytest.mark.parametrize(
    "name", ["with a space.py", "größe/réseau.py", "ネット.py", "it's.py", "-dash.py"]
)
def test_rewritten_whatever_it_is_called(here: Path, name: str) -> None:
    assert_rewritten(here / name, MODEL)


def test_a_name_that_is_not_even_text(here: Path) -> None:
    assert_rewritten(here / os.fsdecode(b"odd\xff.py"), MODEL)


def test_twenty_thousand_lines_take_seconds(here: Path) -> None:
    (here / "net.py").write_bytes(twenty_thousand_lines())
    began = time.monotonic()
    assert CliRunner().invoke(cli.cli, ["--no-verify", "."]).exit_code == 0
    assert time.monotonic() - began < 20


def test_mode_stays(here: Path) -> None:
    (here / "net.py").write_bytes(MODEL)
    (here / "net.py").chmod(0o755)
    write(".")
    assert (here / "net.py").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"# nothing\n"])
def test_an_empty_file_has_nothing_to_do(here: Path, content: bytes) -> None:
    (here / "empty.py").write_bytes(content)
    got = write(".")
    assert got.exit_code == 0
    assert "Nothing to change" in got.stderr
    assert (here / "empty.py").read_bytes() == content


def test_nothing_but_the_rewritten_file_is_left(here: Path) -> None:
    (here / "net.py").write_bytes(MODEL)
    write(".")
    assert [path.name for path in here.iterdir()] == ["net.py"]


# ------------------------------------------------------------------------------------- refused


REFUSED = {
    "Python 2": (MODEL + b'print "done"\n', "net.py:16: Python 2 syntax (a print statement)"),
    "a syntax error": (MODEL.replace(b"__init__(self):", b"__init__(self:"), "cannot parse it"),
    "unfinished": (MODEL + b"def f(\n", "cannot parse it"),
    "undecodable bytes": (MODEL.replace(b"A net", b"A n\xe9t"), "net.py:5: byte 0xe9 is not utf-8"),
    "an unknown encoding": (b"# coding: klingon\n" + MODEL, "klingon"),
    "not in its declared encoding": (b"# coding: ascii\n# \xe9\n" + MODEL, "0xe9"),
    "UTF-16": (MODEL.decode().encode("utf-16"), "net.py:1"),
    "a NUL byte": (MODEL.replace(b"A net", b"A\0net"), "net.py:5: it contains a NUL byte"),
    "a leading form feed": (b"\x0c" + MODEL, "it starts with a form feed"),
    "lone carriage returns": (with_newlines(b"\r"), "carriage return"),
    "nested too deeply": (MODEL + b"x = " + b"(" * 3000 + b")" * 3000 + b"\n", "net.py"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_and_unchanged(here: Path, content: bytes, said: str) -> None:
    (here / "net.py").write_bytes(content)
    (here / "good.py").write_bytes(MODEL)
    got = write(".")
    assert got.exit_code == 1
    assert said in got.stderr
    assert "Traceback" not in got.stderr
    assert (here / "net.py").read_bytes() == content
    assert b"self.convs[i]" not in (here / "good.py").read_bytes()


def test_a_read_only_file(here: Path) -> None:
    (here / "net.py").write_bytes(MODEL)
    (here / "net.py").chmod(0o444)
    assert_not_written(here / "net.py", write("."), "net.py: it is read-only")


def test_a_read_only_folder(here: Path) -> None:
    (here / "networks").mkdir()
    (here / "networks" / "net.py").write_bytes(MODEL)
    (here / "networks").chmod(0o555)
    assert_not_written(here / "networks" / "net.py", write("."), "its folder is read-only")


def test_one_read_only_file_among_others(here: Path) -> None:
    (here / "a.py").write_bytes(MODEL)
    (here / "b.py").write_bytes(MODEL)
    (here / "b.py").chmod(0o444)
    got = write(".")
    assert_not_written(here / "a.py", got, "b.py: it is read-only")
    assert_not_written(here / "b.py", got, "No file was changed")


def assert_not_written(path: Path, got: Result, said: str, code: int = 1) -> None:
    assert got.exit_code == code
    assert said in got.stderr
    assert path.read_bytes() == MODEL


@pytest.mark.parametrize("link", ["net.py", "linked"])
def test_a_link_that_is_named(here: Path, tmp_path: Path, link: str) -> None:
    (tmp_path / "outside").mkdir()
    target = tmp_path / "outside" / "net.py"
    target.write_bytes(MODEL)
    (here / link).symlink_to(target if link.endswith(".py") else target.parent)
    got = write(link)
    assert got.exit_code == 0
    assert f"{link} is a link to {os.path.realpath(here / link)}" in got.stderr
    assert (here / link).is_symlink()
    assert b"self.convs[i]" not in target.read_bytes()


def test_links_out_of_the_path_are_not_followed(here: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "net.py").write_bytes(MODEL)
    (here / "linked").symlink_to(tmp_path / "outside")
    (here / "net.py").symlink_to(tmp_path / "outside" / "net.py")
    write(".")
    assert (tmp_path / "outside" / "net.py").read_bytes() == MODEL


def test_a_file_that_changes_while_we_work(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "net.py").write_bytes(MODEL)
    edited = MODEL + b"# somebody was here\n"
    original = repair.run

    def run_and_be_overtaken(*arguments: object) -> object:
        found = original(*arguments)  # type: ignore[arg-type]
        (here / "net.py").write_bytes(edited)
        return found

    monkeypatch.setattr(repair, "run", run_and_be_overtaken)
    got = write(".")
    assert got.exit_code == 1
    assert "net.py: it has changed since it was read" in got.stderr
    assert (here / "net.py").read_bytes() == edited


needs_bwrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
START = f"{sys.executable} -c 'from torchscript_fix.cli import main; main()' --write --no-verify"


@needs_bwrap
def test_a_full_disk(here: Path) -> None:
    (here / "model").write_bytes(MODEL + b"#" * 40_000)
    got = mounted(
        ["--size", str(64 << 10), "--tmpfs", str(here / "small")],
        here,
        f"cp model small/net.py; {START} small; echo exit $?; cmp model small/net.py && ls small",
    )
    assert "the disk is full" in got.stderr
    assert got.stdout == "exit 1\nnet.py\n"


@needs_bwrap
def test_a_read_only_file_system(here: Path) -> None:
    (here / "networks").mkdir()
    (here / "networks" / "net.py").write_bytes(MODEL)
    got = mounted(
        ["--ro-bind", str(here / "networks"), str(here / "networks")],
        here,
        f"{START} networks; echo exit $?",
    )
    assert "read-only" in got.stderr
    assert got.stdout == "exit 1\n"
    assert (here / "networks" / "net.py").read_bytes() == MODEL


def mounted(options: list[str], here: Path, script: str) -> "subprocess.CompletedProcess[str]":
    sandbox = ["bwrap", "--dev-bind", "/", "/", *options, "--chdir", str(here), "sh", "-c", script]
    return subprocess.run(sandbox, capture_output=True, text=True, check=False)


# ---------------------------------------------------------------------- cases that cannot be run


@pytest.mark.parametrize(
    "case", ["", "net", "net:", ":Net()", "net:Net(", "net:x = 1", "net:import os", "a b:Net()"]
)
def test_a_case_that_does_not_parse(here: Path, case: str) -> None:
    (here / "net.py").write_bytes(MODEL)
    got = CliRunner().invoke(cli.cli, [".", "--write", "--case", case])
    assert_not_written(here / "net.py", got, "--case", 2)
    assert "Traceback" not in got.stderr


def test_an_input_that_does_not_parse(here: Path) -> None:
    (here / "net.py").write_bytes(MODEL)
    arguments = [".", "--write", "--case", "net:Net()", "--input", "torch.rand(1,"]
    assert_not_written(here / "net.py", CliRunner().invoke(cli.cli, arguments), "--input", 2)


@pytest.mark.parametrize(
    ("first_line", "said"),
    [
        (b"import cv2_is_not_here", "No module named 'cv2_is_not_here'"),
        (b"raise RuntimeError('not today')", "not today"),
        (b"import sys; sys.exit(3)", "net"),
    ],
)
def test_an_import_that_fails(here: Path, first_line: bytes, said: str) -> None:
    (here / "net.py").write_bytes(first_line + b"\n" + MODEL)
    arguments = [".", "--case", "net:Net()", "--input", "torch.rand(1, 3, 4, 4)"]
    got = CliRunner().invoke(cli.cli, arguments)
    assert got.exit_code == 1
    assert said in got.stderr
    assert "Traceback (most recent call last)" not in got.stderr
    assert (here / "net.py").read_bytes() == first_line + b"\n" + MODEL


@pytest.mark.parametrize(
    ("case", "given", "said"),
    [
        ("nte:Net()", "torch.rand(1)", "no module nte below"),
        ("nte:Net()", "torch.rand(1)", "did you mean 'net'?"),
        ("net:Nte()", "torch.rand(1)", "there is no Nte in net; did you mean 'Net'?"),
        ("net:[Net][0]() if nm else 1", "torch.rand(1)", "there is no nm in net"),
        ("net:nn.Lniear(1, 1)", "torch.rand(1)", "in module torch.nn; did you mean 'Linear'?"),
        ("net:Net.bulid()", "torch.rand(1)", "in class Net; did you mean 'build'?"),
        ("net:Net()", "torch.rnad(1)", "--input 'torch.rnad(1)': there is no rnad in module torch"),
        ("net:Net()", "trch.rand(1)", "there is no trch; did you mean 'torch'?"),
    ],
)
def test_a_case_that_names_what_is_not_there(here: Path, case: str, given: str, said: str) -> None:
    text = MODEL + b"""
    @classmethod
    def build(cls):
        return cls()
def __getattr__(name):  # so that the run alone can tell
    if name == "nm":
        raise AttributeError(name)
    raise AttributeError(f"no {name}")
"""
    (here / "net.py").write_bytes(text)
    arguments = [".", "--write", "--case", case, "--input", given]
    got = CliRunner().invoke(cli.cli, arguments)
    assert got.exit_code == 2, got.stderr
    assert said in got.stderr
    assert (here / "net.py").read_bytes() == text


def test_a_name_that_a_module_has_by_being_asked(here: Path) -> None:
    lazy = b"""
def __getattr__(name):
    if name == "Lazy":
        return Net
    raise AttributeError(name)
"""
    (here / "net.py").write_bytes(MODEL + lazy)
    arguments = [".", "--case", "net:Lazy()", "--input", "torch.rand(1, 3, 4, 4)"]
    got = CliRunner().invoke(cli.cli, arguments)
    assert "fixed               net:Lazy()" in got.stderr
    assert got.exit_code == 0


@pytest.mark.parametrize(
    ("case", "given", "said"),
    [
        ("net:Bad()", "torch.rand(1)", "raises this while the model is built"),
        ("net:Net()", "int('x')", "raises this while the model runs"),
        ("net:Bad.nothing()", "torch.rand(1)", "no nothing"),
    ],
)
def test_what_raises_in_the_users_code_says_so(
    here: Path, case: str, given: str, said: str
) -> None:
    bad = b"""
class Meta(type):
    def __getattr__(cls, name):
        raise AttributeError(f"no {name}")
class Bad(nn.Module, metaclass=Meta):
    def __init__(self):
        raise NameError("name 'Nte' is not defined")
"""
    (here / "net.py").write_bytes(MODEL + bad)
    got = CliRunner().invoke(cli.cli, [".", "--case", case, "--input", given])
    assert got.exit_code == 1, got.stderr
    assert said in got.stderr


def test_nothing_is_written_where_a_named_case_cannot_be_built(here: Path) -> None:
    text = MODEL + b"""
class Bad(nn.Module):
    def __init__(self):
        raise ValueError("not today")
"""
    (here / "net.py").write_bytes(text)
    good = ["--case", "net:Net()", "--input", "torch.rand(1, 3, 4, 4)"]
    arguments = [".", "--write", *good, "--case", "net:Bad()"]
    got = CliRunner().invoke(cli.cli, arguments)
    assert got.exit_code == 1
    assert "nothing was written, since this could not be built: net:Bad()" in got.stderr
    assert "--only-fixed writes" in got.stderr
    assert (here / "net.py").read_bytes() == text
    shown = CliRunner().invoke(cli.cli, [each for each in arguments if each != "--write"])
    assert shown.exit_code == 1 and shown.stdout == ""
    assert "Nothing would be written, since this could not be built: net:Bad()" in shown.stderr
    got = CliRunner().invoke(cli.cli, [*arguments, "--only-fixed"])
    assert got.exit_code == 1
    assert b"in range(len(self.convs))" not in (here / "net.py").read_bytes()


# ------------------------------------------------------------------------- what no case needs


GOOD_CASE = ["--case", "net:Net()", "--input", "torch.rand(1, 3, 4, 4)"]


def test_a_file_that_no_case_needs_is_a_note(here: Path) -> None:
    (here / "net.py").write_bytes(MODEL)
    (here / "old.py").write_bytes(b'print "old"\n')
    got = CliRunner().invoke(cli.cli, [".", *GOOD_CASE])
    assert got.exit_code == 0, got.stderr
    assert "Note: old.py:1 cannot be read or parsed, and no case needs it: Python 2" in got.stderr
    assert "left alone" not in got.stderr.lower()


@pytest.mark.parametrize(
    "arguments", [(".", "--no-verify"), ("net.py", "old.py", *GOOD_CASE), ("old.py",)]
)
def test_a_file_that_was_named_or_that_nothing_is_known_of_matters(
    here: Path, arguments: tuple[str, ...]
) -> None:
    (here / "net.py").write_bytes(MODEL)
    (here / "old.py").write_bytes(b'print "old"\n')
    got = CliRunner().invoke(cli.cli, list(arguments))
    assert got.exit_code == 1
    assert "1 file left alone" in got.stderr


def test_a_file_that_a_case_imports_matters(here: Path) -> None:
    (here / "old.py").write_bytes(b"\x0cx = 1\n")  # Python takes it, and we do not
    (here / "net.py").write_bytes(b"import old\n" + MODEL)
    got = CliRunner().invoke(cli.cli, [".", *GOOD_CASE])
    assert got.exit_code == 1
    assert "1 file left alone" in got.stderr
