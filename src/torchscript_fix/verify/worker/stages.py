"""One case, stage by stage: build, run in eval(), in train(), with other arguments, script.

The module is built once, in the process of the case. Each stage after that is a fork of it, so no
run sees what another did to the module, to the random numbers or to Python. A stage writes
STAGE.json (and STAGE.bin for tensors) into the case's folder; the host reads them.
"""

import contextlib
import hashlib
import inspect
import io
import json
import os
import random
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from . import phases, stand_ins
from .attributes import attributes
from .built import model_of
from .diagnose import LONGEST_MESSAGE, describe, where
from .fork import Ending, end_strays, in_fork
from .parts import Call, Parts
from .trace import MOST_CALLS, CallTracer, constructors, imported_files
from .values import Decoder, Encoder, Tree, raw_bytes
from .variations import Arguments, differentiable, move_state, other_numbers

SEED = 1337
MOST_LEFT_OUT = 6
"""Optional arguments that are left out one by one, at most."""
RUNS = 2
"""TorchScript profiles on the first run and optimises from the second on. A third one, in its time,
has other numbers. However slow a model is: what is looked at must not depend on the machine."""


@dataclass(frozen=True)
class Subject:
    """How to build one module and make its inputs; `inputs` is None where it is never to run."""

    build: Callable[[], Any]
    inputs: Callable[[], tuple[Any, Any]] | None


@dataclass(frozen=True)
class Order:
    """What the host wants of a case."""

    folder: str
    root: str
    files: frozenset[str]
    """Real paths of the user's files, whose functions are noted when they run."""
    seconds: float
    """For each stage; as much again for the second run in eval()."""
    stages: frozenset[str]
    """Any of "eval", "leave-out", "script", "script-later", "train"; "build" goes before all of
    them. "script-later" is for a model that does not compile as it is built, and with
    "train-if-failing", a model that compiles is not run in train()."""
    noted: bool
    """Whether calls are traced."""
    kept: bool
    """Whether the state and the gradients are written out, not only their digests."""
    repeats: int | None
    """How often the run in eval() is repeated; None where the worker may decide."""
    plain: bool | None
    """Whether the run in train() has the numbers of the case as they are; None where the worker
    may decide: moved ones, and inputs that have gradients, where the model runs with them."""
    left_out: tuple[str, ...]
    """Optional arguments that the scripted module is also run without, one at a time."""
    state: str | None
    """A folder with a state.json and state.bin that the module is to load before it runs."""


def run_case(subject: Subject, order: Order) -> None:
    """Run all stages of a case. Must be called in a fork: it leaves the process as it likes."""
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    stand_ins.forget_used()
    start = time.monotonic()
    module = _build(subject, order)
    took = round(time.monotonic() - start, 4)
    endings: dict[str, Any] = {"build": {"how": "done", "code": 0, "seconds": took}}
    if module is None:
        return
    stages: list[tuple[str, Callable[[], None]]] = []
    if subject.inputs is not None:
        inputs = subject.inputs
        if "eval" in order.stages:
            stages.append(("eval", lambda: _eval(module, inputs, order)))
        if "leave-out" in order.stages:
            stages.append(("leave-out", lambda: _leave_out(module, inputs, order)))
    if "script" in order.stages:
        stages.append(("script", lambda: _script(module, subject.inputs, order)))
    if subject.inputs is not None and "script-later" in order.stages:
        stages.append(("script-later", lambda: _script_later(module, inputs, order)))
    if subject.inputs is not None and not order.stages.isdisjoint(("train", "train-if-failing")):
        plain = order.plain is True
        stages.append(("train", lambda: _train(module, inputs, order, plain)))
    for name, stage in stages:
        if name == "leave-out" and not _result(order, "eval").get("optional"):
            continue
        if name in _if_failing(order) and _result(order, "script").get("ok"):
            continue
        limit = order.seconds * RUNS if name == "eval" else order.seconds
        ending = in_fork(stage, limit)
        if name == "train" and order.plain is None and _is_broken(order, name, ending):
            ending = in_fork(lambda: _train(module, inputs, order, True), order.seconds)
        endings[name] = _plain(ending, limit)
        _write(order, "endings", endings)
        if name == "eval" and not _result(order, name).get("ok"):
            return


def _if_failing(order: Order) -> tuple[str, ...]:
    """The stages that a model which compiles does not go through."""
    return ("script-later",) if "train" in order.stages else ("script-later", "train")


def _is_broken(order: Order, name: str, ending: Ending) -> bool:
    return ending.how != "timeout" and not _result(order, name).get("ok")


