"""A command that exports a model gets the eager model back and goes on: what it scripts would be
out of sight, and mostly does not compile, which is why somebody is here.

`torch.jit.script(model)` is `model`, and so is what is frozen, optimized, saved and loaded of it;
tracing or exporting is a call of it with the inputs that are given.
"""

import importlib
import os
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

import torch
import torch.export
import torch.jit

_Module: Any = torch.nn.Module
_getframe = sys._getframe

_OF_SCRIPTED = ("save", "_save_for_lite_interpreter", "graph", "code", "inlined_graph")
"""What a ScriptModule has and a Module lacks, of what an export asks it for."""


class Exporting:
    """While it is on, modules that are `wanted` are not exported. `scripted` is told of each that
    would have been scripted; `unseen` does what is to call no module that anybody sees."""

    def __init__(
        self,
        wanted: Callable[[Any], bool],
        scripted: Callable[[Any], None],
        unseen: Callable[[Callable[[], Any]], Any],
    ) -> None:
        self._wanted, self._scripted, self._unseen = wanted, scripted, unseen
        self._given: dict[int, weakref.ref[Any]] = {}
        """Identity to module, of those that were given back."""
        self._saved: dict[str, Any] = {}
        """Real path to the module that would lie there."""
        self._on = False
        self._real = [(holder, name, getattr(holder, name)) for holder, name, _ in self._instead()]

    def start(self) -> None:
        """Be it so from now on."""
        self._on = True
        for (holder, name, make), (_, _, real) in zip(self._instead(), self._real, strict=True):
            setattr(holder, name, make(real))

    def stop(self) -> None:
        """Leave torch as it was; who has taken a function of it by `from … import` keeps that."""
        self._on = False
        for holder, name, real in self._real:
            setattr(holder, name, real)

    def _instead(self) -> Iterator[tuple[Any, str, Callable[[Any], Any]]]:
        yield torch.jit, "script", self._script
        yield torch.jit, "trace", self._trace
        yield torch.jit, "freeze", self._same
        yield torch.jit, "optimize_for_inference", self._same
        yield torch.jit, "save", self._save
        yield torch.jit, "load", self._load
        yield torch.export, "export", self._export
        yield importlib.import_module("torch.onnx"), "export", self._export_to_onnx
        mobile = importlib.import_module("torch.utils.mobile_optimizer")
        yield mobile, "optimize_for_mobile", self._same
        yield _Module, "__getattr__", self._attribute

    def _is_given(self, value: Any) -> bool:
        known = self._given.get(id(value))
        return known is not None and known() is value

    def _is_exported(self, value: Any) -> bool:
        """Whether a command means to export this; a module scripts its parts while it is built,
        which are then what they are."""
        is_module = self._on and isinstance(value, _Module)
        is_scripted = isinstance(value, torch.jit.ScriptModule)
        return is_module and not is_scripted and self._wanted(value) and not _is_in_constructor()

    def _give(self, module: Any) -> Any:
        self._given[id(module)] = weakref.ref(module)
        return module

    def _script(self, real: Any) -> Any:
        def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._is_exported(obj):
                return real(obj, *args, **kwargs)
            self._scripted(obj)
            return self._give(obj)

        return script

    def _trace(self, real: Any) -> Any:
        def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
            if not self._is_exported(func):
                return real(func, example_inputs, *args, **kwargs)
            _called(func, _several(example_inputs), kwargs.get("example_kwarg_inputs"))
            return self._give(func)

        return trace

    def _export(self, real: Any) -> Any:
        def export(mod: Any, args: Any, kwargs: Any = None, **more: Any) -> Any:
            if self._is_exported(mod):
                _called(mod, args, kwargs)
            return self._unseen(lambda: real(mod, args, kwargs, **more))

        return export

    def _export_to_onnx(self, real: Any) -> Any:
        def export(model: Any, args: Any = (), *more: Any, **kwargs: Any) -> Any:
            if not self._is_exported(model):
                return real(model, args, *more, **kwargs)
            several, named = _several(args), kwargs.get("kwargs")
            if several and isinstance(several[-1], dict) and not named:
                *several, named = several
            _called(model, several, named)
            return None

        return export

    def _same(self, real: Any) -> Any:
        def same(module: Any, *args: Any, **kwargs: Any) -> Any:
            return module if self._is_given(module) else real(module, *args, **kwargs)

        return same

    def _save(self, real: Any) -> Any:
        def save(m: Any, f: Any, *args: Any, **kwargs: Any) -> Any:
            if not self._is_given(m):
                return real(m, f, *args, **kwargs)
            return self._note_saved(m, f)

        return save

    def _note_saved(self, module: Any, file: Any) -> None:
        if isinstance(file, (str, os.PathLike)):
            self._saved[os.path.realpath(file)] = module

    def _load(self, real: Any) -> Any:
        def load(f: Any, *args: Any, **kwargs: Any) -> Any:
            path = os.path.realpath(f) if isinstance(f, (str, os.PathLike)) else ""
            return self._saved[path] if path in self._saved else real(f, *args, **kwargs)

        return load

    def _attribute(self, real: Any) -> Any:
        def attribute(module: Any, name: str) -> Any:
            try:
                return real(module, name)
            except AttributeError:
                if name not in _OF_SCRIPTED or not self._is_given(module):
                    raise
            if "save" not in name:
                return ""
            return lambda f, *_, **__: self._note_saved(module, f)

        return attribute


def _several(args: Any) -> Sequence[Any]:
    """The arguments of a call: what is no tuple of them is the only one."""
    return args if isinstance(args, tuple) else () if args is None else (args,)


def _called(module: Any, args: Sequence[Any], kwargs: Mapping[str, Any] | None) -> None:
    with torch.no_grad():
        module(*args, **(kwargs or {}))


def _is_in_constructor() -> bool:
    frame: FrameType | None = _getframe(1)
    while frame is not None:
        if frame.f_code.co_name == "__init__" and isinstance(frame.f_locals.get("self"), _Module):
            return True
        frame = frame.f_back
    return False
