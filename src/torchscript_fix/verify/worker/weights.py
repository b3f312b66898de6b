"""Weights that are not there are passed over while cases are looked for: a checkpoint that the
repository does not hold, a download.

What `torch.load` would have given is an AbsentWeights: anything can be taken of it, it holds
nothing, and to load it changes nothing. What decides something, and whatever a model that runs
would compute with it, is an error as with any stand-in.
"""

import email.message
import functools
import io
import os
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any

import torch
import torch.hub
import torch.serialization
from torch.nn.modules.module import _IncompatibleKeys

from .guards import ANYTHING
from .offline import refuse_url
from .phases import Phase, phase_of
from .stand_ins import MOST_ANSWERS, WEIGHTS, StandIn, is_special, noted, standing, use

_NO_FILE = ANYTHING | {"FileNotFoundError", "OSError", "IOError", "EnvironmentError"}
_NO_NETWORK = _NO_FILE | {"URLError", "HTTPError", "ConnectionError"}
_WRITES = frozenset({"write", "writelines", "copyfileobj"})
_POINTER = b"version https://git-lfs"
_getframe = sys._getframe


class AbsentWeights(StandIn):
    """A checkpoint that is not there, or what was taken of one."""

    @classmethod
    def is_free_in(cls, phase: Phase) -> bool:
        return phase is not Phase.RUNNING

    def made_of(self, _: str) -> "AbsentWeights":
        return AbsentWeights(WEIGHTS)

    def __getattr__(self, name: str) -> Any:
        # `nn.Parameter(weights)`, and others that want to know what it is, are to see that it is
        # no tensor.
        if standing.sources.is_user(_getframe(1)):
            return super().__getattr__(name)
        if name not in vars(dict) or is_special(name):
            raise AttributeError(f"{WEIGHTS} have no {name}")
        use(self, f"is used ({name})")
        return self.made_of(name)

    @property  # type: ignore[misc]  # that of `object` can be set
    def __class__(self) -> Any:
        frame = _getframe(1)
        if not standing.sources.is_user(frame):
            return type(self)
        if phase_of(frame) is Phase.RUNNING:
            noted(WEIGHTS, "is asked for its class")
        return dict

    def __iter__(self) -> Iterator[Any]:
        return iter(()) if phase_of(_getframe(1)) is not Phase.RUNNING else super().__iter__()

    def __contains__(self, item: Any) -> bool:
        return phase_of(_getframe(1)) is Phase.RUNNING and super().__contains__(item)

    def __len__(self) -> int:
        if phase_of(_getframe(1)) is Phase.RUNNING:
            iter(self)  # which says so
        return 0


def pass_over() -> None:
    """Let weights that are not there be passed over, in this process, from now on."""
    for holder, name, own, instead in (
        (torch, "load", _load, _loaded),
        (torch.serialization, "load", _load, _loaded),
        (torch.nn.Module, "load_state_dict", _into_module, _load_into),
        (torch.optim.Optimizer, "load_state_dict", _into_optimizer, _load_into_optimizer),
        (torch.hub, "download_url_to_file", torch.hub.download_url_to_file, _nothing_to_file),
        (urllib.request, "urlretrieve", urllib.request.urlretrieve, _nothing_retrieved),
        (urllib.request, "urlopen", urllib.request.urlopen, _nothing_opened),
    ):
        setattr(holder, name, functools.wraps(own)(instead))


_load: Any = torch.load
_into_module: Any = torch.nn.Module.load_state_dict
_into_optimizer: Any = torch.optim.Optimizer.load_state_dict


def _loaded(f: Any, *args: Any, **kwargs: Any) -> Any:
    if _is_there(f) or not _passes_over(os.fspath(f) if _is_path(f) else "a download", _NO_FILE):
        return _load(f, *args, **kwargs)
    return AbsentWeights(WEIGHTS)


def _load_into(module: Any, state_dict: Any, *args: Any, **kwargs: Any) -> Any:
    if _is_absent(state_dict):
        return _IncompatibleKeys([], [])
    return _into_module(module, state_dict, *args, **kwargs)


def _load_into_optimizer(optimizer: Any, state_dict: Any) -> Any:
    return None if _is_absent(state_dict) else _into_optimizer(optimizer, state_dict)


def _is_absent(state: Any) -> bool:
    """Whether it is an AbsentWeights, or a dictionary that came out empty where one was. A model
    that runs has to load what there is, and so has whoever looks at one."""
    if issubclass(type(state), AbsentWeights):
        if phase_of(_getframe(1)) is Phase.RUNNING:
            raise noted(WEIGHTS, "is loaded")
        return True
    is_empty = bool(standing.weights) and isinstance(state, Mapping) and not state
    return is_empty and phase_of(_getframe(1)) is not Phase.RUNNING


def _is_path(f: Any) -> bool:
    return isinstance(f, (str, os.PathLike))


def _is_there(f: Any) -> bool:
    """Whether there is something to load: of a pointer to where git keeps a large file, no."""
    if isinstance(f, io.BytesIO):
        return f.getbuffer().nbytes > 0
    if not _is_path(f):
        return True
    try:
        with open(f, "rb") as file:
            start = file.read(len(_POINTER))
    except FileNotFoundError:
        return False
    except OSError:
        return True  # and torch.load says what is wrong with it
    return bool(start) and start != _POINTER


def _passes_over(what: object, caught: frozenset[str]) -> bool:
    """Whether the line of the user's has no way of its own without it, and no model runs by it;
    then it is told of."""
    frame: FrameType | None = _getframe(1)
    if phase_of(frame) is Phase.RUNNING:
        return False
    while frame is not None and not standing.sources.is_user(frame):
        frame = frame.f_back
    if frame is None:
        place = ""
    elif standing.sources.catches(frame, caught):
        return False
    else:
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    if len(standing.weights) < MOST_ANSWERS:
        standing.weights.setdefault(place, str(what))
    return True


# ---------------------------------------------------------------------------------- downloads


def _nothing_to_file(url: Any, *args: Any, **kwargs: Any) -> None:
    if not _passes_over(url, _NO_NETWORK):
        refuse_url(url)


def _nothing_retrieved(url: Any, filename: Any = None, *args: Any, **kwargs: Any) -> Any:
    if not _passes_over(url, _NO_NETWORK):
        refuse_url(url)
    return filename or "nothing", email.message.Message()


def _nothing_opened(url: Any, *args: Any, **kwargs: Any) -> Any:
    # What is read is to go into a file, and to be of no use from there; no line is to look at it.
    if not _is_written() or not _passes_over(getattr(url, "full_url", url), _NO_NETWORK):
        refuse_url(url)
    return _Nothing()


def _is_written() -> bool:
    frame: FrameType | None = _getframe(1)
    while frame is not None and not standing.sources.is_user(frame):
        frame = frame.f_back
    return frame is not None and not _WRITES.isdisjoint(standing.sources.called_around(frame))


class _Nothing(io.BytesIO):
    """A response without a body."""

    status = code = 200

    def __init__(self) -> None:
        super().__init__(b"")
        self.headers = email.message.Message()

    def info(self) -> email.message.Message:
        """Its headers, of which there are none."""
        return self.headers
