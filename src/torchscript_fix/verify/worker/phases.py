"""What is going on when a line runs: something is imported, a case is built, or it runs."""

import enum
from types import CodeType, FrameType

import torch

_CALLS = frozenset({torch.nn.Module._call_impl.__code__})
_IMPORTS = frozenset({"exec_module", "_load_unlocked"})


class Phase(enum.Enum):
    """The innermost of these that is around a line."""

    IMPORTING = "importing"
    BUILDING = "building"
    RUNNING = "running"
    OUTSIDE = "outside"
    """A function of a command of the user's, beside all models."""


_boundaries: dict[CodeType, Phase] = {}


def running(code: CodeType) -> None:
    """What is called within this function runs, though it be called while importing."""
    _boundaries[code] = Phase.RUNNING


def building(code: CodeType) -> None:
    """What is called within this function builds a case, and does not run it."""
    _boundaries[code] = Phase.BUILDING


def phase_of(frame: FrameType | None) -> Phase:
    """The phase that a line is in. A module's `__init__` is building, whoever calls it, unless
    something is imported around it; a module that is called runs."""
    in_init = False
    while frame is not None:
        code = frame.f_code
        if code in _boundaries:
            return _boundaries[code]
        if code.co_name in _IMPORTS:
            return Phase.IMPORTING
        if code in _CALLS:
            return Phase.RUNNING
        in_init = in_init or (code.co_name == "__init__" and _is_module(frame))
        frame = frame.f_back
    return Phase.BUILDING if in_init else Phase.OUTSIDE


def _is_module(frame: FrameType) -> bool:
    first = frame.f_code.co_varnames[:1]
    return bool(first) and isinstance(frame.f_locals.get(first[0]), torch.nn.Module)
