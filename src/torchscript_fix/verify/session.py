"""The folders, mirrors and servers of one run: original, rewrite and clean, which share nothing."""

import itertools
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import torchscript_fix
from torchscript_fix.generated_modules import GeneratedModule
from torchscript_fix.importing.file_imports import FileImports, read_imports
from torchscript_fix.importing.modules import SearchPath
from torchscript_fix.importing.roots import ImportRoots
from torchscript_fix.memory import half_of_this_machine
from torchscript_fix.packages.distributions import renamed
from torchscript_fix.source import SourceFile, Unreadable, parsed
from torchscript_fix.verify.channel import Server
from torchscript_fix.verify.evidence import package_names, printable
from torchscript_fix.verify.interpreter import Interpreter, find_interpreter
from torchscript_fix.verify.mirror import Mirror
from torchscript_fix.verify.sandbox import (
    Mounts,
    contained,
    holds_home,
    is_system,
    why_uncontained,
)
from torchscript_fix.verify.starter import Starter
from torchscript_fix.verify.writable import fill

Side = Literal["original", "rewrite"]
Kind = Literal["answers", "idle", "weights"]
"""Of what a worker tells of stand-ins: where one decided something while the code was imported,
where one did nothing while a model was built, and where weights were passed over."""

DOWNLOADERS = ("pip", "pip3", "conda", "mamba", "uv", "wget", "curl", "gdown", "apt-get")
REFUSAL = '#!/bin/sh\necho "$0: there is no network here" >&2\nexit 1\n'
MOST_ANSWERS = 10
MOST_NAMES = 50
LARGEST_FILE = 4 << 30
"""Bytes that one file of a case may have: its tensors, or the saved model."""

_START = (
    "import sys; sys.path.insert(0, {support!r}); "
    "from torchscript_fix_worker.{module} import main; main()"
)


@dataclass(frozen=True)
class Limits:
    """What one attempt at a case may use."""

    seconds: float = 300.0
    """For each stage: building, each run, compiling."""
    memory: int = field(default_factory=half_of_this_machine)
    """Bytes of address space of one process, beside what importing torch took. Several cases may
    have as much at once: it keeps one from taking all, and is no share of what there is."""

    @property
    def more_memory(self) -> int:
        """For what is held against an original: it may need a little more, having run in as much
        as there is."""
        return self.memory + self.memory // 4