phases.running(run_case.__code__)


def seed() -> None:
    """Put every source of random numbers in the state that it has before each build and run."""
    random.seed(SEED)
    torch.manual_seed(SEED)
    numpy = _numpy()
    if numpy is not None:
        numpy.random.seed(SEED)


# -------------------------------------------------------------------------------------- stages


def _build(subject: Subject, order: Order) -> Any:
    answer: dict[str, Any] = {}
    module: Any = None
    tracer = _tracer(order)
    try:
        seed()
        with tracer:
            module = _made(subject)
        _require_module(module)
        if order.stages != {"script"}:
            answer["random"] = _random_state()
            answer["state"] = state_of(module)
            answer["loads"] = _load(module, order.state)
            answer["model"] = model_of(module, order.root)
        if order.kept:
            _write_state(module, order)
        _switch(module, train=False)
        answer["ok"] = True
    except BaseException as error:
        answer = _failed(error, order)
    answer = _unless_stood_in(answer)
    if not answer["ok"]:
        module = None
    answer |= _seen(tracer, module, order)
    if module is not None and order.noted:
        answer["functions"] += constructors(module, order.files)
    answer |= _imports(order)
    _write(order, "build", answer)
    return module


def _made(subject: Subject) -> Any:
    return subject.build()


phases.building(_made.__code__)


def _eval(module: Any, make_inputs: Callable[[], tuple[Any, Any]], order: Order) -> None:
    answer: dict[str, Any] = {}
    tracer, lines = _tracer(order), _tracer(order, calls=0)
    with open(os.path.join(order.folder, "eval.bin"), "wb") as blob:
        encoder = Encoder(blob)
        try:
            args, kwargs = _inputs(make_inputs)
            answer["inputs"] = encoder.encode([list(args), dict(kwargs)])
            seed()
            with tracer:
                output = module(*args, **kwargs)
            answer["output"] = encoder.encode(output)
            answer["inputs_after"] = encoder.encode([list(args), dict(kwargs)])
            answer["optional"] = [name for name, _ in _without_one(module, args, kwargs)]
            del output  # and with it what autograd kept of this run
            # A module that counts its calls gives other outputs each time, scripted or not.
            repeats = order.repeats if order.repeats is not None else RUNS - 1
            with lines:
                answer["repeats"] = [_repeat(module, make_inputs, encoder) for _ in range(repeats)]
            answer["random"] = _random_state()
            answer["state"] = state_of(module)
            answer["ok"] = True
        except BaseException as error:
            answer = _failed(error, order)
    answer = _unless_stood_in(answer)
    answer |= _seen(tracer, module, order)
    answer["functions"] += lines.functions()
    answer |= _imports(order)
    _write(order, "eval", answer)
    if answer["ok"] and answer["repeats"]:
        _other(module, make_inputs, order)


def _repeat(module: Any, make_inputs: Callable[[], tuple[Any, Any]], encoder: Encoder) -> Tree:
    args, kwargs = _inputs(make_inputs)
    seed()
    return encoder.encode(module(*args, **kwargs))


def _train(
    module: Any, make_inputs: Callable[[], tuple[Any, Any]], order: Order, plain: bool
) -> None:
    answer: dict[str, Any] = {}
    leaves: list[torch.Tensor] = []
    tracer = _tracer(order)
    with open(os.path.join(order.folder, "train.bin"), "wb") as blob:
        encoder = Encoder(blob)
        try:
            args, kwargs = _inputs(make_inputs)
            _switch(module, train=True)
            if not plain:
                move_state(module)
                (args, kwargs), leaves = differentiable(args, kwargs)
            seed()
            with tracer:
                output = module(*args, **kwargs)
            answer["output"] = encoder.encode(output)
            answer["random"] = _random_state()
            answer["state"] = state_of(module)
            loss = _loss(output)
            if loss is not None:
                torch.autograd.backward(loss)
            found = {f"input {number}": leaf for number, leaf in enumerate(leaves, 1)}
            found = {**dict(module.named_parameters()), **found}
            answer["gradients"] = _gradients(found, encoder if order.kept else None)
            answer["ok"] = True
        except BaseException as error:
            answer = _failed(error, order)
    answer = _unless_stood_in(answer)
    answer["plain"] = plain
    answer |= _seen(tracer, module, order)
    answer |= _imports(order)
    _write(order, "train", answer)


