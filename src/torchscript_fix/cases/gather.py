"""What a repository says of how its models are built: its candidates and its settings, read from
its Python files, its READMEs and its configuration files. Nothing is run."""

import ast
import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchscript_fix.cases.candidates import Candidate, candidates
from torchscript_fix.cases.networks import NO_NETWORKS, Networks, whole_networks
from torchscript_fix.cases.settings import Settings, read_settings
from torchscript_fix.facts.static import FileFacts, Project
from torchscript_fix.source import parse

LARGEST_README = 500_000
MOST_READMES = 10

_TELLING = re.compile(
    r"add_argument|DEFINE_|ArgumentParser|click\.option|[Cc]onfig|[Pp]arams|edict"
)
_BLOCK = re.compile(r"^(```|~~~)[ \t]*(python|py|pycon|python3)?[ \t]*\n(.*?)^\1", re.M | re.S)
_LARGEST_OTHER = 200_000
"""Characters of a Python file that can hold no Module."""

NameOf = Callable[[Path], tuple[str, bool]]
"""The dotted name that a file is imported by, and whether it is a package."""


@dataclass(frozen=True)
class Gathered:
    """What may build a model, likeliest first, and what is known of the names in it."""

    candidates: tuple[Candidate, ...]
    settings: Settings
    networks: Networks = NO_NETWORKS


def gather(
    project: Project, texts: Mapping[Path, str], name_of: NameOf, root: Path | None
) -> Gathered:
    """The candidates of a project. `texts` are all Python files under the path, those that can
    hold no Module too, `name_of` says how they are imported; `root` is the folder whose READMEs
    and configuration files count."""
    world = _world(project, texts, name_of)
    settings = read_settings(dict(_trees(project, world)), root)
    documents = list(_documents(world, root))
    return Gathered(
        tuple(candidates(world, settings, documents)),
        settings,
        whole_networks(world, documents),
    )


def networks(
    project: Project, texts: Mapping[Path, str], name_of: NameOf, root: Path | None
) -> Networks:
    """The whole networks of a project alone, for cases that somebody gave."""
    world = _world(project, texts, name_of)
    return whole_networks(world, list(_documents(world, root)))


def _world(project: Project, texts: Mapping[Path, str], name_of: NameOf) -> Project:
    """The project with the files that can hold no Module: packages that re-export, builders that
    never say torch, scripts."""
    world = project.part(project.files.keys())
    for path, text in texts.items():
        if path not in world.files and len(text) <= _LARGEST_OTHER:
            with contextlib.suppress(SyntaxError, RecursionError, MemoryError):
                module, is_package = name_of(path)
                world.add(path, module, text, is_package)
    return world


def _trees(project: Project, world: Project) -> Iterator[tuple[Path, ast.Module]]:
    """The project's files, and of the others those that have settings or build its models."""
    names = [cls.node.name for cls in project.classes.values() if cls.is_module]
    builds = re.compile(rf"\b({'|'.join(map(re.escape, names)) or '(?!)'})\(")
    for path, file in world.files.items():
        tells = _TELLING.search(file.text) or _TELLING.search(path.stem)
        if path in project.files or tells or builds.search(file.text):
            yield path, file.tree


def _documents(project: Project, root: Path | None) -> Iterator[FileFacts]:
    """The code of each README, as one file."""
    for path in _readmes(root):
        yield from _blocks(project, path)


def _readmes(root: Path | None) -> list[Path]:
    if root is None:
        return []
    found = [path for path in root.iterdir() if re.match(r"(?i)readme.*\.(md|rst|txt)$", path.name)]
    return sorted(path for path in found if path.is_file() and not path.is_symlink())[:MOST_READMES]


def _blocks(project: Project, path: Path) -> Iterator[FileFacts]:
    """The code blocks of a README that parse, doctest prompts taken off, as one file: names that
    one block imports are used in the next."""
    try:
        if path.stat().st_size > LARGEST_README:
            return
        text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
    except OSError:
        return
    whole = ""
    for match in _BLOCK.finditer(text):
        code = re.sub(r"^(>>>|\.\.\.) ?", "", match[3], flags=re.M)
        try:
            parse(code)
        except (SyntaxError, RecursionError, MemoryError):
            continue
        whole += code + "\n"
    if whole:
        yield FileFacts(project, path, "README", whole)
