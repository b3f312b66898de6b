"""SourceFile: a Python file read once, decoded so that writing it back gives the same bytes, and
written at most once, whole or not at all.
"""

import ast
import codecs
import errno
import io
import os
import re
import stat
import sys
import tempfile
import tokenize
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path


class Unreadable(Exception):
    """A file that is left alone: where (`line` is 1-based), why, and what to do about it."""

    def __init__(self, path: Path, line: int | None, reason: str, advice: str = "") -> None:
        super().__init__(path, line, reason, advice)
        self.path = path
        self.line = line
        self.reason = reason
        self.advice = advice

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{where}: {self.reason}" + (f". {self.advice}" if self.advice else "")


class Unwritable(Exception):
    """A file that could not be written, and is as it was: why, and what to do about it."""

    def __init__(self, path: Path, reason: str, advice: str = "") -> None:
        super().__init__(path, reason, advice)
        self.path = path
        self.reason = reason
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" + (f". {self.advice}" if self.advice else "")


# ------------------------------------------------------------------------------------- reading


@dataclass(frozen=True)
class SourceFile:
    """A Python file as it was on disk.

    `text` is `data` decoded, without the byte order mark and with its line ends as they are;
    `encoding` is the codec's name as Python detects it (PEP 263), `newline` the first line end in
    the file.
    """

    path: Path
    data: bytes
    text: str
    encoding: str
    newline: str

    @classmethod
    def read(cls, path: Path) -> "SourceFile":
        """Read a file. Raises Unreadable for links, what cannot be decoded, and bytes that Python
        or LibCST would not give back (NUL, lone CR, a form feed before the first statement)."""
        data = _regular_file(path)
        _refuse_odd_bytes(path, data)
        encoding = _encoding(path, data)
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            raise _undecodable(path, data, encoding, error.start) from error
        source = cls(path, data, text, encoding, _first_newline(text))
        if source.encode(text) != data:
            raise Unreadable(
                path,
                None,
                f"decoding it as {encoding} and encoding it again would change its bytes",
                "Save it as UTF-8",
            )
        return source

    def encode(self, text: str) -> bytes:
        """`text` in the encoding of this file, with its byte order mark if it has one.

        Raises UnicodeEncodeError where the encoding has no such character.
        """
        return text.encode(self.encoding)

    def refusal(self, error: SyntaxError | RecursionError | MemoryError) -> Unreadable:
        """What to tell the user when Python's own parser does not take this file."""
        if not isinstance(error, SyntaxError):
            return Unreadable(self.path, None, "it is nested too deeply for Python to parse")
        lines = re.split(r"\r\n?|\n", self.text)
        number = error.lineno
        line = lines[number - 1] if number and number <= len(lines) else ""
        python_2 = _python_2_construct(line, error.msg)
        if python_2:
            return Unreadable(
                self.path,
                number,
                f"Python 2 syntax ({python_2}): {line.strip()}",
                "Convert it to Python 3 first, for example with 2to3",
            )
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return Unreadable(
            self.path,
            number,
            f"Python {version} cannot parse it: {error.msg}: {line.strip()}",
            "Correct it, or run torchscript-fix under the Python version that it is written for",
        )


LARGEST = 16 << 20
"""Bytes of a file; a tree takes 40 times as much memory and more. Code as people write it stays
far below."""


MOST_PARSED = 64
"""Trees that are kept in case the same text is met again. One takes fifty times its text: kept for
each text that a large project had on the way, that is hundreds of megabytes."""


@dataclass(eq=False)
class Parsed:
    """The tree of a text, for all that is read off it to be remembered beside it: what is held by a
    node of the tree and holds the tree would go with no one but the garbage collector."""

    tree: ast.Module


