"""Any bytes in: the same bytes out, or a message that says where, why, and what next."""

import errno
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from torchscript_fix.source import (
    LARGEST,
    SourceFile,
    Unreadable,
    Unwritable,
    parse,
    write_atomically,
)

CODE = "def f(x):\n    return 'é'\n"


def read(folder: Path, data: bytes) -> SourceFile:
    path = folder / "net.py"
    path.write_bytes(data)
    return SourceFile.read(path)


# reading


@pytest.mark.parametrize(
    ("situation", "data", "encoding"),
    [
        ("an empty file", b"", "utf-8"),
        ("UTF-8", CODE.encode(), "utf-8"),
        ("a byte order mark", b"\xef\xbb\xbf" + CODE.encode(), "utf-8-sig"),
        ("a byte order mark and nothing else", b"\xef\xbb\xbf", "utf-8-sig"),
        ("CRLF", CODE.replace("\n", "\r\n").encode(), "utf-8"),
        ("mixed line ends", b"a = 1\r\nb = 2\nc = 3\r\n", "utf-8"),
        ("tabs", b"if a:\n\tb = 1\n", "utf-8"),
        ("form feeds on lines of their own", b"a = 1\n\x0c\nb = 2\n", "utf-8"),
        ("a form feed on the first line, alone", b"\x0c\na = 1\n", "utf-8"),
        ("no newline at the end", b"a = 1", "utf-8"),
        ("Latin-1", f"# -*- coding: latin-1 -*-\n{CODE}".encode("latin-1"), "iso-8859-1"),
        (
            "cp1252",
            f"#!/bin/sh\n# vim: set fileencoding=cp1252 :\n{CODE}".encode("cp1252"),
            "cp1252",
        ),
        ("Shift JIS", "# coding: shift_jis\ns = '日本'\n".encode("shift_jis"), "shift_jis"),
        ("a declared utf-8-sig", b"\xef\xbb\xbf# coding: utf-8\na = 1\n", "utf-8-sig"),
        ("UTF-8 declared as latin-1", b"# coding: latin-1\ns = '\xc3\xa9'\n", "iso-8859-1"),
    ],
)
def test_the_same_bytes_come_out(
    tmp_path: Path, situation: str, data: bytes, encoding: str
) -> None:
    file = read(tmp_path, data)
    assert file.encode(file.text) == data, situation
    assert file.encoding == encoding
    assert not file.text.startswith("\ufeff")
    parse(file.text)


def test_the_newline_is_that_of_the_first_line(tmp_path: Path) -> None:
    assert read(tmp_path, b"a = 1\r\nb = 2\n").newline == "\r\n"
    assert read(tmp_path, b"a = 1\nb = 2\r\n").newline == "\n"
    assert read(tmp_path, b"a = 1").newline == "\n"


@pytest.mark.parametrize(
    ("data", "line", "reason", "advice"),
    [
        (b"a = 1\nb = '\xff'\n", 2, "byte 0xff is not utf-8", "Save it as UTF-8"),
        (b"# a\n# b\n# c\ns = '\xe9'\n", 4, "byte 0xe9 is not utf-8", "declare its encoding"),
        (b"# coding: ascii\n\ns = '\xc3\xa9'\n", 3, "byte 0xc3 is not ascii", "Save it as UTF-8"),
        (b"# coding: klingon\na = 1\n", 1, "unknown encoding: klingon", "coding comment"),
        (b"# coding: rot13\na = 1\n", 1, "rot13 is not one for text", ""),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, "encoding problem", "coding comment"),
        (b"a = 1\nb = '\0'\n", 2, "it contains a NUL byte", "UTF-16"),
        ("a = 1\n".encode("utf-16"), 1, "it contains a NUL byte", "UTF-16"),
        (b"a = 1\rb = 2\r", 1, "carriage return", "Convert its line ends"),
        (b"a = 1\r\nb = 2\rc = 3\r\n", 2, "carriage return", "Convert its line ends"),
        (b"\x0ca = 1\n", 1, "starts with a form feed", "Remove it"),
        (b"\xef\xbb\xbf \x0ca = 1\n", 1, "starts with a form feed", "Remove it"),
    ],
)
def test_bytes_that_are_refused(
    tmp_path: Path, data: bytes, line: int, reason: str, advice: str
) -> None:
    with pytest.raises(Unreadable) as refused:
        read(tmp_path, data)
    assert refused.value.line == line
    assert reason in refused.value.reason
    assert advice in refused.value.advice
    assert str(refused.value).startswith(f"{tmp_path / 'net.py'}:{line}: ")
    assert (tmp_path / "net.py").read_bytes() == data


