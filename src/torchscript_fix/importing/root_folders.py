"""The folders that settings and code name as places to import from, and why each is one."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from torchscript_fix.importing.file_imports import FileImports
from torchscript_fix.importing.modules import SearchPath
from torchscript_fix.importing.package_settings import package_folders


@dataclass(eq=False)
class RootFolders:
    """Which folders of a repository packages and modules may lie in."""

    top: Path
    """The repository's folder, a real path: nothing outside of it is a root."""
    base: Path
    """The folder that its packages lie in, as far as nothing else is said."""
    named: tuple[Path, ...] = ()
    """Real paths of the roots that the user names: they beat all."""
    elsewhere: dict[str, None] = field(default_factory=dict)
    """Words on folders that code or settings name and that lie outside."""
    _why: dict[Path, str] = field(default_factory=dict)

    def path(self, edits: Iterable[tuple[Path, bool]], script: Path | None) -> SearchPath:
        """As Python would have it: what was put in front last comes first, then the folder of the
        script, then those that the project's packages lie in."""
        in_front = [root for root, at_front in edits if at_front][::-1]
        behind = [root for root, at_front in edits if not at_front]
        own = [script] if script is not None else []
        before = dict.fromkeys((*self.named, *in_front, *own, self.base, *self._settings))
        after = dict.fromkeys(each for each in (*behind, self.top) if each not in before)
        return SearchPath(tuple(before), tuple(after))

    def reason(self, root: Path) -> str:
        if root in self.named:
            return "--import-root"
        if root == self.base:
            return "the folder that its packages lie in"
        known = self._why.get(root)
        if known is not None:
            return known
        return "the repository's folder" if root == self.top else "the folder of scripts"

    def shown(self, path: Path) -> str:
        return path.relative_to(self.top).as_posix() if path.is_relative_to(self.top) else str(path)

    @cached_property
    def _said(self) -> tuple[tuple[Path, str, str], ...]:
        """Folders that settings of the repository name, each with the package that it is ("" where
        it holds packages) and why."""
        found = []
        for each in package_folders(self.top):
            folder = self._inside(self.top / each.folder, each.why)
            if folder is not None:
                found.append((folder, each.package, each.why))
        return tuple(found)

    @cached_property
    def _settings(self) -> tuple[Path, ...]:
        """Folders that hold packages."""
        found: dict[Path, None] = {}
        for folder, package, why in self._said:
            parts = package.split(".") if package else []
            above = folder
            if parts and folder.parts[-len(parts) :] == tuple(parts):
                above = folder.parents[len(parts) - 1]
            elif parts:
                continue
            if above.is_relative_to(self.top) and above != self.base:
                self._why.setdefault(above, why)
                found[above] = None
        return tuple(found)

    @cached_property
    def packages(self) -> dict[str, Path]:
        """Package to the folder of another name that it lies in."""
        return {
            package: folder
            for folder, package, _ in reversed(self._said)
            if package and "." not in package and folder.name != package
        }

    def _inside(self, folder: Path, why: str) -> Path | None:
        """The real path of a root, where it lies in the repository."""
        real = Path(os.path.realpath(folder))
        if not real.is_relative_to(self.top):
            self.elsewhere[f"{real} ({why})"] = None
            return None
        return real if real.is_dir() else None

    def edited(self, file: FileImports) -> list[tuple[Path, bool]]:
        """The folders that a file puts on `sys.path`, in its order; whether in front."""
        found = []
        for edit in file.edits:
            why = f"sys.path in {self.shown(file.path)} line {edit.line}"
            for folder in self._meant(edit.path, file.path):
                root = self._inside(folder, why)
                if root is not None:
                    self._why.setdefault(root, why)
                    found.append((root, edit.at_front))
                    break
        return found

    def _meant(self, path: PurePosixPath, file: Path) -> list[Path]:
        """The places that a path may be: one that is relative is so to where the program is
        started, the repository's folder or the script's own."""
        if path.is_absolute():
            return [Path(path)]
        places = [self.top / path, file.parent / path]
        inside = [each for each in places if Path(os.path.realpath(each)).is_relative_to(self.top)]
        return [each for each in inside if each.is_dir()] or places[1:]
