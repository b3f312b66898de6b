"""The root under which each file of a repository has its name: the one by which the repository's
own imports speak of its package."""

from collections import Counter, defaultdict
from functools import cached_property
from pathlib import Path

from torchscript_fix.discover import import_root
from torchscript_fix.importing.modules import SearchPath
from torchscript_fix.importing.root_folders import RootFolders
from torchscript_fix.importing.searches import Searches, steps


class OwnRoots:
    """The root of each file of a repository."""

    def __init__(self, folders: RootFolders, searches: Searches) -> None:
        self._top, self._base, self._named = folders.top, folders.base, folders.named
        self._searches, self._files = searches, searches.files

    def of(self, file: Path) -> Path:
        """The root under which a file has its name: the repository itself where the one that fits
        would give two files one name."""
        if file not in self._files:
            around = (root for root in (self._base, self._top) if file.is_relative_to(root))
            return next(around, import_root(file))
        return self._own_roots[self._package(file)]

    def name_of(self, file: Path) -> tuple[str, bool]:
        """The dotted name of a file's module, which no other file has; whether it is a package."""
        return _named_under(self.of(file), file)

    def votes_for(self, file: Path) -> Counter[Path]:
        return self._votes.get(self._package(file), Counter())

    @cached_property
    def _own_roots(self) -> dict[Path, Path]:
        """Package, or file in none, to the root that it is imported from."""
        members: dict[Path, list[Path]] = defaultdict(list)
        for file in self._files:
            members[self._package(file)].append(file)
        found = {package: self._voted(package) for package in members}
        owners: dict[str, set[Path]] = defaultdict(set)
        for package, files in members.items():
            for file in files:
                owners[_named_under(found[package], file)[0]].add(package)
        twice = {package for several in owners.values() if len(several) > 1 for package in several}
        return {package: self._top if package in twice else found[package] for package in found}

    def _voted(self, package: Path) -> Path:
        """The root that the user named, else the one by which the repository's imports speak of a
        package."""
        for root in self._named:
            if package.is_relative_to(root):
                return root
        votes = self._votes.get(package) or self._votes.get(package.parent, Counter())
        possible = [root for root in votes if package.is_relative_to(root)]
        if package.is_relative_to(self._base):
            possible.append(self._base)
        elif not possible:
            return self._top
        return min(possible, key=lambda root: (-votes[root], root != self._base, root))

    @cached_property
    def _votes(self) -> dict[Path, Counter[Path]]:
        """Package, or file in none, to the roots under which imports find it. Of a plain folder,
        those that serve more than one name: they speak for all of its files."""
        found: dict[Path, Counter[Path]] = defaultdict(Counter)
        for file in self._files:
            path = self._first(file)
            for lead in self._searches.leads(file, path):
                if lead.found is None or lead.name.level:
                    continue
                for package in {self._package(each) for each in lead.files}:
                    found[package][lead.found.root] += 1
                    if package in self._files and lead.found.root in path.folders:
                        found[package.parent][lead.found.root] += 1
        return found

    def _first(self, file: Path) -> SearchPath:
        """The search path of a file, as far as it is known without its name."""
        paths = [self._searches.bare[file]]
        scripts = sorted(
            self._searches.runs.get(file, ()), key=lambda script: (steps(file, script), script)
        )
        paths += (self._searches.scripts[script] for script in scripts)
        best = min(paths, key=lambda path: self._searches.problems(file, path))
        return self._searches.with_singles(file, best)

    def _package(self, file: Path) -> Path:
        """The outermost package around a file; the file itself where it is in none."""
        folder = file.parent
        if folder / "__init__.py" not in self._files:
            return file
        while folder.parent / "__init__.py" in self._files and folder.parent != self._top:
            folder = folder.parent
        return folder


def _named_under(root: Path, file: Path) -> tuple[str, bool]:
    """The dotted name of a file's module under a root; whether it is a package."""
    parts = list(file.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        return ".".join(parts[:-1]), True
    return ".".join(parts), False