def test_an_encoding_that_does_not_give_the_bytes_back(tmp_path: Path) -> None:
    # ISO-2022-JP has several ways to write the same text.
    data = b"# coding: iso2022_jp\ns = '\x1b(B\x1b(Babc'\n"
    with pytest.raises(Unreadable, match="would change its bytes"):
        read(tmp_path, data)


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target.py").write_text(CODE)
    link = tmp_path / "link.py"
    link.symlink_to("target.py")
    with pytest.raises(Unreadable, match=r"it is a link to target\.py"):
        SourceFile.read(link)
    with pytest.raises(Unwritable, match="it is a link"):
        write_atomically(link, CODE.encode(), b"")


def test_no_file_a_folder_and_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(Unreadable, match="does not exist"):
        SourceFile.read(tmp_path / "none.py")
    for path in (tmp_path, tmp_path / "pipe.py"):
        with pytest.raises(Unreadable, match="not a regular file"):
            SourceFile.read(path)


@pytest.mark.parametrize(
    ("line", "construct"),
    [
        ("    print 'a'", "a print statement"),
        ("    print('%d') % 1, 'b' c", "a print statement"),
        ("    print >>f, 'a', b c", "a print statement"),
        ("    exec 'a'", "an exec statement"),
        ("    raise E, 'a'", "raise X, message"),
        ("    if a <> b: pass", "the operator <>"),
        ("    a = `b`", "backquotes"),
        ("    a = 10L", "a long number"),
        ("    a = 0777", "an octal number"),
        ("    a = ur'b'", "a ur'' string"),
    ],
)
def test_python_2_is_recognised(tmp_path: Path, line: str, construct: str) -> None:
    file = read(tmp_path, f"import a\nif b:\n{line}\n".encode())
    with pytest.raises(SyntaxError) as error:
        parse(file.text)
    refusal = file.refusal(error.value)
    assert refusal.line == 3
    assert f"Python 2 syntax ({construct}" in refusal.reason
    assert line.strip() in refusal.reason
    assert "2to3" in refusal.advice


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="valid from 3.14 on")
def test_python_2_except_clause_is_recognised(tmp_path: Path) -> None:
    file = read(tmp_path, b"try:\n    a\nexcept ValueError, e:\n    b\n")
    with pytest.raises(SyntaxError) as error:
        parse(file.text)
    assert "Python 2 syntax (except X, e)" in file.refusal(error.value).reason


@pytest.mark.parametrize("code", ["def f(:\n", "x = (\n", "if a:\nb\n", "if a:\n\tb\n        c\n"])
def test_other_syntax_errors_name_the_line_and_the_python_that_tried(
    tmp_path: Path, code: str
) -> None:
    file = read(tmp_path, code.encode())
    with pytest.raises(SyntaxError) as error:
        parse(file.text)
    refusal = file.refusal(error.value)
    assert refusal.line == error.value.lineno
    assert f"Python {sys.version_info.major}.{sys.version_info.minor} cannot parse" in str(refusal)


def test_code_nested_too_deeply(tmp_path: Path) -> None:
    file = read(tmp_path, b"x = " + b"-" * 100_000 + b"1\n")
    try:
        parse(file.text)
    except (RecursionError, MemoryError, SyntaxError) as error:
        assert "too " in str(file.refusal(error))
    else:
        pytest.fail("Python parses this; nest it deeper")


