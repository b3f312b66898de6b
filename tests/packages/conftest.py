"""An interpreter that has what a test says."""

from collections.abc import Callable, Collection
from pathlib import Path

import pytest

from torchscript_fix.packages import Installed, MissingPackages, missing_packages

MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.11.7",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.11.7",
    "python_version": "3.11",
    "sys_platform": "linux",
}

Repository = Callable[[dict[str, str | bytes]], Path]
Missing = Callable[..., MissingPackages]


@pytest.fixture
def markers() -> dict[str, str]:
    return dict(MARKERS)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """Makes a repository of these files."""

    def made(files: dict[str, str | bytes]) -> Path:
        root = tmp_path / "clone"
        (root / ".git").mkdir(parents=True)
        for name, content in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return root

    return made


@pytest.fixture
def missing(repository: Repository) -> Missing:
    """What a repository of these files lacks, where torch, os and sys are all there is."""

    def found(files: dict[str, str | bytes], has: Collection[str] = ()) -> MissingPackages:
        root = repository(files)
        texts = {path: path.read_text() for path in root.rglob("*.py")}

        def ask(names: Collection[str]) -> Installed:
            there = {"torch", "os", "sys", *has}
            return Installed(frozenset(names) & there, (3, 11, 7), MARKERS)

        return missing_packages([root], texts, ask)

    return found
