"""Git repositories made on the spot, and bulk runs over them."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "C",
    "GIT_COMMITTER_EMAIL": "c@example.org",
    "GIT_AUTHOR_DATE": "1700000000 +0100",
    "GIT_COMMITTER_DATE": "1700000000 +0100",
}

FIXABLE = """\
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])

    def forward(self, x, mask=None):
        for i in range(3):
            x = self.layers[i](x)
        if mask is not None:
            x = x * mask
        return x
"""
SCRIPTABLE = """\
import torch
from torch import nn


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x):
        return self.layer(x)
"""

Files = Mapping[str, "str | bytes"]


def git(folder: Path, *arguments: str, data: bytes | None = None) -> str:
    """What git prints, in a folder."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        input=data,
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")


def write(folder: Path, files: Files) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def repository(folder: Path, files: Files, origin: str | None = None) -> Path:
    """A git repository with one commit of these files."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    write(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "all")
    if origin is not None:
        git(folder, "remote", "add", "origin", origin)
    return folder


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


def command(*arguments: "str | Path") -> list[str]:
    """The command line of `torchscript-fix bulk`."""
    return [sys.executable, "-m", "torchscript_fix", "bulk", *map(str, arguments)]


def bulk(*arguments: "str | Path", here: Path = Path("/"), **environment: str) -> Ended:
    """Run `torchscript-fix bulk` to its end."""
    done = subprocess.run(
        command(*arguments),
        capture_output=True,
        env={**ENVIRONMENT, **environment},
        cwd=here,
        timeout=300,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True)
class Results:
    """The folder of a bulk run."""

    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """report.json."""
        told = json.loads((self.folder / "report.json").read_bytes())
        assert isinstance(told, dict)
        return told

    @property
    def by_name(self) -> dict[str, dict[str, Any]]:
        """The results of repositories by name."""
        return {each["name"]: each for each in self.report["repositories"]}

    @property
    def verdicts(self) -> dict[str, str]:
        """Verdicts by name."""
        return {name: each["verdict"] for name, each in self.by_name.items()}

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the state, read as any tool does."""
        uri = f"{(self.folder / 'state.sqlite').as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return connection.execute(statement).fetchall()

    def patch(self, slug: str) -> Path:
        """A patch."""
        return self.folder / "patches" / f"{slug}.patch"

    def table(self) -> Sequence[tuple[Any, ...]]:
        """What undisturbed and resumed runs have in common."""
        return self.query(
            'select name, "commit", verdict, error, patch, completed from repository '
            "order by position"
        )


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """A folder for the results of a run; not there yet."""
    return Results(tmp_path / "results")


@pytest.fixture
def clones(tmp_path: Path) -> Path:
    """A folder for clones."""
    folder = tmp_path / "clones"
    folder.mkdir()
    return folder
