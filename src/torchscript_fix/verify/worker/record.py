"""A command of the user's, run in this process: the calls of models that it makes are recorded, or
a recorded case is run right where the command comes to it again.

The first run writes CASE/inputs.json and .bin for each case and recording.json for all. In a later
one, the process forks at the call that a case stands for: the fork runs all stages on that module
and the stored inputs and never returns to the user's code, the command goes on beside it.
"""

import itertools
import json
import math
import os
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from . import command, stand_ins
from .diagnose import describe, without_addresses
from .exporting import Exporting
from .fork import end_strays, in_fork
from .no_gpu import NoGpu
from .stages import Order, Subject, run_case
from .values import Decoder, Encoder
from .work import Meter

LINGER = 30.0
"""Seconds of work that a command goes on after the last configuration that is new: a training loop
shows no more."""
CALL = 1e-3
"""Seconds of work of a call, beside what the model does in it: a batch is made, a loss is taken."""
BUILT = 1e-4
"""The same of a module that is built."""
WITH_GRADIENTS = 3.0
"""How much more work a call is that is followed by its backward."""
LONGEST_KEY = 1 << 20

_Module: Any = torch.nn.Module
_is_tracing: Any = torch._C._get_tracing_state
_exit = os._exit


@dataclass(frozen=True)
class Mark:
    """Which call of a command a case is."""

    cls: str
    """`module.Class`."""
    instance: int
    """1-based: of the instances of the class that are called, in the order of their first call."""
    call: int
    """1-based: of this instance's outermost calls; 0 for one that is scripted and never called."""


@dataclass
class _Instance:
    reference: Any
    cls: str
    number: int
    calls: int = 0
    settled: bool = False
    work: float = 0.0
    """Of its first call that succeeded."""


