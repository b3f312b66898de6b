"""What ran: the functions of the user's files that were called, the types that went through, and
the lines.

A call costs its `call` event, and its `return` event as long as that says something new. Line
events, which cost most, are on as long as a function has lines that did not run yet, or binds a
name more than once, and not for long.
"""

import os
import sys
import threading
from collections.abc import Callable, Mapping
from types import CodeType, FrameType, TracebackType
from typing import Any

from .codes import (
    RESUMED,
    RETURNS,
    Shape,
    codes_in,
    defaults_of,
    lines_of,
    qualified_name,
    shape_of,
)
from .spelled import MOST_PARTS, PLAIN, plain, reason, spell

MOST_TYPES = 24
"""Different types kept for one name."""
MOST_VALUES = 8
MOST_CALLS = 5_000
"""Calls of one function that are looked at."""
MOST_DIFFERENT = 32
"""Different calls kept of a function that takes `*args` or `**kwargs`."""
MOST_RETURNS = 32
"""Returns of one function at which its locals are looked at."""
MOST_ALIKE = 64
"""Calls with arguments of the same types whose return is looked at, and …"""
MOST_WATCHED = 16
"""… whose lines are."""
MOST_LINES = 10_000
"""Line events of one function, over all its calls, at which its locals are looked at, and …"""
MOST_LINES_COUNTED = 100_000
"""… that are taken at all. Which lines of it ran is not known after more."""

LocalTrace = Callable[[FrameType, str, Any], Any]


class CallTracer:
    """While it is entered, notes each call of a function in `files` (real paths): the values of so
    many calls of each, and which of its lines run."""

    def __init__(self, files: frozenset[str], calls: int = MOST_CALLS) -> None:
        self._files = files
        self._most_calls = calls
        self._known: dict[CodeType, _Calls | None] = {}
        self._before: Any = None
        self._was_stopped = False

    def __enter__(self) -> "CallTracer":
        self._before = sys.gettrace()
        sys.settrace(self._trace)
        threading.settrace(self._trace)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # The user's code may set another one; ours is gone, too, after an error in it.
        self._was_stopped |= sys.gettrace() != self._trace
        sys.settrace(self._before)
        threading.settrace(None)

    def _trace(self, frame: FrameType, _event: str, _argument: Any) -> LocalTrace | None:
        # A call of a function that is not the user's costs one look into `_known`.
        code = frame.f_code
        try:
            calls = self._known[code]
        except KeyError:
            calls = self._known[code] = self._first_seen(frame)
        if calls is None or not (calls.left > 0 or calls.ran.is_wanted):
            return None
        return calls.enter(frame)

    def _first_seen(self, frame: FrameType) -> "_Calls | None":
        code = frame.f_code
        if code.co_filename not in self._files:
            return None
        if code.co_name.startswith("<") and code.co_name != "<lambda>":
            return None  # a module, a class body, a comprehension
        resumed = bool(code.co_flags & RESUMED)
        most_calls = min(self._most_calls, 1) if resumed else self._most_calls
        return _Calls(shape_of(code), defaults_of(frame), _Lines(code), most_calls)

    def functions(self) -> list[dict[str, Any]]:
        """Each function that was called: path, qualified name, and what its calls showed."""
        return [
            {
                "path": code.co_filename,
                "qualname": qualified_name(code),
                **(calls.said() if self._most_calls else {}),
                "ran": self._ran(code, calls),
            }
            for code, calls in self._known.items()
            if calls is not None
        ]

    def _ran(self, code: CodeType, calls: "_Calls") -> list[int] | None:
        """The lines of a function that ran; None where that is not known. Of what is defined in
        it, a comprehension, a lambda, all count where it was entered."""
        if self._was_stopped or not calls.ran.are_known:
            return None
        inside = [inner for inner in codes_in(code) if inner in self._known]
        return sorted(calls.ran.seen.union(*map(lines_of, inside)))


