"""The files under the paths, found, read and parsed: what everything else is asked about."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from torchscript_fix import garbage
from torchscript_fix.discover import discover, import_root_of
from torchscript_fix.facts.static import Preferences, Project
from torchscript_fix.request import Progress, Request
from torchscript_fix.result import Problem
from torchscript_fix.source import SourceFile, Unreadable, parse


@dataclass(frozen=True)
class Reading:
    """The files under the paths, read and parsed."""

    project: Project
    sources: dict[Path, SourceFile] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    files: int = 0
    notes: tuple[str, ...] = ()
    """What discovery has to say: folders without a Python file."""


@garbage.kept()
def read(request: Request, progress: Progress) -> Reading:
    """Find, read and parse the files under the paths."""
    discovery = discover(request.paths)
    project = Project(preferences=Preferences(hoist=request.hoist))
    reading = Reading(project, files=len(discovery.files), notes=discovery.notes)
    reading.problems.extend(map(_problem, discovery.problems))
    progress.stage("Reading", len(discovery.files))
    for path in discovery.files:
        try:
            source = SourceFile.read(path)
            reading.sources[path] = source
            _check(source)
            if _may_matter(source):
                module, is_package = module_name(path, _root_of(path, request))
                project.add(path, module, source.text, is_package)
        except Unreadable as error:
            reading.sources.pop(path, None)
            reading.problems.append(_problem(error))
        progress.step(path.name)
    return reading


def _root_of(path: Path, request: Request) -> Path:
    """Where a file is imported from: the root that was named, where it lies under that."""
    if request.import_root is not None:
        root = Path(os.path.realpath(request.import_root))
        if root in path.parents:
            return root
    return import_root_of(path, request.paths)


def _check(source: SourceFile) -> None:
    """Raise Unreadable for what Python cannot parse."""
    try:
        parse(source.text)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise source.refusal(error) from error


def _problem(error: Unreadable) -> Problem:
    return Problem(error.path, error.line, error.reason, error.advice)


def module_name(path: Path, root: Path) -> tuple[str, bool]:
    """The dotted name under which a file is imported from `root`; whether it is a package."""
    parts = list(path.relative_to(root).with_suffix("").parts)
    if parts[-1] == "__init__" and len(parts) > 1:
        return ".".join(parts[:-1]), True
    return ".".join(parts), False


def _may_matter(source: SourceFile) -> bool:
    """Whether a file can hold a Module, or call one: most files of a repository cannot."""
    return b"torch" in source.data or b"forward" in source.data
