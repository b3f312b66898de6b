"""The files under the paths, found, read and parsed: what everything else is asked about."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from torchscript_fix import garbage
from torchscript_fix.discover import discover
from torchscript_fix.facts.static import Preferences, Project
from torchscript_fix.importing.file_imports import FileImports, read_imports
from torchscript_fix.importing.repository import roots_of
from torchscript_fix.importing.roots import ImportRoots
from torchscript_fix.request import Progress, Request
from torchscript_fix.result import Problem
from torchscript_fix.source import Parsed, SourceFile, Unreadable, parsed


@dataclass(frozen=True)
class Reading:
    """The files under the paths, read and parsed."""

    project: Project
    roots: ImportRoots
    sources: dict[Path, SourceFile] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: int = 0
    notes: tuple[str, ...] = ()
    """What there is to say of folders: without a Python file, or not shown."""


@garbage.kept()
def read(request: Request, progress: Progress) -> Reading:
    """Find, read and parse the files under the paths."""
    discovery = discover(request.paths)
    problems = list(map(_problem, discovery.problems))
    sources: dict[Path, SourceFile] = {}
    imports: dict[Path, FileImports] = {}
    trees: dict[Path, Parsed] = {}
    progress.stage("Reading", len(discovery.files))
    for path in discovery.files:
        try:
            source = SourceFile.read(path)
            tree = _parsed(source)
            sources[path], imports[path] = source, read_imports(path, tree)
            if _may_matter(source):
                trees[path] = tree
        except Unreadable as error:
            problems.append(_problem(error))
        progress.step(path.name)
    roots = roots_of(request.paths, imports, request.import_roots, request.repository)
    project = _project(request, roots, sources, trees)
    notes = (*discovery.notes, *_not_shown(roots))
    return Reading(project, roots, sources, problems, len(discovery.files), notes)


def _project(
    request: Request,
    roots: ImportRoots,
    sources: Mapping[Path, SourceFile],
    trees: Mapping[Path, Parsed],
) -> Project:
    aliases = {path: found for path in trees if (found := roots.aliases_of(path))}
    project = Project(preferences=Preferences(hoist=request.hoist), aliases=aliases)
    for path, tree in trees.items():
        module, is_package = roots.name_of(path)
        project.add(path, module, sources[path].text, is_package, tree)
    return project


def _not_shown(roots: ImportRoots) -> Iterator[str]:
    for folder in roots.elsewhere:
        yield f"Not imported from, since it lies outside of {roots.top}: {folder}"


def _parsed(source: SourceFile) -> Parsed:
    """A file as Python reads it. Raises Unreadable for what Python cannot parse."""
    try:
        return parsed(source.text)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise source.refusal(error) from error


def _problem(error: Unreadable) -> Problem:
    return Problem(error.path, error.line, error.reason, error.advice)


def _may_matter(source: SourceFile) -> bool:
    """Whether a file can hold a Module, or call one: most files of a repository cannot."""
    return b"torch" in source.data or b"forward" in source.data