@lru_cache(maxsize=MOST_PARSED)
def parsed(text: str) -> Parsed:
    """A text as Python reads it, without warnings about the user's string literals. Raises
    SyntaxError, RecursionError or MemoryError; `SourceFile.refusal` has the words for them.

    The tree is everybody's: a text is checked after surgery, then analysed, and made again in the
    next round. Nobody changes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Parsed(ast.parse(text))


def parse(text: str) -> ast.Module:
    """The tree of a text; see `parsed`."""
    return parsed(text).tree


def _regular_file(path: Path) -> bytes:
    try:
        if path.is_symlink():
            raise Unreadable(
                path,
                None,
                f"it is a link to {path.readlink()}",
                "Give the file itself: links are not followed",
            )
        if not stat.S_ISREG(path.lstat().st_mode):
            raise Unreadable(path, None, "it is not a regular file")
        size = path.lstat().st_size
        if size > LARGEST:
            words = f"it has {size >> 20} MB; files of more than {LARGEST >> 20} MB are not parsed"
            raise Unreadable(path, None, words)
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(path, None, f"it cannot be read: {_words(error)}") from error


_LONE_CR = re.compile(rb"\r(?!\n)")
_FORM_FEED_FIRST = re.compile(rb"(?:\xef\xbb\xbf)?[ \t]*\f[ \t\f]*[^\s]")


def _refuse_odd_bytes(path: Path, data: bytes) -> None:
    nul = data.find(b"\0")
    if nul >= 0:
        raise Unreadable(
            path,
            data.count(b"\n", 0, nul) + 1,
            "it contains a NUL byte",
            "Save it as UTF-8 (UTF-16 looks like this), or remove the byte",
        )
    lone = _LONE_CR.search(data)
    if lone:
        raise Unreadable(
            path,
            data.count(b"\n", 0, lone.start()) + 1,
            "it contains a carriage return that is not part of a line end CR LF",
            "Convert its line ends, for example with dos2unix -c mac",
        )
    if _FORM_FEED_FIRST.match(data):
        raise Unreadable(
            path,
            1,
            "it starts with a form feed, which LibCST does not keep",
            "Remove it, or put it on a line of its own",
        )


def _encoding(path: Path, data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        if not codecs.lookup(encoding)._is_text_encoding:
            raise Unreadable(path, 1, f"its declared encoding {encoding} is not one for text")
        return encoding
    except (SyntaxError, LookupError) as error:
        # detect_encoding says the same of an unknown name and of bytes that are not UTF-8.
        head = b"\n".join(data.split(b"\n")[:2])
        try:
            head.decode("utf-8")
        except UnicodeDecodeError as undecodable:
            raise _undecodable(path, data, "utf-8", undecodable.start) from error
        raise Unreadable(path, 1, str(error), "Correct the coding comment") from error


def _undecodable(path: Path, data: bytes, encoding: str, position: int) -> Unreadable:
    return Unreadable(
        path,
        data.count(b"\n", 0, position) + 1,
        f"byte 0x{data[position]:02x} is not {encoding}",
        "Save it as UTF-8, or declare its encoding in the first line (PEP 263)",
    )


def _first_newline(text: str) -> str:
    end = text.find("\n")
    return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"


_PYTHON_2_MESSAGES = {
    "Missing parentheses in call to 'print'": "a print statement",
    "Missing parentheses in call to 'exec'": "an exec statement",
    "multiple exception types must be parenthesized": "except X, e",
    "leading zeros in decimal integer literals": "an octal number such as 0777",
}
_PYTHON_2_LINES = {
    r"\s*print\s+[^\s=(,.]": "a print statement",
    r"\s*print\s*>>": "a print statement",
    r"\s*print\s*\(?.*%": "a print statement",
    r"\s*exec\s+[^\s=(,.]": "an exec statement",
    r"\s*except\s+[\w.]+\s*,": "except X, e",
    r"\s*raise\s+[\w.]+\s*,": "raise X, message",
    r".*<>": "the operator <>",
    r".*`[^`]+`": "backquotes",
    r".*\b\d+[lL]\b": "a long number such as 10L",
    r""".*\b[uU][rR]['"]""": "a ur'' string",
    r"\s*def\s+\w+\s*\(.*\(": "a tuple parameter",
}