class Session:
    """Folders below one temporary folder, removed by `close`. `files` are real paths."""

    def __init__(
        self,
        roots: ImportRoots,
        files: Iterable[Path],
        python: str | None,
        limits: Limits,
        *,
        stub_missing: bool = False,
        generated: Sequence[GeneratedModule] = (),
    ) -> None:
        self.roots, self.limits, self.stub_missing = roots, limits, stub_missing
        self.root = root = roots.top
        self._generated = tuple(each for each in generated if each.path.is_relative_to(root))
        self.stood_in: set[str] = set()
        """Missing packages that workers stood in for, and missing names of installed ones."""
        self.time_limits: set[str] = set()
        """What the clock ended, with the seconds after which it did."""
        self._imports: dict[Path, FileImports | None] = {}
        """Of files of cases."""
        self._told: dict[Kind, set[str]] = {kind: set() for kind in get_args(Kind)}
        self._names: dict[str, str] = {}
        self._starter = Starter()
        self.files = tuple(file for file in files if file.is_relative_to(root))
        self.user = find_interpreter(python)
        self.clean = self._clean_interpreter(python)
        self.uncontained = why_uncontained()
        self.folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="torchscript-fix-")))
        self._numbers = itertools.count()
        self.evidence = self._make("evidence")
        self.given = self._make("given")
        self._support = self._make("support")
        self._copy_support()
        self._tree = self._linked_tree()
        self.original = self.new_mirror("original")
        """What the original's side sees, in every lane."""

    def _clean_interpreter(self, python: str | None) -> Interpreter:
        """Ours, unless its torch is another release than the user's: a saved model is promised to
        load in the same or a later one, and releases differ in the last bits of their results."""
        if python is None:
            return self.user
        ours = find_interpreter(None)
        return ours if ours.torch_release == self.user.torch_release else self.user

    def _linked_tree(self) -> Path | None:
        """Where a mirror's links lead to; None where nothing but copies is to be seen."""
        if holds_home(self.root):
            return None
        return self.root if self.uncontained else self._make("tree")

    def new_mirror(self, name: str) -> Mirror:
        """A mirror of the import root, as the user has it. Each lane has one for its rewrites."""
        folder = self._make(f"{name}-{next(self._numbers)}")
        seen = folder if self.uncontained else self.root
        return Mirror(self.root, self.files, folder, self._tree, seen)

    def _make(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder

    def _copy_support(self) -> None:
        """What a worker imports: our worker, and the public `torchscript_fix.Case`."""
        shutil.copytree(
            Path(__file__).parent / "worker",
            self._support / "worker" / "torchscript_fix_worker",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        # Some code installs or downloads when it is imported, and what it calls would look for a
        # network over and over.
        refusals = self._support / "bin"
        refusals.mkdir()
        for name in DOWNLOADERS:
            (refusals / name).write_text(REFUSAL)
            (refusals / name).chmod(0o755)
        public = self._support / "public" / "torchscript_fix"
        public.mkdir(parents=True)
        for name in ("__init__.py", "case.py", "version.py"):
            shutil.copy(Path(torchscript_fix.__file__).parent / name, public)

    def end(self) -> None:
        """The run is over, be it by an interrupt: no server is started any more."""
        self._starter.refuse()

    def close(self) -> None:
        """End what still runs, and remove all folders."""
        self._starter.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # ------------------------------------------------------------------------------ places

    @property
    def seen_roots(self) -> tuple[str, ...]:
        """Patterns of where workers may see the import root: where the user has it, where they
        are contained, and else in some mirror."""
        if self.uncontained:
            return (rf"{re.escape(str(self.folder))}/(?:original|rewrite)-\d+",)
        return (re.escape(str(self.root)),)

    def seen_search(self, search: SearchPath, mirror: Mirror) -> dict[str, Any]:
        """A search path as a worker sees it (see worker/search_path.py)."""
        packages = self.roots.packages
        return {
            "before": [mirror.seen(folder) for folder in search.before],
            "after": [mirror.seen(folder) for folder in search.after],
            "single": {name: mirror.seen(folder) for name, folder in search.single},
            "packages": {name: mirror.seen(folder) for name, folder in packages.items()},
        }

    def search_of(self, file: Path, module: str, cases_file: Path | None) -> SearchPath:
        """The search path for a file that is imported as `module`, with what a file of cases
        imports beside it."""
        search = self.roots.of_module(module, file)
        imports = self._imports_of(cases_file)
        return search if imports is None else self.roots.with_imports(search, imports, file)

    def search_of_cases(self, cases_file: Path) -> SearchPath:
        """The search path for a file of cases, which is imported before all others."""
        imports = self._imports_of(cases_file)
        plain = self.roots.of(cases_file)
        near = self.root / cases_file.name
        return plain if imports is None else self.roots.with_imports(plain, imports, near)

    def _imports_of(self, cases_file: Path | None) -> FileImports | None:
        """What a file of cases imports; None where that cannot be read: the worker will say why."""
        if cases_file is None:
            return None
        if cases_file not in self._imports:
            try:
                read = read_imports(cases_file, parsed(SourceFile.read(cases_file).text))
            except (Unreadable, SyntaxError, ValueError, RecursionError, MemoryError):
                read = None
            self._imports[cases_file] = read
        return self._imports[cases_file]

    def new_folder(self, parent: Path) -> Path:
        """A new path below `parent`; nothing is made."""
        return parent / str(next(self._numbers))

    # ------------------------------------------------------------------------------ servers

    def start(
        self, side: Side, mirror: Mirror, cases_file: Path | None, writable: bool = False
    ) -> "Workshop":
        """A server for one side, which sees `mirror` as the import root, with a scratch folder of
        its own; where `writable`, it sees a copy of the mirror that it can write to, and that
        `refill` fills."""
        scratch = self._make(f"scratch-{next(self._numbers)}")
        tree = self._make(f"{scratch.name}/tree") if writable else None
        read_only: dict[Path, Path] = {
            **({self.root: mirror.folder} if tree is None else {}),
            self._support: self._support,
            self.given: self.given,
            **{root: root for root in self.roots.named if not root.is_relative_to(self.root)},
        }
        if not self.uncontained and self._tree is not None:
            read_only[self._tree] = self.root
        if cases_file is not None and not cases_file.is_relative_to(self.root):
            beside = cases_file.parent
            shown = cases_file if holds_home(beside) else beside
            read_only[shown] = shown
        ours = (scratch, self._support, self.given, self.folder / "tree")
        for place in (*self._interpreter_mounts(self.user), *ours):
            # The root may be /tmp, where all of this lies.
            mirror.make_place_for(place)
        settings = {
            "root": str(mirror.seen_root),
            "files": [mirror.seen(file) for file in self.files],
            "places": {
                name: [mirror.seen(folder) for folder in folders]
                for name, folders in self.roots.places.items()
            },
            "stub_missing": self.stub_missing,
            "installed_as": renamed(),
            "generated": {mirror.seen(each.path): each.writer for each in self._generated},
            "memory": self.limits.memory if side == "original" else self.limits.more_memory,
        }
        mounts = Mounts(
            {**{p: p for p in self._interpreter_mounts(self.user)}, **read_only},
            {scratch: scratch, **({self.root: tree} if tree is not None else {})},
        )
        if tree is not None:
            fill(tree, mirror.folder, self.root)
        server = self._server("server", self.user, mounts, settings, scratch)
        return Workshop(server, scratch, tree)

    def note_stood_in(self, message: Mapping[str, Any], side: Side) -> None:
        """Take down what a worker says of its stand-ins; of lines, where they are the user's."""
        self.stood_in |= package_names(message.get("stood_in"))
        names = message.get("lost_names")
        for each in names if isinstance(names, list) else []:
            if isinstance(each, list) and len(each) == 2 and len(self._names) < MOST_NAMES:
                self._names[printable(each[0])] = printable(each[1])
        for kind, told in self._told.items() if side == "original" else ():
            said = message.get(kind)
            told |= set(map(printable, said if isinstance(said, list) else []))

    @property
    def names(self) -> tuple[str, ...]:
        """What there is to say of names that an installed package does not have."""
        return tuple(words for _, words in sorted(self._names.items()))

    def told(self, kind: Kind) -> tuple[str, ...]:
        """Lines of one kind that workers told of, as `FILE:LINE: words`."""
        return tuple(sorted(self._told[kind])[:MOST_ANSWERS])

    def refill(self, mirror: Mirror, workshop: "Workshop") -> None:
        """Let the copy that a server can write to be as the mirror is now."""
        if workshop.tree is not None:
            fill(workshop.tree, mirror.folder, self.root)

    def start_clean(self) -> Server:
        """The server that decides. It sees the evidence and no folder that it could write to."""
        mounts = Mounts(
            {
                **{p: p for p in self._interpreter_mounts(self.clean)},
                self._support: self._support,
                self.evidence: self.evidence,
            },
            scratch_tmp=False,
        )
        settings = {"root": "/", "files": [], "memory": self.limits.more_memory}
        return self._server("clean", self.clean, mounts, settings, None)

    def _server(
        self,
        module: str,
        interpreter: Interpreter,
        mounts: Mounts,
        settings: Mapping[str, Any],
        scratch: Path | None,
    ) -> Server:
        environment = self._environment(interpreter, scratch)
        command: Sequence[str] = [
            *(str(interpreter.executable), "-s", "-B", "-c"),
            _START.format(support=str(self._support / "worker"), module=module),
        ]
        if not self.uncontained:
            command = contained(command, mounts, environment)
        return Server(
            self._starter,
            command,
            environment,
            {
                **settings,
                "sys_path": list(interpreter.path),
                "support": str(self._support / "public"),
                "sandboxed": not self.uncontained,
                "seconds": self.limits.seconds,
                "file_size": LARGEST_FILE,
            },
            self.folder / f"log-{next(self._numbers)}",
            scratch=scratch,
        )

    def _environment(self, interpreter: Interpreter, scratch: Path | None) -> dict[str, str]:
        home = str(scratch) if scratch is not None else "/tmp"
        return {
            "PATH": f"{self._support / 'bin'}:{interpreter.executable.parent}:/usr/bin:/bin",
            "HOME": home,
            "TMPDIR": home,
            "LC_ALL": "C.UTF-8",
            "MPLBACKEND": "Agg",
            "CUDA_VISIBLE_DEVICES": "",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_NO_INDEX": "1",
            "PIP_RETRIES": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            # Sets and dictionaries of strings go the same way round in original and rewrite.
            "PYTHONHASHSEED": "0",
            # glibc fills fresh memory with a fixed byte, 0x3f (0.747 as a float), so that
            # torch.empty holds the same in original and rewrite; what a thread has freed a moment
            # ago (its tcache) is handed out again unfilled, and so is not kept.
            "MALLOC_PERTURB_": "192",
            "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
            **{
                f"{name}_NUM_THREADS": "1"
                for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "VECLIB_MAXIMUM")
            },
        }

    @staticmethod
    def _interpreter_mounts(interpreter: Interpreter) -> list[Path]:
        wanted = [*interpreter.prefixes, *map(Path, (*interpreter.path, *interpreter.places))]
        return [
            folder
            for folder in dict.fromkeys(wanted)
            if folder.exists() and not is_system(folder) and not holds_home(folder)
        ]


@dataclass(frozen=True)
class Workshop:
    """A server of one side, and the only folders that it can write to."""

    server: Server
    scratch: Path
    tree: Path | None = None
    """What it sees as the import root, where it may write there."""


def take(scratch: Path, steps: Sequence[str], names: Iterable[str], to: Path) -> None:
    """Move plain files that a worker has written out of its reach: `names` in the folder that
    `steps` lead to from `scratch`. No link that it may have put anywhere on the way is followed."""
    to.mkdir(parents=True)
    opened: list[int] = []
    try:
        opened.append(os.open(scratch, _FOLDER))
        for step in steps:
            opened.append(os.open(step, _FOLDER, dir_fd=opened[-1]))
        for name in names:
            _take_one(opened[-1], name, to / name)
    except OSError:
        pass
    finally:
        for descriptor in opened:
            os.close(descriptor)


_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


def _take_one(folder: int, name: str, to: Path) -> None:
    try:
        status = os.lstat(name, dir_fd=folder)
        if stat.S_ISREG(status.st_mode) and status.st_size <= LARGEST_FILE:
            os.rename(name, to, src_dir_fd=folder)
            if not stat.S_ISREG(to.lstat().st_mode):
                to.unlink()
    except OSError:
        pass
