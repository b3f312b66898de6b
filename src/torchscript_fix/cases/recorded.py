"""Cases that a command of the user's shows: `--run 'python demo.py …'`, `--run 'pytest tests/'`.

The command is taken apart here and never run; there is no shell.
"""

import re
import shlex
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from torchscript_fix.cases.declared import CaseError

Kind = Literal["script", "module", "code", "pytest"]

FORMS = "python FILE …, python -m MODULE …, python -c CODE, pytest …, or an installed Python script"
LONGEST_LABEL = 60
LARGEST_SCRIPT = 1 << 20

_PYTHON = re.compile(r"python(3(\.\d+)?)?")
_SETTING = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_HARMLESS = frozenset("uBsEb")
_SHELL = frozenset({"&&", "||", "|", ";", "&", ">", ">>", "<", "2>", "2>&1", "&>"})


@dataclass(frozen=True)
class Call:
    """One call that a command makes of a model."""

    cls: str
    """`module.Class`."""
    instance: int
    """1-based: of the instances of the class that are called, in the order of their first call."""
    call: int
    """1-based: of this instance's outermost calls; 0 for one that is scripted and never called."""


@dataclass(frozen=True)
class RecordedCommand:
    """A command whose outermost calls of models under the path become cases, one for each
    configuration: the n-th instance of a class that is called, at one of its calls."""

    text: str
    """As the user typed it."""
    kind: Kind
    target: str
    """An absolute path, a dotted name, or code; "" for pytest."""
    arguments: tuple[str, ...]
    folder: Path
    """Where it is run, if that lies below the import root; else it is run there."""
    settings: tuple[tuple[str, str], ...] = ()
    """Of the environment: `CUDA_VISIBLE_DEVICES=0 python …`."""
    likely: str = ""
    """Where nobody named the command: what of the repository it runs."""
    calls: tuple[Call, ...] = ()
    """Those of its calls that are cases; without any, all are that are found."""

    @property
    def how(self) -> str:
        """How its cases were found; "" where the user named it."""
        return f"called by the repository's own {self.likely}" if self.likely else ""

    @property
    def label(self) -> str:
        """What its cases are called by: `demo.py --size 64`."""
        if self.likely:
            return _short(self.likely)
        first = {"script": Path(self.target).name, "code": "python -c", "pytest": "pytest"}
        words = (first.get(self.kind, f"-m {self.target}"), *self.arguments)
        return _short(" ".join(words))


def _short(label: str) -> str:
    label = " ".join(label.split())
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def parse_command(
    text: str, folder: Path, scripts: Path, calls: tuple[Call, ...] = ()
) -> RecordedCommand:
    """The command of one `--run`, typed in `folder`; `scripts` is where the interpreter that runs
    the code has its installed commands, `calls` are those that are wanted of it. Raises
    CaseError."""
    words = _words(text)
    settings: list[tuple[str, str]] = []
    while words and _SETTING.fullmatch(words[0]):
        name, _, value = words.pop(0).partition("=")
        settings.append((name, value))
    if not words:
        raise CaseError(f"--run {text!r} is no command; it takes {FORMS}")
    name = Path(words[0]).name
    if _PYTHON.fullmatch(name):
        kind, target, arguments = _of_python(text, words[1:], folder)
    elif name in ("pytest", "py.test"):
        kind, target, arguments = "pytest", "", words[1:]
    else:
        kind, target = "script", str(_installed(text, words[0], folder, scripts))
        arguments = words[1:]
    if kind == "module" and target in ("pytest", "py.test"):
        kind, target = "pytest", ""
    return RecordedCommand(
        text, kind, target, tuple(arguments), folder, tuple(settings), calls=calls
    )


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise CaseError(f"--run {text!r}: {error}") from error
    for word in words:
        if word in _SHELL or word.endswith(";"):
            raise CaseError(f"--run {text!r}: there is no shell, so {word!r} means nothing here")
    return words


def _of_python(text: str, words: Sequence[str], folder: Path) -> tuple[Kind, str, list[str]]:
    left = list(words)
    while left:
        word = left.pop(0)
        if word in ("-m", "-c"):
            if not left:
                raise CaseError(f"--run {text!r}: nothing follows {word}")
            return ("module" if word == "-m" else "code"), left[0], left[1:]
        if not word.startswith("-"):
            return "script", str(_file(text, word, folder)), left
        if word in ("-W", "-X") and left:
            left.pop(0)
        elif not set(word[1:]) <= _HARMLESS and word[:2] not in ("-W", "-X"):
            raise CaseError(f"--run {text!r}: Python's {word} is not to be had here")
    raise CaseError(f"--run {text!r} starts no program; it takes {FORMS}")


def _file(text: str, name: str, folder: Path) -> Path:
    path = (folder / name).resolve()
    if path.is_dir():
        path /= "__main__.py"
    if not path.is_file():
        raise CaseError(f"--run {text!r}: there is no file {path}")
    return path


def _installed(text: str, name: str, folder: Path, scripts: Path) -> Path:
    """The file of a command that is a Python script."""
    found = shutil.which(name, path=str(scripts)) if "/" not in name else str(folder / name)
    path = Path(found).resolve() if found is not None else None
    if path is None or not path.is_file():
        raise CaseError(
            f"--run {text!r}: there is no {name} in {scripts if '/' not in name else folder}; "
            f"it takes {FORMS}"
        )
    if path.stat().st_size > LARGEST_SCRIPT or not _is_python(path):
        raise CaseError(f"--run {text!r}: {path} is no Python script; it takes {FORMS}")
    return path


def _is_python(path: Path) -> bool:
    """Whether a file says in its first lines that Python is to run it."""
    first = path.read_bytes()[:400].split(b"\n")[:2]
    # Where the path is too long for a first line, pip writes `#!/bin/sh` and an exec in the second.
    return first[0].startswith(b"#!") and any(b"python" in line for line in first)