def _python_2_construct(line: str, message: str) -> str | None:
    """Which construct of Python 2 the parser stumbled over, if it looks like one."""
    for start, construct in _PYTHON_2_MESSAGES.items():
        if message.startswith(start):
            return construct
    for pattern, construct in _PYTHON_2_LINES.items():
        if re.match(pattern, line):
            return construct
    return None


# ------------------------------------------------------------------------------------- writing


def write_atomically(path: Path, expected: bytes, new: bytes) -> None:
    """Put `new` in the place of a file that holds `expected`; a reader sees the one or the other.

    Mode, owner and extended attributes stay. Raises Unwritable, with the file as it was, for a
    link, a file or folder without a write bit (even for root, who could), a file that is not
    `expected` any more, and whatever the operating system refuses (a full disk).
    """
    refuse_unwritable(path)
    try:
        before = path.stat()
        if path.read_bytes() != expected:
            raise Unwritable(path, "it has changed since it was read", "Run again")
        temporary = _written_beside(path, new, before)
        try:
            now = path.lstat()
            if (now.st_ino, now.st_mtime_ns, now.st_size) != (
                before.st_ino,
                before.st_mtime_ns,
                before.st_size,
            ):
                raise Unwritable(path, "it has changed since it was read", "Run again")
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise Unwritable(path, _words(error), _advice(error)) from error


def refuse_unwritable(path: Path) -> None:
    """Raise Unwritable where a file must not be replaced, as far as that shows beforehand."""
    try:
        mode = path.lstat().st_mode
        folder_mode = path.parent.stat().st_mode
    except OSError as error:
        raise Unwritable(path, _words(error)) from error
    if stat.S_ISLNK(mode):
        raise Unwritable(path, "it is a link", "Give the file itself: links are not followed")
    if not stat.S_ISREG(mode):
        raise Unwritable(path, "it is not a regular file")
    if not mode & 0o222 or not os.access(path, os.W_OK):
        raise Unwritable(
            path, f"it is read-only (mode {stat.S_IMODE(mode):04o})", "chmod u+w makes it writable"
        )
    if not folder_mode & 0o222 or not os.access(path.parent, os.W_OK | os.X_OK):
        raise Unwritable(
            path,
            f"its folder is read-only (mode {stat.S_IMODE(folder_mode):04o})",
            "chmod u+w on the folder makes it writable",
        )


def _written_beside(path: Path, new: bytes, like: os.stat_result) -> Path:
    """A complete temporary file in the same folder, safe on disk, with the file's own metadata."""
    prefix = temporary_prefix(os.getpid())
    descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(new)
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), like.st_uid, like.st_gid)
            os.fchmod(file.fileno(), stat.S_IMODE(like.st_mode))
            _copy_extended_attributes(path, file.fileno())
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    return temporary


def temporary_prefix(process: int) -> str:
    """How the names of the temporary files of a process begin: a killed one leaves its last."""
    return f".torchscript-fix-{process}-"


def _copy_extended_attributes(path: Path, descriptor: int) -> None:
    """Access lists and labels, where the system has any; a file is no less whole without them."""
    if not hasattr(os, "listxattr"):
        return
    with suppress(OSError):
        for name in os.listxattr(path):
            os.setxattr(descriptor, name, os.getxattr(path, name))


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, where the file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _words(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "the disk is full"
        case errno.EROFS:
            return "its file system is read-only"
        case errno.EACCES | errno.EPERM:
            return "permission denied"
        case errno.ENOENT:
            return "it does not exist any more"
    return error.strerror or str(error)


def _advice(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "Make room and run again; nothing was lost"
        case errno.EACCES | errno.EPERM:
            return "Run as the owner of the file"
    return ""
