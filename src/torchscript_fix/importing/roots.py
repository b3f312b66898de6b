"""The import roots of a repository: the folders that its files import from.

Whoever runs `python train.py`, `cd tools && python …` or `PYTHONPATH=src` has several. Each file
has a search path of its own: that of a script that imports it, with what the code puts on
`sys.path` where the code puts it. A folder that only follows from an import which nothing else
resolves serves that name alone, after all else. Nothing is run here.
"""

import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from torchscript_fix.importing.file_imports import FileImports
from torchscript_fix.importing.modules import SearchPath
from torchscript_fix.importing.own_roots import OwnRoots
from torchscript_fix.importing.root_folders import RootFolders
from torchscript_fix.importing.searches import Searches, is_wanted, steps


@dataclass(frozen=True)
class ImportRoot:
    """A folder that imports are looked for in."""

    folder: Path
    why: str
    names: tuple[str, ...] = ()
    """The first names that it serves; empty where it serves any."""


class ImportRoots:
    """The import roots of the files of a repository."""

    def __init__(
        self, top: Path, base: Path, files: Mapping[Path, FileImports], named: tuple[Path, ...] = ()
    ) -> None:
        self.top, self.base, self.files, self.named = top, base, files, named
        self._folders = RootFolders(top, base, named)
        self._searches = Searches(self._folders, files)
        self._modules = self._searches.modules
        self._own = OwnRoots(self._folders, self._searches)
        self.packages: Mapping[str, Path] = self._folders.packages
        """Package to the folder of another name that it lies in."""
        self.elsewhere = self._folders.elsewhere
        """Words on folders that code or settings name and that lie outside."""
        self.name_of = self._own.name_of

    def of(self, file: Path) -> SearchPath:
        """The search path for a file that is imported first in its process."""
        return self._paths.get(file, self._searches.plain)

    def aliases_of(self, file: Path) -> dict[str, str]:
        """Dotted names that a file's imports use to the names of the modules that they mean, where
        these are called otherwise."""
        found: dict[str, str] = {}
        path = self.of(file)
        for lead in self._searches.leads(file, path) if file in self.files else ():
            module = lead.name.module
            if lead.name.level or lead.found is None:
                continue
            parts = module.split(".")
            for end in range(1, len(parts) + 1):
                self._alias(found, ".".join(parts[:end]), path)
            for name in lead.name.names:
                if name != "*":
                    self._alias(found, f"{module}.{name}", path)
        return found

    def _alias(self, found: dict[str, str], dotted: str, path: SearchPath) -> None:
        means = self._modules.find(dotted, path.folders_for(dotted.partition(".")[0]))
        if means is not None and means.file is not None:
            name, _ = self.name_of(means.file)
            if name != dotted:
                found[dotted] = name

    def file_of(self, module: str) -> Path | None:
        """The file that a dotted name means where a user writes it down: under a root, else the
        outermost that has a file of that name."""
        paths = (self._searches.plain, *self._searches.known)
        roots = [folder for path in paths for folder in path.folders]
        first = module.partition(".")[0]
        for root in dict.fromkeys((*roots, *self._modules.providers(first))):
            found = self._modules.find(module, [root])
            if found is not None and found.file is not None:
                return found.file
        return _on_disk(module, (self.base, self.top))

    def of_module(self, module: str, file: Path) -> SearchPath:
        """The search path for a file that the user calls `module`."""
        path = self.of(file)
        found = self._modules.find(module, path.folders)
        if found is not None and file in found.files:
            return path
        parts = module.split(".")
        root = file.parents[len(parts) - (1 if file.name != "__init__.py" else 0)]
        return replace(path, after=(*path.after, root))

    def with_imports(self, path: SearchPath, beside: FileImports, near: Path) -> SearchPath:
        """The search path with what `beside`, a file that is imported in the same process, finds
        nowhere else: as near as possible to the file `near`."""
        single = dict(path.single)
        for name in beside.imports:
            lead = self._modules.lead(name, beside.path, path)
            if is_wanted(name) and (lead.found is None or lead.is_broken):
                folder = self._searches.nearest(name.top, near, name.module)
                if folder is not None:
                    single.setdefault(name.top, folder)
        return replace(path, single=tuple(sorted(single.items())))

    @property
    def places(self) -> Mapping[str, tuple[Path, ...]]:
        """First name of an import to the folders from which it finds something: where code puts a
        name together while it runs, the one nearest to it serves that name, after all else."""
        return {
            name: folders
            for name, folders in self._modules.places.items()
            if name not in sys.stdlib_module_names
        }

    @cached_property
    def roots(self) -> tuple[ImportRoot, ...]:
        """The roots that some file imports from, in the order of their folders, the base first."""
        used: set[Path] = {self.base, *self.named}
        single: dict[Path, set[str]] = defaultdict(set)
        reasons: dict[Path, str] = {}
        for file, path in self._paths.items():
            serves = dict(path.single)
            for lead in self._searches.leads(file, path):
                if lead.found is None or lead.name.level:
                    continue
                if lead.found.root in path.folders:
                    used.add(lead.found.root)
                elif lead.name.top in serves:
                    single[serves[lead.name.top]].add(lead.name.top)
                    why = f"found in no other place; imported in {self._folders.shown(file)}"
                    line = f"line {lead.name.line}"
                    reasons.setdefault(serves[lead.name.top], f"{why} {line}")
        found = [ImportRoot(root, self._folders.reason(root)) for root in sorted(used)]
        found += [
            ImportRoot(root, reasons[root], tuple(sorted(names)))
            for root, names in sorted(single.items())
            if root not in used
        ]
        return tuple(sorted(found, key=lambda each: each.folder != self.base))

    @cached_property
    def _paths(self) -> dict[Path, SearchPath]:
        return {file: self._searches.with_singles(file, self._chosen(file)) for file in self.files}

    def _chosen(self, file: Path) -> SearchPath:
        """Of the search paths that a file may be imported under, the one under which it is known
        by its name, then under which least fails, then the plainest, then that of the nearest."""
        own = self._own.of(file)
        scripts = self._searches.scripts
        is_run = file in scripts and not self._own.votes_for(file)
        plain = (self._searches.bare[file], int(is_run), 0, file)
        of_scripts = (
            (scripts[script], int(script != file or not is_run), steps(file, script), script)
            for script in self._searches.runs.get(file, ())
        )
        problems = self._searches.problems
        path, *_ = min(
            (plain, *of_scripts),
            key=lambda each: (own not in each[0].folders, problems(file, each[0]), *each[1:]),
        )
        if own in path.folders:
            return path
        name = self.name_of(file)[0].partition(".")[0]
        return replace(path, single=((name, own),))


def _on_disk(module: str, roots: Iterable[Path]) -> Path | None:
    """The file of a module that is not among those under the path: git may ignore it."""
    for root in roots:
        place = root.joinpath(*module.split("."))
        for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if path.is_file():
                return Path(os.path.realpath(path))
    return None
