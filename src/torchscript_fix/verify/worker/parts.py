"""Not one error a round: what fails in each part of a module, where the parts do not hold one
another.

After a failure the compiler keeps what it has half made, so a type that failed is not tried again
in the same process, and neither is a module that holds one.
"""

import copy
import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch

from .calling import Hung, time_limit
from .diagnose import describe, frames_of, is_users, modules_in, where

MOST_PARTS = 400
"""Submodules that are looked at."""
MOST_OF_A_CLASS = 3
"""Submodules of one class that are compiled, where their attributes differ."""
MOST_COMPILED = 3_000
"""Submodules that are compiled in all, those within a part that is compiled counted with it: 2.3 ms
each for a block of a convolution, a norm and a loop, on the machine that `work.py` speaks of."""
MOST_SECONDS = 30.0
"""After so long something hangs, and the answer says so."""
MOST_NUMBERS = 20_000_000
"""Elements of what is copied: of the inputs of a part, of what a part that is saved holds."""
SPOILT = "Can't redefine method"
"""What the compiler says of a type that failed before (pytorch#91504)."""

Call = Callable[[Any], Any]
"""Calls a module as the case does."""
Found = dict[str, Any]


class Parts:
    """The parts of a module after one of its stages failed with `error`."""

    def __init__(
        self,
        module: Any,
        error: BaseException,
        files: frozenset[str],
        seconds: float,
        root: str,
    ) -> None:
        self._module, self._files, self._root = module, files, root
        self._seconds = min(seconds, MOST_SECONDS)
        self._end = time.monotonic() + self._seconds
        self._left = MOST_COMPILED
        self.time_limit: float | None = None
        """Seconds after which the clock ended it, if it did."""
        self._failed = {id(inside) for inside in modules_in(frames_of(error))}
        """What was tried in vain, and what holds it."""

    def after(self, at: str, scripted: Any, call: Call | None) -> list[Found]:
        """What the parts say where the module failed `at` a stage: "script", "save" or "run"."""
        if at == "script":
            return self._uncompiled(call)
        if at == "save":
            return self._unsaved(scripted)
        return self._unrun(scripted, call) if at == "run" else []

    def _uncompiled(self, call: Call | None) -> list[Found]:
        """What the compiler says of each part, leaves first, and where it says nothing, what the
        part says on the inputs that it has when the module is called."""
        compiled: list[tuple[Any, Any]] = []
        found: list[Found] = []
        for part in self._distinct():
            try:
                compiled.append((part, torch.jit.script(part)))
            except Exception as error:
                self._failed.add(id(part))
                if SPOILT not in str(error):
                    found.append(self._told("script", error, part))
        return found + self._run(compiled, call)

    def _unrun(self, scripted: Any, call: Call | None) -> list[Found]:
        """The module compiled, and failed as it ran: what its parts say."""
        names = dict(scripted.named_modules())
        self._failed.add(id(self._module))
        pairs = [(p, names.get(name)) for name, p in self._module.named_modules()][::-1]
        parts = {id(part) for part in self._distinct()}
        return self._run([(p, s) for p, s in pairs if s is not None and id(p) in parts], call)

    def _unsaved(self, scripted: Any) -> list[Found]:
        """The module compiled, and cannot be saved: the parts that cannot, either."""
        found: list[Found] = []
        names = dict(scripted.named_modules())
        for name, part in list(self._module.named_modules())[:0:-1]:
            if name not in names or not self._is_worth(part) or _numbers(part) > MOST_NUMBERS:
                continue
            try:
                torch.jit.save(names[name], io.BytesIO())
            except Exception as error:
                self._failed.add(id(part))
                found.append(self._told("save", error, part))
        return found

    def _told(self, at: str, error: BaseException, part: Any) -> Found:
        return {"at": at, **describe(error, self._root), **where(error, part, self._files)}

    def _is_worth(self, part: Any) -> bool:
        """Whether nothing hangs, and what a part says is about itself."""
        return (
            not self._is_over()
            and is_users(type(part), self._files)
            and not any(id(inside) in self._failed for inside in part.modules())
        )

    def _is_over(self) -> bool:
        if time.monotonic() > self._end:
            self.time_limit = self._seconds
        return self.time_limit is not None

    def _distinct(self) -> Iterator[Any]:
        """The user's parts of a kind of their own, leaves first, each when it is its turn."""
        seen: dict[type, set[Any]] = {}
        parts = [part for part in self._module.modules() if part is not self._module]
        for part in reversed(parts[:MOST_PARTS]):
            kinds = seen.setdefault(type(part), set())
            if len(kinds) < MOST_OF_A_CLASS and (kind := _kind(part)) not in kinds:
                kinds.add(kind)
                if self._left > 0 and self._is_worth(part):
                    self._left -= sum(1 for _ in part.modules())
                    yield part

    def _run(self, compiled: list[tuple[Any, Any]], call: Call | None) -> list[Found]:
        """Run what compiled on the inputs that it gets in eager mode."""
        if call is None or not compiled or self._is_over():
            return []
        found: list[Found] = []
        try:
            with time_limit(max(0.1, self._end - time.monotonic())):
                inputs = _first_inputs(self._module, [part for part, _ in compiled], call)
                for part, scripted in compiled:
                    if id(part) in inputs and self._is_worth(part):
                        args, kwargs = inputs[id(part)]
                        try:
                            scripted(*args, **kwargs)
                        except Exception as error:
                            self._failed.add(id(part))
                            found.append(self._told("run", error, part))
        except Hung:
            self.time_limit = self._seconds
        except Exception:  # of the user's own code, which ran well before
            pass
        return found


def _kind(part: Any) -> Any:
    """What tells instances of a class apart for the compiler: constants, and what they hold."""
    constants = tuple(
        (name, value)
        for name, value in sorted(vars(part).items())
        if isinstance(value, int | float | str | bool | None)
    )
    held = (part._modules, part._parameters, part._buffers)
    return constants, tuple((name, type(v)) for each in held for name, v in each.items())


def _first_inputs(module: Any, parts: list[Any], call: Call) -> dict[int, tuple[Any, Any]]:
    """The inputs of each part's first call while the module runs once, as they were then."""
    found: dict[int, tuple[Any, Any]] = {}

    def note(part: Any, args: Any, kwargs: Any) -> None:
        if id(part) not in found and _numbers((args, kwargs)) <= MOST_NUMBERS:
            found[id(part)] = copy.deepcopy(_detached((args, kwargs)))

    handles = [part.register_forward_pre_hook(note, with_kwargs=True) for part in parts]
    try:
        call(module)
    finally:
        for handle in handles:
            handle.remove()
    return found


def _detached(value: Any) -> Any:
    """The same with Tensors that can be copied; what needs a gradient needs none."""
    if isinstance(value, torch.Tensor):
        return value.detach()
    if isinstance(value, dict):
        return {key: _detached(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_detached(item) for item in value)
    return value


def _numbers(value: Any) -> int:
    """How many numbers there are in the Tensors of a value or module."""
    if isinstance(value, torch.Tensor):
        return value.numel()
    if isinstance(value, torch.nn.Module):
        return sum(_numbers(tensor) for tensor in value.parameters())
    if isinstance(value, dict):
        return sum(_numbers(item) for item in value.values())
    if isinstance(value, list | tuple):
        return sum(_numbers(item) for item in value)
    return 0