def _leave_out(module: Any, make_inputs: Callable[[], tuple[Any, Any]], order: Order) -> None:
    """With each optional argument that the case supplies left out in turn.

    One after another in one process: forward in eval() seldom changes the module, and where it
    does, it does so in the same order for the original and for the rewrite.
    """
    answer: dict[str, Any] = {"ok": True, "calls": {}}
    optional = _result(order, "eval").get("optional", [])
    lines = _tracer(order, calls=0)
    with open(os.path.join(order.folder, "leave-out.bin"), "wb") as blob:
        encoder = Encoder(blob)
        for name in optional:

            def without_it(name: str = name) -> Arguments:
                return dict(_without_one(module, *_inputs(make_inputs)))[name]

            with lines:
                answer["calls"][name] = _called(module, without_it, encoder, order)
    answer["functions"] = lines.functions()
    _write(order, "leave-out", answer)


def _other(module: Any, make_inputs: Callable[[], tuple[Any, Any]], order: Order) -> None:
    """After the runs in eval(), and in their process, one with other numbers: what was kept from
    them comes out. They are written down already, so a crash does no harm."""

    def with_others() -> Arguments:
        made = other_numbers(*_inputs(make_inputs))
        if made is None:
            raise ValueError("there are no other numbers")
        return made

    lines = _tracer(order, calls=0)
    with open(os.path.join(order.folder, "other.bin"), "wb") as blob, lines:
        answer = _called(module, with_others, Encoder(blob), order)
    answer["functions"] = lines.functions()
    _write(order, "other", answer)


def _called(
    module: Any, make_inputs: Callable[[], Arguments], encoder: Encoder, order: Order
) -> dict[str, Any]:
    """What comes of one call of another kind."""
    try:
        args, kwargs = make_inputs()
        call: dict[str, Any] = {"inputs": encoder.encode([list(args), dict(kwargs)])}
        seed()
        call["output"] = encoder.encode(module(*args, **kwargs))
        call["ok"] = True
    except BaseException as error:
        call = _failed(error, order)
    call = _unless_stood_in(call)
    stand_ins.forget_used()
    return call


def _script(module: Any, make_inputs: Callable[[], tuple[Any, Any]] | None, order: Order) -> None:
    answer: dict[str, Any] = {"ok": False}
    scripted: Any = None
    path = os.path.join(order.folder, "model.pt")
    try:
        answer["at"] = "script"
        scripted = torch.jit.script(module)
        answer["at"] = "save"
        torch.jit.save(scripted, path + ".part")
        os.replace(path + ".part", path)
        if make_inputs is not None:
            answer["at"] = "run"
            # Once, for its words where it fails; the clean process runs what was saved, and more.
            args, kwargs = _inputs(make_inputs)
            seed()
            scripted(*args, **kwargs)
            for name in order.left_out:
                args, kwargs = dict(_without_one(module, *_inputs(make_inputs)))[name]
                scripted(*args, **kwargs)
        answer["ok"] = True
    except BaseException as error:
        answer["error"] = describe(error, order.root)
        answer["diagnoses"] = [
            {"at": answer["at"], **answer["error"], **where(error, module, order.files)}
        ]
        _write(order, "script", answer)  # should the parts take more time than there is
        parts = Parts(module, error, order.files, order.seconds / 2, order.root)
        answer["diagnoses"] += parts.after(answer["at"], scripted, _caller(make_inputs))
        answer["time_limit"] = parts.time_limit
        # What compiles holds no stand-in, though the compiler may have looked at one.
        stand_ins.note_mentioned(answer["error"]["message"])
        answer = _unless_stood_in(answer)
    answer |= _imports(order)
    _write(order, "script", answer)


def _script_later(module: Any, make_inputs: Callable[[], tuple[Any, Any]], order: Order) -> None:
    """Whether a model compiles, is saved and runs once it has run: what its forward sets was None,
    or was not there, when it was built. Where a run sets nothing, compiling is not tried again."""
    answer: dict[str, Any] = {"ok": False}
    try:
        before = _held(module)
        args, kwargs = _inputs(make_inputs)
        seed()
        module(*args, **kwargs)
        if not order.noted or not _is_same(before, _held(module)):
            scripted = torch.jit.script(module)
            torch.jit.save(scripted, io.BytesIO())
            args, kwargs = _inputs(make_inputs)
            seed()
            scripted(*args, **kwargs)
            answer["ok"] = True
    except BaseException as error:
        answer = _failed(error, order)
    _write(order, "script-later", _unless_stood_in(answer))