class Watch:
    """While it is on, sees each outermost call of a module whose class is the user's.

    Outermost is what happens in no other such call; a DataParallel is none, the module in it is.
    """

    def __init__(self, files: frozenset[str]) -> None:
        self._files = files
        self._classes: dict[type, bool] = {}
        self._instances: dict[int, _Instance] = {}
        self._counts: dict[str, int] = {}
        self._inside = threading.local()
        self._pid = os.getpid()  # a DataLoader's workers, and others that are forked, do not count
        self._call = _Module.__call__
        self._init = _Module.__init__
        self._used_before: dict[int, int] = {}
        self.no_gpu = NoGpu()
        self._exporting = Exporting(
            lambda module: self._is_outermost() and self._is_seen(type(module)),
            self.scripted,
            self._unseen,
        )

    def start(self) -> None:
        """See calls from now on."""
        watch = self

        def call(module: Any, *args: Any, **kwargs: Any) -> Any:
            if not watch._is_outermost() or not watch._is_seen(type(module)):
                return watch._call(module, *args, **kwargs)
            return watch._unseen(lambda: watch.seen(module, args, kwargs))

        def init(module: Any, *args: Any, **kwargs: Any) -> None:
            watch._used_before[id(module)] = stand_ins.count_used()
            watch.built()
            watch._init(module, *args, **kwargs)

        _Module.__call__, _Module.__init__ = call, init
        self.no_gpu.start()
        self._exporting.start()

    def stop(self) -> None:
        """Leave torch as it was."""
        _Module.__call__, _Module.__init__ = self._call, self._init
        self.no_gpu.stop()
        self._exporting.stop()

    def _is_outermost(self) -> bool:
        return not getattr(self._inside, "one", False) and os.getpid() == self._pid

    def _unseen(self, do: Callable[[], Any]) -> Any:
        """What is done in another call, where no call is an outermost one."""
        before = getattr(self._inside, "one", False)
        self._inside.one = True
        try:
            return do()
        finally:
            self._inside.one = before

    def scripted(self, module: Any) -> None:
        """Do what is to be done about a module that a command scripts."""
        raise NotImplementedError

    def seen(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Do the call, and what is to be done about it."""
        raise NotImplementedError

    def built(self) -> None:
        """A module begins to be built."""

    def _is_seen(self, cls: type) -> bool:
        if _is_tracing() is not None:
            return False
        known = self._classes.get(cls)
        if known is None:
            module = sys.modules.get(cls.__module__)
            file = getattr(module, "__file__", None)
            known = self._classes[cls] = (
                isinstance(file, str) and os.path.realpath(file) in self._files
            )
        return known

    def _instance(self, module: Any) -> _Instance:
        """What is known of a module; a new one where it is seen for the first time."""
        known = self._instances.get(id(module))
        if known is None or known.reference() is not module:
            name = name_of(module)
            self._counts[name] = self._counts.get(name, 0) + 1
            known = _Instance(weakref.ref(module), name, self._counts[name])
            self._instances[id(module)] = known
        return known

    def _called(self, module: Any) -> _Instance:
        """The same, one call later."""
        known = self._instance(module)
        known.calls += 1
        return known

    def used_stand_ins(self, module: Any) -> stand_ins.Uses:
        """The uses of stand-ins since the module was begun to be built."""
        return stand_ins.uses(self._used_before.get(id(module), 0))


def name_of(module: Any) -> str:
    """`module.Class`."""
    return f"{type(module).__module__}.{type(module).__qualname__}"


# --------------------------------------------------------------------------------------- recording


@dataclass
class _Recorded:
    mark: Mark
    refused: str
    """The type of what cannot be stored among the inputs; "" where all can."""


@dataclass(frozen=True)
class Bounds:
    """Where a recording ends."""

    most: int
    """Cases, in all and of one class."""
    most_of_class: int
    work: float
    """Seconds of work, as `work.py` counts it."""


class Recording(Watch):
    """The first run: writes down which calls there are."""

    def __init__(self, files: frozenset[str], folder: str, root: str, bounds: Bounds) -> None:
        super().__init__(files)
        self._work = 0.0
        """What was counted so far: of calls, and of modules that were built."""
        self._folder, self._root = folder, root
        self._bounds = bounds
        self._failed: dict[str, Any] | None = None
        """The first call that raised."""
        self._cases: list[_Recorded] = []
        self._keys: dict[str, float] = {}
        """Configuration to the work of its first call."""
        self._scripted: dict[str, _Instance] = {}
        """Configuration to the first that was scripted."""
        self._left_out = 0
        self._latest = 0.0
        """The work when the last configuration was new."""

    def seen(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The first call of an instance that succeeds is a case, unless one like it is."""
        self._enough()
        instance = self._called(module)
        if not instance.settled:
            key = _key(module, args, kwargs)
            instance.settled = key in self._keys
            instance.work = self._keys.get(key, 0.0)
        if instance.settled:
            self._count(instance.work)
            return self._call(module, *args, **kwargs)
        mark = Mark(name_of(module), instance.number, instance.calls)
        recorded = None
        if self._is_room_for(mark.cls):
            recorded = self._stored(mark, args, kwargs)
        meter = Meter(math.inf)
        try:
            with meter:
                result = self._call(module, *args, **kwargs)
        except Exception as error:
            self._failed = self._failed or {"cls": mark.cls, "error": describe(error, self._root)}
            raise
        finally:
            self._count(meter.done)
        instance.settled, instance.work = True, meter.done
        self._keys[key] = meter.done
        if recorded is None:
            self._left_out += 1
        else:
            self._cases.append(recorded)
        self._latest = self._work
        self.write(None)
        return result

    def scripted(self, module: Any) -> None:
        """A case without inputs, unless it is called later."""
        known = self._instance(module)
        self._scripted.setdefault(_key(module, (), {}), known)
        self.write(None)

    def _never_called(self) -> Iterator[_Recorded]:
        for known in self._scripted.values():
            if not known.calls:
                yield _Recorded(Mark(known.cls, known.number, 0), "")

    def built(self) -> None:
        """Building is work, too, and may be all that a command ever does."""
        if self._is_outermost():
            self._work += BUILT
            self._enough()

    def _count(self, work: float) -> None:
        self._work += CALL + work * (WITH_GRADIENTS if torch.is_grad_enabled() else 1.0)

    def _is_room_for(self, cls: str) -> bool:
        """A test of a layer in every size leaves room for the networks."""
        alike = sum(each.mark.cls == cls for each in self._cases)
        return len(self._cases) < self._bounds.most and alike < self._bounds.most_of_class

    def _enough(self) -> None:
        """End a command that has shown nothing new for long, or more than is wanted."""
        lingers = self._cases and self._work - self._latest > LINGER
        is_spent = self._work > self._bounds.work
        if lingers or is_spent or (self._left_out and len(self._cases) >= self._bounds.most):
            self.write({"how": "enough" if self._cases else "spent"})
            _exit(0)

    def _stored(self, mark: Mark, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Recorded:
        number = len(self._cases)
        refused = unstorable([list(args), kwargs])
        folder = os.path.join(self._folder, str(number))
        os.makedirs(folder, exist_ok=True)
        if not refused:
            with open(os.path.join(folder, "inputs.bin"), "wb") as blob:
                tree = Encoder(blob).encode([list(args), dict(kwargs)])
            _write(os.path.join(folder, "inputs.json"), tree)
        return _Recorded(mark, refused)

    def write(self, ended: dict[str, Any] | None) -> None:
        """Say what there is so far, and how the command ended, if it did."""
        end_strays()
        room = max(0, self._bounds.most - len(self._cases))
        cases = [*self._cases, *itertools.islice(self._never_called(), room)]
        said = {
            "cases": [{**vars(each.mark), "refused": each.refused} for each in cases],
            "left_out": self._left_out,
            "failed_call": self._failed,
            "asked_for_gpu": self.no_gpu.asked,
            **stand_ins.told(),
            "ended": ended,
        }
        _write(os.path.join(self._folder, "recording.json"), said)


def record(settings: dict[str, Any], request: dict[str, Any]) -> None:
    """Run a command and record it. Must be called in a fork: it leaves the process as it likes."""
    os.makedirs(request["folder"])
    root = settings["root"]
    recording = Recording(
        frozenset(settings["files"]),
        request["folder"],
        root,
        Bounds(request["most"], request["most_of_class"], request["most_work"]),
    )
    recording.write(None)
    recording.start()
    ended = command.run(request["command"], root)
    recording.write(ended)


# ----------------------------------------------------------------------------------------- running


class Retaking(Watch):
    """A later run: where the command comes to a case, the case is run."""

    def __init__(self, files: frozenset[str], wanted: dict[Mark, tuple[int, Order, str]]) -> None:
        super().__init__(files)
        self._wanted = wanted

    def seen(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the case of this call, if it is one; then do the call."""
        instance = self._called(module)
        mark = Mark(name_of(module), instance.number, instance.calls)
        self._run_if_wanted(module, mark)
        return self._call(module, *args, **kwargs)

    def scripted(self, module: Any) -> None:
        """Run the case of a module that is scripted and never called, if it is one."""
        self._run_if_wanted(module, Mark(name_of(module), self._instance(module).number, 0))

    def _run_if_wanted(self, module: Any, mark: Mark) -> None:
        if mark in self._wanted:
            _, order, folder = self._wanted.pop(mark)
            self._run(module, order, _stored_inputs(folder) if mark.call else None)
            if not self._wanted:
                _exit(0)

    def _run(self, module: Any, order: Order, inputs: Callable[[], tuple[Any, Any]] | None) -> None:
        os.makedirs(order.folder)
        uses = self.used_stand_ins(module)

        def work() -> None:
            self.stop()
            torch.set_grad_enabled(True)
            if torch.is_inference_mode_enabled():
                torch.inference_mode(False).__enter__()
            run_case(Subject(lambda: _built(module, uses), inputs), order)

        ending = in_fork(work, order.seconds * (2 + len(order.stages)))
        _write(os.path.join(order.folder, "ended.json"), {"how": ending.how, "code": ending.code})


def retake(
    settings: dict[str, Any],
    request: dict[str, Any],
    order_of: Callable[[dict[str, Any], dict[str, Any], int], Order],
) -> None:
    """Run a command for the cases wanted of it, in a fork of its own."""
    os.makedirs(request["folder"])
    wanted = {}
    for index, case in request["cases"].items():
        mark = Mark(case["cls"], case["instance"], case["call"])
        wanted[mark] = (int(index), order_of(settings, request, int(index)), case["folder"])
    watch = Retaking(frozenset(settings["files"]), wanted)
    watch.start()
    ended = command.run(request["command"], settings["root"])
    _write(os.path.join(request["folder"], "ended.json"), ended)


def _built(module: Any, uses: stand_ins.Uses) -> Any:
    stand_ins.note_again(uses)
    return module


def _stored_inputs(folder: str) -> Callable[[], tuple[Any, Any]]:
    with open(os.path.join(folder, "inputs.json"), encoding="utf-8") as file:
        tree = json.load(file)

    def inputs() -> tuple[Any, Any]:
        blob = Decoder.of_file(os.path.join(folder, "inputs.bin"))
        args, kwargs = blob.decode(tree)
        return tuple(args), kwargs

    return inputs


# ------------------------------------------------------------------------------------------ values

PLAIN = (type(None), bool, int, float, complex, str, torch.Size, torch.dtype, torch.device)
TENSORS = (torch.Tensor, torch.nn.Parameter)


def unstorable(value: Any, depth: int = 0) -> str:
    """The type of what is neither tensor nor plain data within a value; "" if there is nothing."""
    kind: Any = type(value)
    if kind in PLAIN:
        return ""
    if kind in TENSORS:
        known = (torch.strided, torch.sparse_coo, torch.sparse_csr)
        odd = value.is_meta or value.is_nested or value.layout not in known
        return "meta or nested tensor" if odd else ""
    items: list[Any]
    if kind in (list, tuple):
        items = list(value)
    elif kind is dict:
        items = [*value, *value.values()]
    else:
        return str(kind.__qualname__)
    if depth > 32:
        return f"{kind.__name__} within itself"
    return next(filter(None, (unstorable(item, depth + 1) for item in items)), "")


def _key(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What makes a configuration: class, structure, state, and the shapes of the inputs."""
    try:
        shown = without_addresses(repr(module))
    except Exception:
        shown = ""
    state = [(key, tuple(getattr(v, "shape", ()))) for key, v in module.state_dict().items()]
    flags = [
        (name, key, value)
        for name, each in module.named_modules()
        for key, value in vars(each).items()
        if isinstance(value, (bool, int, str)) and not key.startswith("_") and key != "training"
    ]
    shapes = _shape(list(args)), {name: _shape(value) for name, value in kwargs.items()}
    return repr((name_of(module), shown, state, flags, shapes))[:LONGEST_KEY]


def _shape(value: Any, depth: int = 0) -> Any:
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape)
    if isinstance(value, (list, tuple)) and depth < 8:
        return [_shape(item, depth + 1) for item in value]
    if isinstance(value, dict) and depth < 8:
        return {str(key): _shape(item, depth + 1) for key, item in value.items()}
    return value if isinstance(value, (bool, str, type(None))) else type(value).__name__


def _write(path: str, answer: Any) -> None:
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os.replace(path + ".part", path)
