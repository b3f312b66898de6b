"""What a repository says of how its models are built: its candidates and its settings, read from
its Python files, READMEs, notebooks, docs and configuration files. Nothing is run."""

import ast
import contextlib
import json
import os
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchscript_fix.cases.candidates import Candidate, candidates
from torchscript_fix.cases.config_files import ConfigFiles
from torchscript_fix.cases.networks import NO_NETWORKS, Networks, whole_networks
from torchscript_fix.cases.readme_commands import readme_settings
from torchscript_fix.cases.settings import Settings, read_settings
from torchscript_fix.facts.static import FileFacts, Project
from torchscript_fix.source import parse

LARGEST_README = 1_000_000
MOST_READMES = 40
DEEPEST_README = 4
"""Folders below the root that are looked into for documents."""

_TELLING = re.compile(
    r"add_argument|DEFINE_|ArgumentParser|click\.option|[Cc]onfig|[Pp]arams|edict"
)
_README = re.compile(
    r"(?i)(readme|usage|quick_?start|getting_?started|tutorial|install).*\.(md|rst|txt)"
)
_NOT_DOCS = frozenset({"node_modules", "site-packages", "build", "dist"})
_BLOCK = re.compile(
    r"^[ \t]*(```|~~~)[ \t]*(python|py|pycon|python3)?[ \t]*\n(.*?)^[ \t]*\1", re.M | re.S
)
_LITERAL = re.compile(
    r"^(?:\.\. (?:code-block|code|sourcecode)::.*|.*::)[ \t]*\n(?:[ \t]+:.*\n)*[ \t]*\n"
    r"((?:[ \t]+.*\n|[ \t]*\n)+)",
    re.M,
)
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
    project: Project,
    texts: Mapping[Path, str],
    root: Path | None,
    name_of: NameOf | None = None,
    base: Path | None = None,
) -> Gathered:
    """The candidates of a project. `texts` are all Python files under the path, those that can
    hold no Module too, `name_of` says how they are imported, by their last names where it is not
    given; `root` is the folder whose READMEs and configuration files count, `base` the one at or
    above it that the code is run in."""
    world = _world(project, texts, name_of)
    readmes = dict(_readmes(root))
    trees = dict(_trees(project, world))
    settings = read_settings(trees, root, readme_settings(readmes, trees))
    documents = list(_documents(world, readmes))
    whole = whole_networks(world, documents)
    is_above = base is not None and root is not None and root.is_relative_to(base)
    configs = ConfigFiles(root, base if is_above else root)
    return Gathered(tuple(candidates(world, settings, documents, whole, configs)), settings, whole)


def networks(
    project: Project, texts: Mapping[Path, str], root: Path | None, name_of: NameOf | None = None
) -> Networks:
    """The whole networks of a project alone, for cases that somebody gave."""
    world = _world(project, texts, name_of)
    return whole_networks(world, list(_documents(world, dict(_readmes(root)))))


def _world(project: Project, texts: Mapping[Path, str], name_of: NameOf | None) -> Project:
    """The project with the files that can hold no Module: packages that re-export, builders that
    never say torch, scripts."""
    world = project.part(project.files.keys())
    for path, text in texts.items():
        if path not in world.files and len(text) <= _LARGEST_OTHER:
            with contextlib.suppress(SyntaxError, RecursionError, MemoryError):
                module, is_package = name_of(path) if name_of is not None else (path.stem, False)
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


def _readmes(root: Path | None) -> Iterator[tuple[Path, str]]:
    """The texts of READMEs and docs, and the code of notebooks as blocks of text, those of the
    folder itself first."""
    for path in _paths(root) if root is not None else ():
        try:
            if path.stat().st_size > LARGEST_README:
                continue
            text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
        except OSError:
            continue
        yield path, _notebook(text) if path.suffix == ".ipynb" else text


def _paths(root: Path) -> Iterator[Path]:
    """Documents below a folder: READMEs and notebooks anywhere, pages of `docs`, no links."""
    found: list[tuple[int, Path]] = []
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _NOT_DOCS)
        depth = len(here.relative_to(root).parts)
        in_docs = any(part.lower() in ("doc", "docs") for part in here.relative_to(root).parts)
        for name in sorted(files):
            path = here / name
            is_page = in_docs and path.suffix.lower() in (".md", ".rst")
            if (_README.fullmatch(name) or is_page or path.suffix == ".ipynb") and not (
                path.is_symlink()
            ):
                found.append((depth + 2 * (path.suffix == ".ipynb"), path))
        if depth >= DEEPEST_README:
            folders.clear()
    yield from [path for _, path in sorted(found)][:MOST_READMES]


def _notebook(text: str) -> str:
    """The code cells of a notebook, each as a block of Python; nothing of what is no notebook."""
    try:
        cells = json.loads(text).get("cells", [])
        sources = ["".join(c["source"]) for c in cells if c.get("cell_type") == "code"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""
    blocks = (re.sub(r"^[ \t]*[%!].*$", "", source, flags=re.M) for source in sources)
    return "".join(f"```python\n{block.rstrip()}\n```\n" for block in blocks)


def _documents(project: Project, readmes: Mapping[Path, str]) -> Iterator[FileFacts]:
    """The code blocks of each document that parse, doctest prompts taken off, as one file: names
    that one block imports are used in the next."""
    for path, text in readmes.items():
        whole = ""
        for code in _blocks(path, text):
            with contextlib.suppress(SyntaxError, RecursionError, MemoryError):
                parse(code)
                whole += code + "\n"
        if whole:
            yield FileFacts(project, path, "README", whole)


def _blocks(path: Path, text: str) -> Iterator[str]:
    """What stands between fences; in reStructuredText, what is indented after `::`."""
    for match in _BLOCK.finditer(text):
        yield _without_prompts(textwrap.dedent(match[3]))
    if path.suffix == ".rst":
        for match in _LITERAL.finditer(text):
            yield _without_prompts(textwrap.dedent(match[1]))


def _without_prompts(code: str) -> str:
    """The code without doctest prompts; where it has some, without what is printed between."""
    if not re.search(r"^>>> ", code, re.M):
        return code
    lines = [line[4:] for line in code.split("\n") if re.match(r"(>>>|\.\.\.) ", line)]
    return "\n".join(lines)