def test_parsing_prints_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    parse("a = '\\d'\nb = 1 is 1\n")
    assert not recwarn.list


# writing


def test_writing_keeps_the_mode_and_leaves_nothing_else_in_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_bytes(b"old")
    path.chmod(0o751)
    write_atomically(path, b"old", b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.py"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_writing_keeps_the_owner(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_bytes(b"old")
    os.chown(path, 1234, 4321)
    path.chmod(0o640)
    write_atomically(path, b"old", b"new")
    after = path.stat()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (1234, 4321, 0o640)


def test_a_read_only_file_and_a_read_only_folder_are_refused_even_for_root(tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    path = folder / "net.py"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(Unwritable, match=r"read-only \(mode 0444\)"):
        write_atomically(path, b"old", b"new")
    path.chmod(0o644)
    folder.chmod(0o555)
    with pytest.raises(Unwritable, match="its folder is read-only"):
        write_atomically(path, b"old", b"new")
    folder.chmod(0o755)
    assert path.read_bytes() == b"old"


def test_a_file_that_changed_while_we_worked_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_bytes(b"somebody's")
    with pytest.raises(Unwritable, match="changed since it was read"):
        write_atomically(path, b"old", b"new")
    assert path.read_bytes() == b"somebody's"


def test_a_file_that_changes_while_the_new_one_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "net.py"
    path.write_bytes(b"old")

    def interrupted(descriptor: int) -> None:
        path.write_bytes(b"somebody's")

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(Unwritable, match="changed since it was read"):
        write_atomically(path, b"old", b"new")
    assert path.read_bytes() == b"somebody's"
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.py"]


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(Unwritable, match="does not exist any more"):
        write_atomically(tmp_path / "net.py", b"old", b"new")


@pytest.mark.skipif(not Path("/bin/mount").exists() or os.geteuid() != 0, reason="needs mount")
def test_a_full_disk(tmp_path: Path) -> None:
    """In a mount namespace of its own, on a file system of 64 KiB."""
    small = tmp_path / "small"
    small.mkdir()
    script = f"""
from pathlib import Path
from torchscript_fix.source import Unwritable, write_atomically
path = Path({str(small)!r}) / "net.py"
path.write_bytes(b"old")
try:
    write_atomically(path, b"old", b"x" * 1_000_000)
except Unwritable as error:
    print(error, "|", path.read_bytes(), [entry.name for entry in path.parent.iterdir()])
"""
    mount = f'mount -t tmpfs -o size=64k tmpfs {small} && exec {sys.executable} -c "$SCRIPT"'
    run = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount],
        env={**os.environ, "SCRIPT": script},
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in run.stderr or "mount" in run.stderr:
        pytest.skip(f"no mounting here: {run.stderr}")
    assert f"{small / 'net.py'}: the disk is full" in run.stdout
    assert "| b'old' ['net.py']" in run.stdout


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "its file system is read-only")],
)
def test_what_the_system_refuses_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    path = tmp_path / "net.py"
    path.write_bytes(b"old")

    def refuse(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(Unwritable, match=words):
        write_atomically(path, b"old", b"new")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.py"]


def test_a_kill_at_any_instant_leaves_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    old, new = b"old" * 400_000, b"new" * 400_000
    path.write_bytes(old)
    script = f"""
from pathlib import Path
from torchscript_fix.source import write_atomically
path, old, new = Path({str(path)!r}), b"old" * 400_000, b"new" * 400_000
print("ready", flush=True)
while True:
    write_atomically(path, old, new)
    write_atomically(path, new, old)
"""
    for delay in (0.0, 0.003, 0.011, 0.017, 0.031):
        path.write_bytes(old)
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(delay)
            process.kill()
        assert path.read_bytes() in (old, new)


def test_a_file_too_large_to_parse_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.py"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(Unreadable, match="it has 16 MB; files of more than 16 MB are not parsed"):
        SourceFile.read(path)