class _Lines:
    """Which lines of one function ran, in as many line events as it may take to tell."""

    def __init__(self, code: CodeType) -> None:
        self.seen: set[int] = set()
        # The line of `def` has no event, except where the body stands on it.
        self._missing = set(lines_of(code)) - {code.co_firstlineno}
        self._left = 0 if code.co_flags & RESUMED else MOST_LINES_COUNTED

    @property
    def is_wanted(self) -> bool:
        """Whether more line events would tell more."""
        return self._left > 0 and not self._is_all

    @property
    def are_known(self) -> bool:
        """Whether what was not seen did not run."""
        return self._left > 0 or self._is_all

    @property
    def _is_all(self) -> bool:
        return bool(self.seen) and not self._missing

    def take(self, line: int) -> bool:
        """A line begins; whether there is more to tell."""
        if self.is_wanted:
            self.seen.add(line)
            self._missing.discard(line)
            self._left -= 1
        return self.is_wanted

    def event(self, frame: FrameType, event: str, _value: Any) -> LocalTrace | None:
        """What is to be told of a call of which nothing but the lines counts."""
        if event == "line" and not self.take(frame.f_lineno):
            frame.f_trace_lines = False
        return self.event


class _Types:
    """The types that one name had, and why some have no word."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.reasons: set[str] = set()

    def add(self, value: Any) -> str:
        spelled = spell(value)
        if spelled in self.seen and spelled != "?":
            return spelled
        if spelled and len(self.seen) < MOST_TYPES:
            self.seen.add(spelled)
        if spelled == "?" and len(self.reasons) < MOST_TYPES:
            self.reasons.add(reason(value))
        return spelled


class _Calls:
    """All calls of one function."""

    def __init__(
        self, shape: Shape, defaults: Mapping[str, Any], ran: _Lines, most_calls: int
    ) -> None:
        self.shape = shape
        self.ran = ran
        self.left = most_calls
        self.lines_left = MOST_LINES if shape.stores else 0
        self._defaults = defaults
        self._returns_left = MOST_RETURNS
        self._arguments = {name: _Types() for name in shape.parameters}
        self._values: dict[str, set[str] | None] = {name: set() for name in shape.parameters}
        self._supplied: set[str] = set()
        self._positional: set[tuple[str, ...]] = set()
        self._keywords: set[tuple[tuple[str, str], ...]] = set()
        self._times: dict[tuple[str, ...], int] = {}
        self._returned = _Types()
        self._locals: dict[str, _Types] = {}
        self._rebound: dict[str, set[str]] = {}

    def enter(self, frame: FrameType) -> LocalTrace | None:
        """A call begins; gives what is to be told of its lines and its end."""
        noted = self._note(frame) if self.left > 0 else None
        if self.ran.is_wanted:
            return noted or self.ran.event
        if noted == self.event:
            frame.f_trace_lines = False
        return noted

    def _note(self, frame: FrameType) -> LocalTrace | None:
        """Look at the arguments; gives what is to be told, unless nothing of it would be new."""
        self.left -= 1
        if frame.f_code.co_flags & RESUMED:
            return None
        values = frame.f_locals
        spelled = {}
        for name in self.shape.parameters:
            if name in values:
                spelled[name] = self._argument(name, values[name])
        if self.shape.star in values:
            self._star(values[self.shape.star])
        if self.shape.double_star in values:
            self._double_star(values[self.shape.double_star])
        times = self._alike(tuple(spelled.values()))
        if times > MOST_ALIKE:
            return None
        if self.lines_left > 0 and times <= MOST_WATCHED:
            return _Watch(self, frame, spelled).event
        return self.event

    def _alike(self, types: tuple[str, ...]) -> int:
        """How many calls with arguments of these types there were."""
        times = self._times.get(types, 0) + 1
        if times > 1 or len(self._times) < MOST_DIFFERENT:
            self._times[types] = times
        return times

    def _argument(self, name: str, value: Any) -> str:
        spelled = self._arguments[name].add(value)
        found = self._values[name]
        if found is not None:
            text = plain(value) if spelled in PLAIN else None
            if text is None or (len(found) >= MOST_VALUES and text not in found):
                self._values[name] = None
            else:
                found.add(text)
        if name not in self._supplied and (
            name not in self._defaults or self._defaults[name] is not value
        ):
            self._supplied.add(name)
        return spelled

    def _star(self, values: Any) -> None:
        if len(self._positional) < MOST_DIFFERENT and len(values) <= MOST_PARTS:
            self._positional.add(tuple(spell(value) or "?" for value in values))

    def _double_star(self, values: Any) -> None:
        if len(self._keywords) < MOST_DIFFERENT and len(values) <= MOST_PARTS:
            self._keywords.add(tuple((name, spell(item) or "?") for name, item in values.items()))

    def event(self, frame: FrameType, event: str, value: Any) -> LocalTrace | None:
        """What is to be told of a call whose result counts."""
        if event == "return":
            self.returned(frame, value)
        elif event == "line" and not self.ran.take(frame.f_lineno):
            frame.f_trace_lines = False
        return self.event

    def returned(self, frame: FrameType, value: Any) -> None:
        """A call ends; by an error, if None is "returned" by another instruction."""
        if value is None and self.shape.bytecode[frame.f_lasti] not in RETURNS:
            return
        self._returned.add(value)
        if self._returns_left > 0:
            self._returns_left -= 1
            code, values = frame.f_code, frame.f_locals
            for name in (*code.co_varnames, *code.co_cellvars):
                if name in values:
                    self._locals.setdefault(name, _Types()).add(values[name])

    def bound_anew(self, name: str, types: set[str]) -> None:
        """One call bound a name to more than one type."""
        self._rebound.setdefault(name, set()).update(types)

    def said(self) -> dict[str, Any]:
        """All of it as plain data for the host."""
        names = {**self._locals, **self._arguments, "return": self._returned}
        return {
            "types": {name: sorted(types.seen) for name, types in self._arguments.items()},
            "returns": sorted(self._returned.seen),
            "locals": {
                name: sorted(types.seen)
                for name, types in self._locals.items()
                if name not in self._arguments
            },
            "rebound": {name: sorted(types) for name, types in self._rebound.items()},
            "positional": sorted(self._positional),
            "keywords": sorted(self._keywords),
            "defaulted": [
                name
                for name, types in self._arguments.items()
                if name not in self._supplied and name in self._defaults
            ],
            "values": {name: sorted(found) for name, found in self._values.items() if found},
            "inexpressible": {
                name: sorted(types.reasons) for name, types in names.items() if types.reasons
            },
        }


class _Watch:
    """One call, line by line: which names are bound to a value of another type."""

    def __init__(self, calls: _Calls, frame: FrameType, spelled: Mapping[str, str]) -> None:
        self._calls = calls
        self._line = frame.f_lineno
        self._types = {name: {text} for name, text in spelled.items() if text}

    def event(self, frame: FrameType, event: str, value: Any) -> LocalTrace | None:
        if event == "exception":
            return self.event
        calls = self._calls
        names = calls.shape.stores.get(self._line)
        if names is not None:
            self._look(names, frame.f_locals)
        self._line = frame.f_lineno
        if event == "return":
            self._end()
            calls.returned(frame, value)
            return None
        calls.ran.take(self._line)
        calls.lines_left -= 1
        if calls.lines_left > 0:
            return self.event
        self._end()
        if not calls.ran.is_wanted:
            frame.f_trace_lines = False
        return calls.event

    def _look(self, names: tuple[str, ...], values: Mapping[str, Any]) -> None:
        for name in names:
            if name in values:
                spelled = spell(values[name])
                if spelled:
                    self._types.setdefault(name, set()).add(spelled)

    def _end(self) -> None:
        for name, types in self._types.items():
            if len(types) > 1:
                self._calls.bound_anew(name, types)


def constructors(module: Any, files: frozenset[str]) -> list[dict[str, Any]]:
    """The constructors, in `files`, of the classes in a module: all of them ran, be it before
    anybody watched."""
    # Not a set: classes are hashed by their addresses, and would come in another order each time.
    classes = dict.fromkeys(cls for each in module.modules() for cls in type(each).__mro__)
    codes = (getattr(vars(cls).get("__init__"), "__code__", None) for cls in classes)
    return [
        {"path": code.co_filename, "qualname": qualified_name(code), "types": {}}
        for code in codes
        if code is not None and code.co_filename in files
    ]


def imported_files(root: str) -> list[str]:
    """The files under `root` that this process has imported modules from."""
    prefix = root.rstrip(os.sep) + os.sep
    found = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and file.startswith(prefix):
            found.add(file)
    return sorted(found)
