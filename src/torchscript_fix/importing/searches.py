"""What the imports of each file lead to under the search paths that it may be imported under: that
of a script that imports it, with what the code puts on `sys.path` where the code puts it."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from torchscript_fix.importing.file_imports import FileImports, Import
from torchscript_fix.importing.modules import Lead, Modules, SearchPath, parts_in_common
from torchscript_fix.importing.root_folders import RootFolders

MOST_STEPS = 8
"""Times that what a script imports is followed anew with the edits found there."""


class Searches:
    """The search paths of a repository, and what is found along them."""

    def __init__(self, folders: RootFolders, files: Mapping[Path, FileImports]) -> None:
        self._folders, self.files = folders, files
        self.modules = Modules(folders.top, files, folders.packages)
        self.plain = folders.path((), None)
        """The search path where nothing is known of who imports."""
        self._led: dict[tuple[Path, SearchPath], tuple[Lead, ...]] = {}
        self._reaches: dict[tuple[Path, SearchPath], tuple[Path, ...]] = {}

    def leads(self, file: Path, path: SearchPath) -> tuple[Lead, ...]:
        key = file, path
        if key not in self._led:
            imports = self.files[file].imports
            self._led[key] = tuple(self.modules.lead(name, file, path) for name in imports)
        return self._led[key]

    def _reached(self, start: Path, path: SearchPath) -> tuple[Path, ...]:
        """A file and all that importing it imports, in that order."""
        key = start, path
        if key not in self._reaches:
            found: dict[Path, None] = {}
            todo = [start]
            while todo:
                file = todo.pop()
                if file not in found:
                    found[file] = None
                    every = (each for lead in self.leads(file, path) for each in lead.files)
                    todo += reversed(list(every))
            self._reaches[key] = tuple(found)
        return self._reaches[key]

    def _started(self, file: Path, script: Path | None) -> SearchPath:
        """The search path where a file is imported first, or is run as a script in its folder."""
        path = self._folders.path((), script)
        for _ in range(MOST_STEPS):
            reached = self._reached(file, path)
            edits = [edit for each in reached for edit in self._folders.edited(self.files[each])]
            again = self._folders.path(edits, script)
            if again == path:
                break
            path = again
        return path

    @cached_property
    def scripts(self) -> dict[Path, SearchPath]:
        """The files that are run, each with its search path."""
        return {
            file: self._started(file, file.parent)
            for file, facts in self.files.items()
            if facts.is_script and not any(name.level for name in facts.imports)
        }

    @cached_property
    def runs(self) -> dict[Path, list[Path]]:
        """File to the scripts that import it, however far, and to itself where it is one."""
        found: dict[Path, list[Path]] = defaultdict(list)
        for script, path in self.scripts.items():
            for file in self._reached(script, path):
                found[file].append(script)
        return found

    @cached_property
    def bare(self) -> dict[Path, SearchPath]:
        """The search path of each file where no script imports it."""
        return {file: self._started(file, None) for file in self.files}

    @cached_property
    def known(self) -> tuple[SearchPath, ...]:
        return tuple(dict.fromkeys((*self.bare.values(), *self.scripts.values())))

    def problems(self, file: Path, path: SearchPath) -> int:
        """How many imports fail that the repository has something for."""
        return sum(
            lead.is_broken for each in self._reached(file, path) for lead in self.leads(each, path)
        )

    def with_singles(self, file: Path, path: SearchPath) -> SearchPath:
        """The search path with a folder for each name that nothing on it serves."""
        single = dict(path.single)
        for _ in range(MOST_STEPS):
            found = replace(path, single=tuple(sorted(single.items())))
            new = dict(self._lacking(file, found))
            if not new.keys() - single.keys():
                break
            single = {**new, **single}
        return replace(path, single=tuple(sorted(single.items())))

    def _lacking(self, file: Path, path: SearchPath) -> Iterable[tuple[str, Path]]:
        known: dict[str, Path] = {}
        for each in self._reached(file, path):
            for lead in self.leads(each, path):
                name = lead.name
                if lead.found is None and is_wanted(name) and name.top not in known:
                    folder = self.nearest(name.top, each, name.module)
                    if folder is not None:
                        known[name.top] = folder
        return known.items()

    def nearest(self, name: str, to: Path, module: str) -> Path | None:
        """The folder nearest to a file that has something of this name, all of `module` if one
        has that."""
        folders = sorted(
            self.modules.providers(name), key=lambda each: (steps(to, each / "_"), each)
        )
        for folder in folders:
            found = self.modules.find(module, [folder])
            if found is not None and found.is_complete:
                return folder
        return folders[0] if folders else None


def is_wanted(name: Import) -> bool:
    """Whether an import that nothing serves is to be served from wherever its name is: one that
    the code can do without is meant for a package that may not be installed."""
    return not (name.level or name.guarded or name.top in sys.stdlib_module_names)


def steps(one: Path, other: Path) -> int:
    """How many folders lie between two files."""
    mine, theirs = one.parent.parts, other.parent.parts
    return len(mine) + len(theirs) - 2 * parts_in_common(mine, theirs)
