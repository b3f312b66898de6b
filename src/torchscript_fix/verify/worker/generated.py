"""Stand-ins for modules of the repository's own that its build writes, such as `version.py`.

They hold what such a module is asked for: a version, as text, or as a tuple where its name says so.
"""

import re
import sys
from types import ModuleType
from typing import Any

from .stand_ins import StandIn, is_special, standing

_getframe = sys._getframe

VERSION = "0.0.0"
_VERSION = re.compile(r"(?i)version|release")
_PARTS = re.compile(r"(?i)info|tuple|parts")
_TEXT = re.compile(r"(?i)git|sha|hash|commit|branch|date|time|build|author|license|url|name|title")
_ASKED_BY_PYTHON = frozenset({"__path__", "__file__", "__all__", "__wrapped__"})


class GeneratedModule(ModuleType):
    """A module that is not there until the repository is built."""

    def __getattr__(self, name: str) -> Any:
        if name in _ASKED_BY_PYTHON:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if _VERSION.search(name):
            return (0, 0, 0) if _PARTS.search(name) else VERSION
        if _TEXT.search(name):
            return ""
        # What is imported by somebody who can do without it need not be in the file at all.
        if is_special(name) or not standing.sources.needs_import(_getframe(1)):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return StandIn(f"{self.__name__}.{name}")