def _held(module: Any) -> list[tuple[str, str, int, Any]]:
    """The attributes of a module and of its submodules: whose, which, how long, and the object. It
    is kept, so that no other one can get its identity meanwhile."""
    return [
        (name, str(key), len(value) if isinstance(value, (list, dict, set)) else 0, value)
        for name, each in module.named_modules()
        for key, value in vars(each).items()
    ]


def _is_same(
    before: list[tuple[str, str, int, Any]], after: list[tuple[str, str, int, Any]]
) -> bool:
    """Whether these are the same objects, as long as they were."""
    return len(before) == len(after) and all(
        one[:3] == other[:3] and one[3] is other[3]
        for one, other in zip(before, after, strict=True)
    )


def _caller(make_inputs: Callable[[], tuple[Any, Any]] | None) -> Call | None:
    """What calls a module as the case does."""
    if make_inputs is None:
        return None

    def call(module: Any) -> Any:
        args, kwargs = _inputs(make_inputs)
        seed()
        return module(*args, **kwargs)

    return call


def _failed(error: BaseException, order: Order) -> dict[str, Any]:
    return {"ok": False, "error": describe(error, order.root)}


def _tracer(order: Order, calls: int = MOST_CALLS) -> CallTracer:
    """What notes the user's functions at work, where that is ordered; without `calls`, their lines
    alone."""
    return CallTracer(order.files if order.noted else frozenset(), calls)


def _seen(tracer: CallTracer, module: Any, order: Order) -> dict[str, Any]:
    """What ran, and what the modules have as attributes now."""
    seen: dict[str, Any] = {"functions": tracer.functions(), "classes": []}
    if module is not None and order.noted:
        with contextlib.suppress(Exception):  # of a class that does not like to be looked at
            seen["classes"] = attributes(module, order.files)
    return seen


def _imports(order: Order) -> dict[str, Any]:
    return {"imported": imported_files(order.root), **stand_ins.told()}


def _unless_stood_in(answer: dict[str, Any]) -> dict[str, Any]:
    """What a stage says, unless it used a stand-in: then that is all there is to say, also where
    the code caught the error. It went a way that it would not have gone with the package."""
    needs = stand_ins.needs()
    if needs is None:
        return answer
    place = answer["error"]["place"] if "error" in answer else ""
    return {"ok": False, "error": {**needs, "place": place}}


# ------------------------------------------------------------------------------- what they need


def _require_module(module: Any) -> None:
    if isinstance(module, torch.nn.Module):
        return
    if isinstance(module, type) and issubclass(module, torch.nn.Module):
        raise TypeError(f"this is the class {module.__name__}; call it to build a module")
    raise TypeError(f"this builds a {type(module).__name__}, not an nn.Module")


def _switch(module: Any, train: bool) -> None:
    """train() or eval(); some modules refuse, and are then run as they are."""
    with contextlib.suppress(Exception):
        module.train(train)


