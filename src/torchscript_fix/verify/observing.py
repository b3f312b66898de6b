"""What workers say of functions and classes that they saw at work, as Observed.

A worker's words are somebody's claims: each is taken only where it has the form that it should,
and no more of them than these limits.
"""

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from torchscript_fix.facts.observed import (
    MOST_VALUES,
    Observed,
    ObservedAttribute,
    ObservedFunction,
    Place,
    Types,
)
from torchscript_fix.verify.evidence import printable

MOST_FUNCTIONS = 20_000
MOST_NAMES = 500
"""Parameters, names or attributes of one function or class."""
MOST_TYPES = 64
MOST_CALLS = 32
"""Different calls by `*args` or `**kwargs`."""
MOST_LINES = 20_000
"""Lines of one function."""
LAST_LINE = 10_000_000
LONGEST_TYPE = 2_000
LONGEST_VALUE = 400

_TYPE = re.compile(r"[\w.<>]+(?:[\w.<>\[\], ]*\])?|\?|Tuple\[\(\)\]")
"""What a type or the name of a class can look like: rules write it into code."""


class Observing:
    """Reads what workers say of files; `path_of` gives the user's path for the one they saw."""

    def __init__(self, path_of: Callable[[str], Path]) -> None:
        self._path_of = path_of

    def of(self, functions: Any, classes: Any) -> Observed:
        """What one stage of one case showed: the lists that `trace` in the worker makes."""
        return Observed.merged(
            Observed(
                {self._place(each): _function(each)} if kind == "function" else {},
                {self._place(each): _class(each)} if kind == "class" else {},
            )
            for kind, said in (("function", functions), ("class", classes))
            for each in _entries(said)
        )

    def _place(self, said: Mapping[str, Any]) -> Place:
        return self._path_of(said["path"]), said["qualname"]


def _entries(said: Any) -> Iterator[Mapping[str, Any]]:
    for each in said[:MOST_FUNCTIONS] if isinstance(said, list) else []:
        if not isinstance(each, dict):
            continue
        names = each.get("path"), each.get("qualname")
        if all(isinstance(name, str) and 0 < len(name) < LONGEST_TYPE for name in names):
            yield each


def _function(said: Mapping[str, Any]) -> ObservedFunction:
    return ObservedFunction(
        _by_name(said.get("types"), _types),
        _types(said.get("returns")),
        _by_name(said.get("rebound"), _types),
        frozenset(_call(call) for call in _calls(said.get("positional"))),
        frozenset(_named_call(call) for call in _calls(said.get("keywords"))),
        frozenset(_words(said.get("defaulted"))),
        {name: found for name, found in _by_name(said.get("values"), _values).items() if found},
        _by_name(said.get("locals"), _types),
        _by_name(said.get("inexpressible"), _reasons),
        _lines(said.get("ran")),
    )


def _lines(said: Any) -> frozenset[int] | None:
    """All or nothing: of a line that is left out it would be said that it did not run."""
    if not isinstance(said, list) or len(said) > MOST_LINES:
        return None
    is_line = [type(line) is int and 0 < line <= LAST_LINE for line in said]
    return frozenset(said) if all(is_line) else None


def _class(said: Mapping[str, Any]) -> dict[str, ObservedAttribute]:
    return _by_name(said.get("attributes"), _attribute)


def _attribute(said: Any) -> ObservedAttribute:
    said = said if isinstance(said, dict) else {}
    return ObservedAttribute(
        _types(said.get("types")),
        _types(said.get("modules")),
        _values(said.get("values")),
        said.get("missing") is True,
        said.get("buffer") is True,
        said.get("parameter") is True,
        _reasons(said.get("inexpressible")),
    )


_NAME = re.compile(r"\w+")


def _by_name(said: Any, read: Callable[[Any], Any]) -> dict[str, Any]:
    if not isinstance(said, dict):
        return {}
    # Modules have names that are no identifiers: `add_module("0", layer)`.
    names = [name for name in said if len(name) < LONGEST_VALUE and _NAME.fullmatch(name)]
    return {name: read(said[name]) for name in names[:MOST_NAMES]}


def _types(said: Any) -> Types:
    return frozenset(_type_list(said)[:MOST_TYPES])


def _type_list(said: Any) -> list[str]:
    return [word for word in _words(said) if _TYPE.fullmatch(word)]


def _values(said: Any) -> frozenset[str]:
    """Only where all are plain, and few: part of them would say something that is not so."""
    words = _words(said)
    if len(words) > MOST_VALUES or not all(map(_is_plain, words)):
        return frozenset()
    return frozenset(words)


def _is_plain(text: str) -> bool:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text in ("nan", "inf", "-inf")
    return len(text) <= LONGEST_VALUE and isinstance(
        value, bool | int | float | str | tuple | list | None
    )


def _reasons(said: Any) -> frozenset[str]:
    return frozenset(map(printable, _words(said)[:MOST_TYPES]))


def _calls(said: Any) -> list[Any]:
    calls = said[:MOST_CALLS] if isinstance(said, list) else []
    return [call for call in calls if isinstance(call, list)]


def _call(said: Any) -> tuple[str, ...]:
    return tuple(word if _TYPE.fullmatch(word) else "?" for word in _words(said))


def _named_call(said: Any) -> tuple[tuple[str, str], ...]:
    pairs = [_words(pair) for pair in said[:MOST_NAMES]]
    return tuple((pair[0], _call(pair[1:])[0]) for pair in pairs if len(pair) == 2)


def _words(said: Any) -> list[str]:
    words = said[:MOST_NAMES] if isinstance(said, list) else []
    return [word for word in words if isinstance(word, str) and 0 < len(word) <= LONGEST_TYPE]
