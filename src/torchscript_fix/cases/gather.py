"""What a repository says of how its models are built: its candidates and its settings, read from
its Python files, its READMEs and its configuration files. Nothing is run."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from torchscript_fix.cases.candidates import Candidate, candidates
from torchscript_fix.cases.settings import Settings, read_settings
from torchscript_fix.facts.static import FileFacts, Project
from torchscript_fix.source import parse

LARGEST_README = 500_000
MOST_READMES = 10

_TELLING = re.compile(
    r"add_argument|DEFINE_|ArgumentParser|click\.option|[Cc]onfig|[Pp]arams|edict"
)
_BLOCK = re.compile(r"^(```|~~~)[ \t]*(python|py|pycon|python3)?[ \t]*\n(.*?)^\1", re.M | re.S)
_LARGEST_SETTINGS = 200_000
"""Characters of a Python file that is read for its settings alone."""


@dataclass(frozen=True)
class Gathered:
    """What may build a model, likeliest first, and what is known of the names in it."""

    candidates: tuple[Candidate, ...]
    settings: Settings


def gather(project: Project, texts: Mapping[Path, str], root: Path | None) -> Gathered:
    """The candidates of a project. `texts` are all Python files under the path, those that can
    hold no Module too; `root` is the folder whose READMEs and configuration files count."""
    trees = dict(_trees(project, texts))
    settings = read_settings(trees, root)
    readmes = {path: list(_blocks(project, path)) for path in _readmes(root)}
    scripts = [
        FileFacts(project, path, path.stem, texts[path])
        for path in trees
        if path not in project.files
    ]
    return Gathered(tuple(candidates(project, settings, readmes, scripts)), settings)


def _trees(project: Project, texts: Mapping[Path, str]) -> Iterator[tuple[Path, ast.Module]]:
    """The project's files, and of the others those that have settings or build its models."""
    names = [cls.node.name for cls in project.classes.values() if cls.is_module]
    builds = re.compile(rf"\b({'|'.join(map(re.escape, names)) or '(?!)'})\(")
    for path, text in texts.items():
        if path in project.files:
            yield path, project.files[path].tree
        elif len(text) <= _LARGEST_SETTINGS and (
            _TELLING.search(text) or _TELLING.search(path.stem) or builds.search(text)
        ):
            try:
                yield path, parse(text)
            except (SyntaxError, RecursionError, MemoryError):
                continue


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