def _inputs(make_inputs: Callable[[], tuple[Any, Any]]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    seed()
    args, kwargs = make_inputs()
    return tuple(args), dict(kwargs)


def _without_one(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> list[tuple[str, tuple[tuple[Any, ...], dict[str, Any]]]]:
    """Each parameter of forward that has a default and was given a value, with the call that leaves
    it out: what came before stays positional, what came after goes by name."""
    try:
        signature = inspect.signature(module.forward)
        bound = signature.bind(*args, **kwargs)
    except (TypeError, ValueError, AttributeError):
        return []
    kinds = {p.kind for p in signature.parameters.values()}
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return []
    calls = []
    for name, value in bound.arguments.items():
        default = signature.parameters[name].default
        if default is not inspect.Parameter.empty and not (default is None and value is None):
            positional: list[Any] = []
            named = dict(kwargs)
            after = False
            for index, other in enumerate(list(bound.arguments)[: len(args)]):
                if other == name:
                    after = True
                elif after:
                    named[other] = args[index]
                else:
                    positional.append(args[index])
            named.pop(name, None)
            calls.append((name, (tuple(positional), named)))
    return calls[:MOST_LEFT_OUT]


def _load(module: Any, folder: str | None) -> dict[str, Any]:
    """Load a state strictly: the one in `folder`, or else its own, which has the same numbers
    where the host found the digests to be the same."""
    try:
        if folder is None:
            module.load_state_dict(module.state_dict(), strict=True)
        else:
            module.load_state_dict(_read_state(folder), strict=True)
    except Exception as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}"[:LONGEST_MESSAGE]}
    return {"ok": True}


def _read_state(folder: str) -> dict[str, Any]:
    with open(os.path.join(folder, "state.json"), encoding="utf-8") as file:
        tree = json.load(file)
    decoded = Decoder.of_file(os.path.join(folder, "state.bin")).decode(tree)
    assert isinstance(decoded, dict)
    return decoded


def _write_state(module: Any, order: Order) -> None:
    with open(os.path.join(order.folder, "state.bin"), "wb") as blob:
        encoder = Encoder(blob)
        tree: Tree = {
            "kind": "dict",
            "pairs": [
                [{"kind": "plain", "value": key}, encoder.encode(value)]
                for key, value in module.state_dict().items()
                if isinstance(value, torch.Tensor)
            ],
        }
    _write(order, "state", tree)


def state_of(module: Any) -> list[list[Any]]:
    """[key, dtype, shape, digest of the bytes] of each entry of the state_dict, in its order."""
    found: list[list[Any]] = []
    for key, value in module.state_dict().items():
        if not isinstance(value, torch.Tensor):
            found.append([str(key), type(value).__name__, [], ""])
        elif torch.nn.parameter.is_lazy(value):
            found.append([str(key), "uninitialized", [], ""])
        else:
            found.append([str(key), str(value.dtype), list(value.shape), _digest(value)])
    return found


def _digest(tensor: torch.Tensor) -> str:
    try:
        if tensor.is_quantized:
            tensor = tensor.int_repr()
        elif tensor.layout != torch.strided:
            tensor = tensor.to_dense()
        view, _keep = raw_bytes(tensor)
    except (RuntimeError, NotImplementedError):
        return ""
    return hashlib.sha256(view).hexdigest()[:32]


def _gradients(tensors: dict[str, torch.Tensor], encoder: Encoder | None) -> list[list[Any]]:
    """[name, digest, tree or None] of each tensor's gradient."""
    found: list[list[Any]] = []
    for name, tensor in tensors.items():
        gradient = tensor.grad
        if gradient is None:
            found.append([name, "", None])
        else:
            tree = encoder.encode(gradient) if encoder is not None else None
            found.append([name, _digest(gradient), tree])
    return found


def _loss(output: Any) -> torch.Tensor | None:
    """One number that every differentiable number of the output goes into, each with its own
    weight: a plain sum is constant for a softmax, and its gradient nothing but rounding."""
    total: torch.Tensor | None = None
    for tensor in _tensors(output):
        if tensor.requires_grad and tensor.layout == torch.strided:
            real = torch.view_as_real(tensor) if tensor.is_complex() else tensor
            weights = torch.linspace(0.5, 1.5, max(1, real.numel()), dtype=torch.float64)
            part = (real.reshape(-1).double() * weights[: real.numel()]).sum()
            total = part if total is None else total + part
    return total


def _tensors(value: Any, depth: int = 0) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    if depth > 16:
        return []
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in _tensors(item, depth + 1)]
    return []


def _random_state() -> dict[str, str]:
    """Where each random number generator stands: what it would draw next, or a digest."""
    ahead = torch.Generator()
    ahead.set_state(torch.get_rng_state())  # the state itself has padding that is never set
    drawn = [
        torch.randn(1, generator=ahead).item(),
        torch.randint(1 << 62, (1,), generator=ahead).item(),
    ]
    states = {"torch": repr(drawn)}
    states["random"] = hashlib.sha256(repr(random.getstate()).encode()).hexdigest()[:32]
    numpy = _numpy()
    if numpy is not None:
        _, keys, *rest = numpy.random.get_state()
        states["numpy"] = hashlib.sha256(keys.tobytes() + repr(rest).encode()).hexdigest()[:32]
    return states


def _numpy() -> Any:
    """numpy where it is imported and is the real one, not somebody's stand-in for it."""
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(getattr(numpy, "__file__", None), str):
        return numpy
    return None


def _write(order: Order, name: str, answer: Any) -> None:
    end_strays()
    path = os.path.join(order.folder, f"{name}.json")
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(answer, file)
    os.replace(path + ".part", path)


def _result(order: Order, name: str) -> dict[str, Any]:
    """What a stage wrote; empty where it was not given the time to."""
    try:
        with open(os.path.join(order.folder, f"{name}.json"), encoding="utf-8") as file:
            result = json.load(file)
    except (OSError, ValueError):
        return {}
    return result if isinstance(result, dict) else {}


def _plain(ending: Ending, limit: float) -> dict[str, Any]:
    seconds = round(ending.seconds, 4)
    return {"how": ending.how, "code": ending.code, "seconds": seconds, "limit": limit}
