"""Where the modules of one process are looked for: `sys.path`, and folders for single names."""

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_file_location
from types import FrameType
from typing import Any

from . import importing
from .stand_ins import standing

_getframe = sys._getframe


class _Named:
    """Finds packages that lie in folders of other names, before all else; and holds what `_Single`
    finds behind all others."""

    def __init__(self) -> None:
        self.packages: dict[str, str] = {}
        self.single: dict[str, str] = {}
        self.places: dict[str, list[str]] = {}
        self.near = ""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """The package, where its folder is called otherwise."""
        folder = self.packages.get(fullname)
        init = os.path.join(folder, "__init__.py") if folder is not None else ""
        if folder is None or not os.path.isfile(init):
            return None
        return spec_from_file_location(fullname, init, submodule_search_locations=[folder])


class _Single:
    """Finds what nobody else has, in the one folder that has it."""

    def __init__(self, named: _Named) -> None:
        self._named = named

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """The module or package, where its name is served from one folder alone."""
        folder = self._named.single.get(fullname)
        places = self._named.places.get(fullname, ())
        if folder is None and places and _is_asked_by_code(_getframe(1)):
            folder = min(places, key=lambda place: (_steps(self._named.near, place), place))
        return PathFinder.find_spec(fullname, [folder]) if folder is not None else None


def _steps(one: str, other: str) -> int:
    """How many folders lie between two."""
    shared = os.path.commonpath([one, other])
    return sum(path.count(os.sep) - shared.rstrip(os.sep).count(os.sep) for path in (one, other))


def _is_asked_by_code(frame: FrameType | None) -> bool:
    """Whether the import under way is the user's, and the code has no way without; or that of a
    file of cases, or of code that was made from text and lies in no file."""
    while frame is not None:
        name = frame.f_code.co_filename
        if standing.sources.is_user(frame):
            return standing.sources.needs_import(frame)
        if not (name.startswith("<frozen importlib") or name in _MACHINERY):
            return not os.path.isabs(name) or frame.f_globals.get("__name__") == CASES
        frame = frame.f_back
    return False


CASES = "_torchscript_fix_cases"
"""What a file of cases is imported as."""
_MACHINERY = frozenset({importlib.__file__, importing.__file__, __file__})
_named = _Named()
_placed: set[str] = set()
"""What was put on `sys.path` here, and not by the user's code."""


def look_nearby(places: dict[str, list[str]], near: str) -> None:
    """Look for names that code puts together, when all else has failed, in the place nearest to
    the folder `near`."""
    _named.places, _named.near = places, near


def enter(search: dict[str, Any], folder: str) -> None:
    """Look for modules as `search` says, from now on and with `folder` to stand in: {"before",
    "after": folders; "single", "packages": name to folder}. What a file of cases has put in front
    of it stays there."""
    if not any(isinstance(finder, _Single) for finder in sys.meta_path):
        sys.meta_path.insert(0, _named)
        sys.meta_path.append(_Single(_named))
        _placed.update(sys.path)
    _named.packages.update(search["packages"])
    for name, place in search["single"].items():
        _named.single.setdefault(name, place)
    theirs = []
    for place in sys.path:
        if place in _placed:
            break
        theirs.append(place)
    before = [place for place in search["before"] if place not in theirs]
    known = {*theirs, *before}
    rest = [place for place in sys.path if place not in known]
    after = [place for place in search["after"] if place not in {*known, *rest}]
    sys.path[:] = [*theirs, *before, *rest, *after]
    _placed.update(before, after)
    os.chdir(folder)
    importlib.invalidate_caches()
