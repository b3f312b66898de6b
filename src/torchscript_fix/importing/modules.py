"""Which names the files of a repository can be imported by, and what an import leads to."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from torchscript_fix.importing.file_imports import FileImports, Import


@dataclass(frozen=True)
class SearchPath:
    """Where the imports of one file are looked for, in this order."""

    before: tuple[Path, ...] = ()
    """Folders before installed packages."""
    after: tuple[Path, ...] = ()
    """Folders behind them."""
    single: tuple[tuple[str, Path], ...] = ()
    """First names of imports that are looked for in one folder when all else has failed."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """All folders that serve any name."""
        return self.before + self.after

    def folders_for(self, name: str) -> tuple[Path, ...]:
        """All folders that serve the first name of an import."""
        return (*self.folders, *(folder for each, folder in self.single if each == name))


@dataclass(frozen=True)
class Found:
    """What a dotted name leads to."""

    root: Path
    files: tuple[Path, ...]
    """The files on the way, that of the module last."""
    folder: Path | None
    """The folder that it ends at, where it is a package."""
    is_complete: bool
    """Whether every part of the name is there."""

    @property
    def file(self) -> Path | None:
        """The file of the module or package; None where there is none."""
        last = self.files[-1] if self.files and self.is_complete else None
        is_around = last is not None and self.folder is not None and last.parent != self.folder
        return None if is_around else last


@dataclass(frozen=True)
class Lead:
    """What one import of a file leads to under a search path."""

    name: Import
    found: Found | None
    files: tuple[Path, ...] = ()
    """All files that it imports."""
    is_broken: bool = False
    """Whether the repository has something of this name and yet the import fails."""


@dataclass(eq=False)
class Modules:
    """The Python files of a repository, below `top`."""

    top: Path
    files: Mapping[Path, FileImports]
    packages: Mapping[str, Path] = field(default_factory=dict)
    """Packages that settings put into folders of other names."""

    @cached_property
    def folders(self) -> frozenset[Path]:
        """All folders with a Python file somewhere below."""
        return frozenset(
            folder
            for file in self.files
            for folder in file.parents
            if folder.is_relative_to(self.top)
        )

    @cached_property
    def places(self) -> dict[str, tuple[Path, ...]]:
        """First name of an import to the folders that it finds something from, outer ones first."""
        found: dict[str, set[Path]] = defaultdict(set)
        for place in (*self.files, *self.folders):
            if place != self.top and place.name != "__init__.py":
                found[place.stem if place in self.files else place.name].add(place.parent)
        return {name: tuple(sorted(folders, key=_depth)) for name, folders in found.items()}

    def providers(self, name: str) -> tuple[Path, ...]:
        """The folders from which `import name` finds something, outer ones first."""
        return self.places.get(name, ())

    def find(self, dotted: str, roots: Iterable[Path]) -> Found | None:
        """What a dotted name means, as Python looks for it: the first root that has a module or a
        package of its first name, else folders without an `__init__.py`."""
        parts = dotted.split(".")
        if parts[0] in self.packages:
            folder = self.packages[parts[0]]
            return self._below(folder, folder, parts[1:], self._init(folder))
        loose: Found | None = None
        for root in roots:
            place = root / parts[0]
            if place.with_name(f"{place.name}.py") in self.files or place / "__init__.py" in (
                self.files
            ):
                return self._below(root, root, parts, ())
            if place in self.folders:
                found = self._below(root, root, parts, ())
                if loose is None or (found.is_complete and not loose.is_complete):
                    loose = found
        return loose

    def _init(self, folder: Path) -> tuple[Path, ...]:
        init = folder / "__init__.py"
        return (init,) if init in self.files else ()

    def _below(
        self, root: Path, start: Path, parts: Sequence[str], files: tuple[Path, ...]
    ) -> Found:
        folder = start
        for index, part in enumerate(parts):
            place = folder / part
            module = folder / f"{part}.py"
            if place / "__init__.py" in self.files:
                files, folder = (*files, place / "__init__.py"), place
            elif module in self.files:
                is_last = index == len(parts) - 1
                return Found(root, (*files, module), None, is_last)
            elif place in self.folders:
                folder = place
            else:
                return Found(root, files, folder, False)
        return Found(root, files, folder, True)

    # ------------------------------------------------------------------------------ imports

    def lead(self, name: Import, importer: Path, path: SearchPath) -> Lead:
        """What an import of `importer` leads to."""
        if name.level:
            start = importer.parent
            for _ in range(name.level - 1):
                start = start.parent
            parts = name.module.split(".") if name.module else []
            found: Found | None = self._below(start, start, parts, self._init(start))
        else:
            found = self.find(name.module, path.folders_for(name.top))
        if found is None:
            is_ours = bool(self.providers(name.top)) and name.top not in sys.stdlib_module_names
            return Lead(name, None, (), not name.guarded and is_ours)
        files, missing = self._taken(name, found)
        is_broken = (missing or not found.is_complete) and not name.guarded
        return Lead(name, found, files, is_broken)

    def _taken(self, name: Import, found: Found) -> tuple[tuple[Path, ...], bool]:
        """The files that an import takes, modules among its names too; whether a name is taken
        that is nowhere."""
        files, missing = list(found.files), False
        module = found.files[-1] if found.files else None
        own = self.files[module] if module is not None else None
        if found.folder is not None and module != found.folder / "__init__.py":
            own = None
        for each in name.names if found.is_complete else ():
            below = None
            if found.folder is not None and each != "*":
                below = self._below(found.root, found.folder, [each], ())
            if below is not None and below.is_complete:
                files += below.files
            elif each != "*" and (own is None or not (own.is_open or each in own.bound)):
                missing = True
        return tuple(dict.fromkeys(files)), missing


def _depth(folder: Path) -> tuple[int, Path]:
    return len(folder.parts), folder


def parts_in_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts two paths or dotted names have in common at their beginning."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
