"""The import roots of a repository: the folders that its files import from.

Whoever runs `python train.py`, `cd tools && python …` or `PYTHONPATH=src` has several. Each file
has a search path of its own: that of a script that imports it, with what the code puts on
`sys.path` where the code puts it. A folder that only follows from an import which nothing else
resolves serves that name alone, after all else. Nothing is run here.
"""

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from torchscript_fix.discover import import_root
from torchscript_fix.importing.file_imports import FileImports, Import
from torchscript_fix.importing.modules import Lead, Modules, SearchPath
from torchscript_fix.importing.package_settings import package_folders

MOST_STEPS = 8
"""Times that what a script imports is followed anew with the edits found there."""


@dataclass(frozen=True)
class ImportRoot:
    """A folder that imports are looked for in."""

    folder: Path
    why: str
    names: tuple[str, ...] = ()
    """The first names that it serves; empty where it serves any."""


@dataclass(eq=False)
class ImportRoots:
    """The import roots of the files of a repository."""

    top: Path
    """The repository's folder, a real path: nothing outside of it is a root."""
    base: Path
    """The folder that its packages lie in, as far as nothing else is said."""
    files: Mapping[Path, FileImports]
    named: tuple[Path, ...] = ()
    """Real paths of the roots that the user names: they beat all."""
    elsewhere: dict[str, None] = field(default_factory=dict)
    """Words on folders that code or settings name and that lie outside."""
    _why: dict[Path, str] = field(default_factory=dict)

    def of(self, file: Path) -> SearchPath:
        """The search path for a file that is imported first in its process."""
        return self._paths.get(file, self._plain)

    def name_of(self, file: Path) -> tuple[str, bool]:
        """The dotted name of a file's module, which no other file has; whether it is a package."""
        return _named_under(self._own_root(file), file)

    def aliases_of(self, file: Path) -> dict[str, str]:
        """Dotted names that a file's imports use to the names of the modules that they mean, where
        these are called otherwise."""
        found: dict[str, str] = {}
        path = self.of(file)
        for lead in self._leads(file, path) if file in self.files else ():
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
        roots = [*self._plain.folders, *(folder for path in self._known for folder in path.folders)]
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
            if self._is_wanted(name) and (lead.found is None or lead.is_broken):
                folder = self._nearest(name.top, near, name.module)
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
            for lead in self._leads(file, path):
                if lead.found is None or lead.name.level:
                    continue
                if lead.found.root in path.folders:
                    used.add(lead.found.root)
                elif lead.name.top in serves:
                    single[serves[lead.name.top]].add(lead.name.top)
                    why = f"found in no other place; imported in {self._shown(file)}"
                    line = f"line {lead.name.line}"
                    reasons.setdefault(serves[lead.name.top], f"{why} {line}")
        found = [ImportRoot(root, self._reason(root)) for root in sorted(used)]
        found += [
            ImportRoot(root, reasons[root], tuple(sorted(names)))
            for root, names in sorted(single.items())
            if root not in used
        ]
        return tuple(sorted(found, key=lambda each: each.folder != self.base))

    # ------------------------------------------------------------------------------ folders

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
            if self._is_below(above) and above != self.base:
                self._why.setdefault(above, why)
                found[above] = None
        return tuple(found)

    @cached_property
    def _packages(self) -> dict[str, Path]:
        return {
            package: folder
            for folder, package, _ in reversed(self._said)
            if package and "." not in package and folder.name != package
        }

    @property
    def packages(self) -> Mapping[str, Path]:
        """Package to the folder of another name that it lies in."""
        return self._packages

    def _is_below(self, folder: Path) -> bool:
        return folder == self.top or folder.is_relative_to(self.top)

    def _inside(self, folder: Path, why: str) -> Path | None:
        """The real path of a root, where it lies in the repository."""
        real = Path(os.path.realpath(folder))
        if not self._is_below(real):
            self.elsewhere[f"{real} ({why})"] = None
            return None
        return real if real.is_dir() else None

    def _edited(self, file: FileImports) -> list[tuple[Path, bool]]:
        """The folders that a file puts on `sys.path`, in its order; whether in front."""
        found = []
        for edit in file.edits:
            why = f"sys.path in {self._shown(file.path)} line {edit.line}"
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
        inside = [each for each in places if self._is_below(Path(os.path.realpath(each)))]
        return [each for each in inside if each.is_dir()] or places[1:]

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.top).as_posix() if self._is_below(path) else str(path)

    def _reason(self, root: Path) -> str:
        if root in self.named:
            return "--import-root"
        if root == self.base:
            return "the folder that its packages lie in"
        known = self._why.get(root)
        if known is not None:
            return known
        return "the repository's folder" if root == self.top else "the folder of scripts"

    # -------------------------------------------------------------------------- search paths

    @cached_property
    def _modules(self) -> Modules:
        return Modules(self.top, self.files, self._packages)

    @cached_property
    def _plain(self) -> SearchPath:
        """The search path where nothing is known of who imports."""
        return self._path((), None)

    def _path(self, edits: Iterable[tuple[Path, bool]], script: Path | None) -> SearchPath:
        """As Python would have it: what was put in front last comes first, then the folder of the
        script, then those that the project's packages lie in."""
        in_front = [root for root, at_front in edits if at_front][::-1]
        behind = [root for root, at_front in edits if not at_front]
        own = [script] if script is not None else []
        before = dict.fromkeys((*self.named, *in_front, *own, self.base, *self._settings))
        after = dict.fromkeys(each for each in (*behind, self.top) if each not in before)
        return SearchPath(tuple(before), tuple(after))

    def _leads(self, file: Path, path: SearchPath) -> tuple[Lead, ...]:
        key = file, path
        if key not in self._led:
            imports = self.files[file].imports
            self._led[key] = tuple(self._modules.lead(name, file, path) for name in imports)
        return self._led[key]

    @cached_property
    def _led(self) -> dict[tuple[Path, SearchPath], tuple[Lead, ...]]:
        return {}

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
                    every = (each for lead in self._leads(file, path) for each in lead.files)
                    todo += reversed(list(every))
            self._reaches[key] = tuple(found)
        return self._reaches[key]

    @cached_property
    def _reaches(self) -> dict[tuple[Path, SearchPath], tuple[Path, ...]]:
        return {}

    def _started(self, file: Path, script: Path | None) -> SearchPath:
        """The search path where a file is imported first, or is run as a script in its folder."""
        path = self._path((), script)
        for _ in range(MOST_STEPS):
            reached = self._reached(file, path)
            edits = [edit for each in reached for edit in self._edited(self.files[each])]
            again = self._path(edits, script)
            if again == path:
                break
            path = again
        return path

    @cached_property
    def _scripts(self) -> dict[Path, SearchPath]:
        """The files that are run, each with its search path."""
        return {
            file: self._started(file, file.parent)
            for file, facts in self.files.items()
            if facts.is_script and not any(name.level for name in facts.imports)
        }

    @cached_property
    def _runs(self) -> dict[Path, list[Path]]:
        """File to the scripts that import it, however far, and to itself where it is one."""
        found: dict[Path, list[Path]] = defaultdict(list)
        for script, path in self._scripts.items():
            for file in self._reached(script, path):
                found[file].append(script)
        return found

    @cached_property
    def _bare(self) -> dict[Path, SearchPath]:
        """The search path of each file where no script imports it."""
        return {file: self._started(file, None) for file in self.files}

    @cached_property
    def _known(self) -> tuple[SearchPath, ...]:
        return tuple(dict.fromkeys((*self._bare.values(), *self._scripts.values())))

    def _problems(self, file: Path, path: SearchPath) -> int:
        """How many imports fail that the repository has something for."""
        return sum(
            lead.is_broken for each in self._reached(file, path) for lead in self._leads(each, path)
        )

    @cached_property
    def _paths(self) -> dict[Path, SearchPath]:
        return {file: self._with_singles(file, self._chosen(file)) for file in self.files}

    def _chosen(self, file: Path) -> SearchPath:
        """Of the search paths that a file may be imported under, the one under which it is known
        by its name, then under which least fails, then the plainest, then that of the nearest."""
        own = self._own_root(file)
        is_run = file in self._scripts and not self._votes_for(file)
        plain = (self._bare[file], int(is_run), 0, file)
        of_scripts = (
            (self._scripts[script], int(script != file or not is_run), _steps(file, script), script)
            for script in self._runs.get(file, ())
        )
        path, *_ = min(
            (plain, *of_scripts),
            key=lambda each: (
                own not in each[0].folders,
                self._problems(file, each[0]),
                *each[1:],
            ),
        )
        if own in path.folders:
            return path
        name = self.name_of(file)[0].partition(".")[0]
        return replace(path, single=((name, own),))

    def _with_singles(self, file: Path, path: SearchPath) -> SearchPath:
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
            for lead in self._leads(each, path):
                name = lead.name
                if lead.found is None and self._is_wanted(name) and name.top not in known:
                    folder = self._nearest(name.top, each, name.module)
                    if folder is not None:
                        known[name.top] = folder
        return known.items()

    @staticmethod
    def _is_wanted(name: Import) -> bool:
        """Whether an import that nothing serves is to be served from wherever its name is: one
        that the code can do without is meant for a package that may not be installed."""
        return not (name.level or name.guarded or name.top in sys.stdlib_module_names)

    def _nearest(self, name: str, to: Path, module: str) -> Path | None:
        """The folder nearest to a file that has something of this name, all of `module` if one
        has that."""
        folders = sorted(
            self._modules.providers(name), key=lambda each: (_steps(to, each / "_"), each)
        )
        for folder in folders:
            found = self._modules.find(module, [folder])
            if found is not None and found.is_complete:
                return folder
        return folders[0] if folders else None

    # ---------------------------------------------------------------------------------- names

    def _own_root(self, file: Path) -> Path:
        """The root under which a file has its name: the repository itself where the one that fits
        would give two files one name."""
        if file not in self.files:
            around = (root for root in (self.base, self.top) if file.is_relative_to(root))
            return next(around, import_root(file))
        return self._own_roots[self._package(file)]

    @cached_property
    def _own_roots(self) -> dict[Path, Path]:
        """Package, or file in none, to the root that it is imported from."""
        members: dict[Path, list[Path]] = defaultdict(list)
        for file in self.files:
            members[self._package(file)].append(file)
        found = {package: self._voted(package) for package in members}
        owners: dict[str, set[Path]] = defaultdict(set)
        for package, files in members.items():
            for file in files:
                owners[_named_under(found[package], file)[0]].add(package)
        twice = {package for several in owners.values() if len(several) > 1 for package in several}
        return {package: self.top if package in twice else found[package] for package in found}

    def _voted(self, package: Path) -> Path:
        """The root that the user named, else the one by which the repository's imports speak of a
        package."""
        for root in self.named:
            if package.is_relative_to(root):
                return root
        votes = self._votes.get(package) or self._votes.get(package.parent, Counter())
        possible = [root for root in votes if package.is_relative_to(root)]
        if package.is_relative_to(self.base):
            possible.append(self.base)
        elif not possible:
            return self.top
        return min(possible, key=lambda root: (-votes[root], root != self.base, root))

    def _votes_for(self, file: Path) -> Counter[Path]:
        return self._votes.get(self._package(file), Counter())

    @cached_property
    def _votes(self) -> dict[Path, Counter[Path]]:
        """Package, or file in none, to the roots under which imports find it. Of a plain folder,
        those that serve more than one name: they speak for all of its files."""
        found: dict[Path, Counter[Path]] = defaultdict(Counter)
        for file in self.files:
            path = self._first(file)
            for lead in self._leads(file, path):
                if lead.found is None or lead.name.level:
                    continue
                for package in {self._package(each) for each in lead.files}:
                    found[package][lead.found.root] += 1
                    if package in self.files and lead.found.root in path.folders:
                        found[package.parent][lead.found.root] += 1
        return found

    def _first(self, file: Path) -> SearchPath:
        """The search path of a file, as far as it is known without its name."""
        paths = [self._bare[file]]
        scripts = sorted(
            self._runs.get(file, ()), key=lambda script: (_steps(file, script), script)
        )
        paths += (self._scripts[script] for script in scripts)
        best = min(paths, key=lambda path: self._problems(file, path))
        return self._with_singles(file, best)

    def _package(self, file: Path) -> Path:
        """The outermost package around a file; the file itself where it is in none."""
        folder = file.parent
        if folder / "__init__.py" not in self.files:
            return file
        while folder.parent / "__init__.py" in self.files and folder.parent != self.top:
            folder = folder.parent
        return folder


def _on_disk(module: str, roots: Iterable[Path]) -> Path | None:
    """The file of a module that is not among those under the path: git may ignore it."""
    for root in roots:
        place = root.joinpath(*module.split("."))
        for path in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if path.is_file():
                return Path(os.path.realpath(path))
    return None


def _named_under(root: Path, file: Path) -> tuple[str, bool]:
    """The dotted name of a file's module under a root; whether it is a package."""
    parts = list(file.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        return ".".join(parts[:-1]), True
    return ".".join(parts), False


def _steps(one: Path, other: Path) -> int:
    """How many folders lie between two files."""
    mine, theirs = one.parent.parts, other.parent.parts
    shared = 0
    for a, b in zip(mine, theirs, strict=False):
        if a != b:
            break
        shared += 1
    return len(mine) + len(theirs) - 2 * shared
