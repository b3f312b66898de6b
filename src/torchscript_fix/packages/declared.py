"""All that a repository declares, read from its files in the order in which they are believed."""

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from torchscript_fix.packages.conda import read_environment
from torchscript_fix.packages.declaration import Declaration
from torchscript_fix.packages.distributions import distributions_of, is_taken_by_another
from torchscript_fix.packages.project_files import Unparsable, read_pyproject, read_setup_cfg
from torchscript_fix.packages.repository import NotRead, shown, text_of
from torchscript_fix.packages.requirement_files import read_requirement_file
from torchscript_fix.packages.setup_script import read_setup_script

MOST_FOLDERS = 300
MOST_FILES = 200

_REQUIREMENTS = re.compile(r"(?i)[\w.+-]*requirements?[\w.+-]*\.(txt|in)")
_ENVIRONMENT = re.compile(r"(?i)(conda|env)[\w.+-]*\.ya?ml")
_READERS = {
    "pyproject.toml": read_pyproject,
    "setup.cfg": read_setup_cfg,
    "setup.py": read_setup_script,
}


class Declared:
    """Distributions by normalised name, each as it was declared first. `markers` describes the
    interpreter (PEP 508)."""

    def __init__(self, markers: Mapping[str, str]) -> None:
        self._markers = markers
        self._of_index: dict[str, str] = {}
        self._anywhere: dict[str, str] = {}
        """Also those that a file wants from another index: what the public one has by that name may
        be something else, unless we know it."""
        self.own: set[str] = set()
        """Names of the project itself, and of modules that its set-up puts elsewhere."""
        self.not_read: dict[str, None] = {}
        """Files that were not read, in words."""

    def read(self, root: Path, folders: Iterable[Path]) -> None:
        """Take in what the files in these folders of the repository at `root` declare, those higher
        up first."""
        paths = [path for folder in _in_order(folders) for path in _files_of(folder)]
        for path in paths[:MOST_FILES]:
            try:
                self._read_file(path, root)
            except NotRead as error:
                self.not_read[str(error)] = None
            except Unparsable:
                self.not_read[f"{shown(path, root)} does not parse"] = None

    def requirement_for(self, name: str) -> str | None:
        """What pip is to be told where a top-level module is missing; None where nobody says."""
        known = distributions_of(name)
        if not known:
            declared = self._of_index.get(canonicalize_name(name))
            return None if is_taken_by_another(name) else declared
        if any(sign in known[0] for sign in "<>="):
            return known[0]
        declared_ones = (self._anywhere.get(canonicalize_name(each)) for each in known)
        return next(filter(None, declared_ones), known[0])

    def _read_file(self, path: Path, root: Path) -> None:
        if path.suffix.lower() in (".txt", ".in"):
            found, not_read = read_requirement_file(path, root, self._markers)
            self._add(found)
            self.not_read |= dict.fromkeys(not_read)
            return
        text = text_of(path, root)
        if path.name in _READERS:
            found, own = _READERS[path.name](text, self._markers)
            self.own.update(own)
        else:
            found = read_environment(text, self._markers)
        self._add(found)

    def _add(self, declarations: Iterable[Declaration]) -> None:
        for each in declarations:
            if each.requirement:
                self._anywhere.setdefault(each.name, each.requirement)
                if not each.of_other_index:
                    self._of_index.setdefault(each.name, each.requirement)


def _in_order(folders: Iterable[Path]) -> list[Path]:
    ordered = sorted(set(folders), key=lambda folder: (len(folder.parts), os.fsencode(folder)))
    return ordered[:MOST_FOLDERS]


def _files_of(folder: Path) -> list[Path]:
    """The files that declare packages, the ones that users are told to install first."""
    names = _names_in(folder)
    requirements = [name for name in names if _REQUIREMENTS.fullmatch(name)]
    first = [name for name in requirements if name == "requirements.txt"]
    found = [*first, *(name for name in _READERS if name in names)]
    found += (name for name in requirements if name not in first)
    paths = [folder / name for name in found]
    below = folder / "requirements"
    paths += (below / name for name in _names_in(below) if name.endswith(".txt"))
    return paths + [folder / name for name in names if _ENVIRONMENT.fullmatch(name)]


def _names_in(folder: Path) -> list[str]:
    try:
        return sorted((path.name for path in folder.iterdir()), key=os.fsencode)
    except OSError:
        return []
