"""The packages that a repository imports and the user's interpreter lacks, all at once and without
running any of its code: what is missing, where it is imported, and what pip is to be told.
"""

import os
import shlex
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from torchscript_fix.packages.declared import Declared
from torchscript_fix.packages.distributions import not_packages
from torchscript_fix.packages.imported import Import, imports_of, names_mentioned
from torchscript_fix.packages.installed import Installed
from torchscript_fix.packages.repository import own_names, repository_around
from torchscript_fix.source import parse

__all__ = [
    "Installed",
    "MissingPackage",
    "MissingPackages",
    "missing_packages",
    "repository_around",
]

MOST_ASKED = 10_000
"""Names that an interpreter is asked for; no repository imports so many."""
LONGEST_NAME = 100
"""Characters of an imported name; there is no such package."""


@dataclass(frozen=True)
class MissingPackage:
    """A top-level module that nobody has."""

    name: str
    """As it is imported."""
    path: Path
    line: int
    """Where it is imported, the first by path of several."""
    requirement: str | None
    """What pip is to be told (PEP 508); None where nobody says under which name it is published."""
    optional: bool
    """Whether all files that import it can be imported without."""


@dataclass(frozen=True)
class MissingPackages:
    """All that is missing."""

    packages: tuple[MissingPackage, ...] = ()
    """In the order of their names."""
    not_read: tuple[str, ...] = ()
    """Files of the repository that may have declared packages and were not read, in words."""
    python: str | None = None
    """The interpreter that the user named."""
    stood_in: bool = False
    """Whether stand-ins took their place."""

    @property
    def needed(self) -> tuple[MissingPackage, ...]:
        """Those without which some file cannot be imported."""
        return tuple(each for each in self.packages if not each.optional)

    @property
    def unknown(self) -> tuple[str, ...]:
        """The needed ones that nobody says how to install."""
        return tuple(each.name for each in self.needed if each.requirement is None)

    @property
    def install(self) -> str | None:
        """The line that installs what is needed and known."""
        wanted = dict.fromkeys(each.requirement for each in self.needed if each.requirement)
        if not wanted:
            return None
        pip = ("pip",) if self.python is None else (self.python, "-m", "pip")
        return shlex.join([*pip, "install", *wanted])


def missing_packages(
    repositories: Collection[Path],
    texts: Mapping[Path, str],
    ask: Callable[[Collection[str]], Installed],
    python: str | None = None,
) -> MissingPackages:
    """What the repositories in these folders lack. `texts` are their Python files, those that
    parse; `ask` asks the interpreter (`python`, where the user named one) which modules it has."""
    files = {path: text for path, text in texts.items() if path.name != "setup.py"}
    mentioned = {path: names_mentioned(text) for path, text in files.items()}
    asked = sorted(set().union(*mentioned.values()))[:MOST_ASKED]
    installed = ask(asked)
    lacking = set(asked) - installed.modules - not_packages()
    if not lacking:
        return MissingPackages()
    declared = Declared(installed.markers)
    for root in (Path(os.path.realpath(folder)) for folder in repositories):
        lacking -= own_names(root)
        declared.read(root, _folders(root, texts))
    own = {canonicalize_name(name) for name in declared.own}

    def is_there(name: str) -> bool:
        return name not in lacking or canonicalize_name(name) in own

    questionable = {path: files[path] for path, names in mentioned.items() if names & lacking}
    imports = _missing_imports(questionable, installed.version, is_there)
    packages = tuple(
        MissingPackage(name, path, each.line, declared.requirement_for(name), each.optional)
        for name, (path, each) in sorted(imports.items(), key=lambda item: _order(item[0]))
    )
    return MissingPackages(packages, tuple(declared.not_read) if packages else (), python)


def _missing_imports(
    texts: Mapping[Path, str], version: tuple[int, ...], is_there: Callable[[str], bool]
) -> dict[str, tuple[Path, Import]]:
    """Name to its first import by path and line; one that is needed before all optional ones."""
    found: dict[str, tuple[Path, Import]] = {}
    for path in sorted(texts, key=os.fsencode):
        imports = imports_of(parse(texts[path]), version, is_there)
        for each in sorted(imports, key=lambda each: (each.optional, each.line)):
            if is_there(each.name) or len(each.name) > LONGEST_NAME:
                continue
            known = found.get(each.name)
            if known is None or (known[1].optional and not each.optional):
                found[each.name] = (path, each)
    return found


def _order(name: str) -> tuple[str, str]:
    return name.lower(), name


def _folders(root: Path, texts: Iterable[Path]) -> set[Path]:
    """The repository's folder, and those on the way from it to its Python files."""
    folders = {root}
    for path in texts:
        if root in path.parents:
            folders.update(up for up in path.parents if root in up.parents)
    return folders
