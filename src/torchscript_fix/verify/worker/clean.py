"""The clean process, which decides: it loads saved models, runs them, and compares.

It never imports user code and unpickles nothing. A saved model is compiled code that could still
crash, hang or write files, so each check is a fork, in a sandbox without a writable folder.
"""

import gc
import io
import json
import os
import resource
import select
import sys
from dataclasses import dataclass
from typing import Any

import torch
from torch.jit._fuser import optimized_execution

from .compare import Comparison, Tolerance, compare
from .fork import address_space, hide_from_children, in_fork
from .server import CONTROL_OUT, _emit, _prepare, _read_line, _take_descriptors, _warm
from .stages import RUNS, seed, state_of
from .values import Decoder, Encoder, Undecodable

LONGEST_ANSWER = 60_000
"""Bytes; a pipe holds 65,536 before somebody has to read them."""
LONGEST_MESSAGE = 8_000
NO_ROOM = "can't allocate memory"
"""What torch says of memory that it does not get."""


def main() -> None:
    """Serve checks until descriptor 0 ends."""
    _take_descriptors()
    settings = json.loads(_read_line() or "{}")
    _prepare(settings)
    _warm()
    gc.collect()
    gc.freeze()
    hide_from_children()
    _emit({"ready": True, "torch": torch.__version__, "python": list(sys.version_info[:3])})
    while (line := _read_line()) is not None:
        _emit(_checked(settings, json.loads(line)))


def _checked(settings: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    """The answer of a fork that does one check; a crash or a hang of it is an answer, too."""
    reading, writing = os.pipe()

    def work() -> None:
        os.close(reading)
        os.close(CONTROL_OUT)
        memory = address_space() + settings["memory"]
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        torch.set_num_threads(1)
        answer = _check(request) if request["do"] == "check" else _compare(request)
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(json.dumps(answer).encode()[:LONGEST_ANSWER])

    ending = in_fork(work, settings["seconds"] * RUNS)
    os.close(writing)
    data = b""
    with os.fdopen(reading, "rb") as pipe:
        if select.select([pipe], [], [], 0)[0]:
            data = pipe.read(LONGEST_ANSWER)
    if ending.how == "done":
        try:
            answer = json.loads(data)
            assert isinstance(answer, dict)
            return {**answer, "seconds": ending.seconds}
        except (ValueError, AssertionError):
            pass
    return {"ok": False, "at": ending.how, "code": ending.code, "seconds": ending.seconds}


@dataclass(frozen=True)
class _Kept:
    """An encoded value in files: the JSON file, the keys that lead to the tree in it, the bytes."""

    tree: Any
    blob: str

    @classmethod
    def of(cls, where: dict[str, Any]) -> "_Kept":
        with open(where["json"], encoding="utf-8") as file:
            tree = json.load(file)
        for key in where["keys"]:
            tree = tree[key]
        return cls(tree, where["blob"])

    def decoder(self) -> Decoder:
        return Decoder.of_file(self.blob)


def _compare(request: dict[str, Any]) -> dict[str, Any]:
    """Compare pairs of encoded values bit for bit, or within what the original shows itself."""
    tolerance = Tolerance(exact=True, spread=request["spread"])
    total = Comparison()
    for pair in request["pairs"]:
        one, other = _Kept.of(pair["expected"]), _Kept.of(pair["found"])
        result = compare(
            one.tree,
            one.decoder(),
            other.tree,
            other.decoder(),
            tolerance=tolerance,
            scripted=False,
            where=pair["where"],
        )
        total.largest = max(total.largest, result.largest)
        if not result.same:
            total.differs(result.where, result.what)
    return _answer(total)


def _check(request: dict[str, Any]) -> dict[str, Any]:
    """Load a saved model, compare its state, run it on the inputs, compare its outputs."""
    try:
        model: Any = _load(request["model"])
    except Exception as error:
        return _failed("load", error)
    changed = _changed_state(model, request["state"])
    if changed:
        return {"ok": False, "at": "state", "message": f"{changed} is not as it was built"}
    largest = 0.0
    for call in request["calls"]:
        inputs = _Kept.of(call["inputs"])
        outputs = [_Kept.of(output) for output in call["outputs"]]
        for run in range(RUNS if call["first"] else 1):
            exact = run == 0 and call["first"] and request["exact_first"]
            expected = outputs[min(run, len(outputs) - 1)]
            try:
                result = _ran(model, inputs, expected, Tolerance(exact, request["spread"]))
                if exact and not result.same:
                    result = _unoptimised(request, inputs, expected, result)
            except Undecodable as error:
                return {"ok": False, "at": "inputs", "message": f"the case passes {error}"}
            except Exception as error:
                return {**_failed("run", error), "call": call["name"]}
            largest = max(largest, result.largest)
            if not result.same:
                answer = {**_answer(result), "run": run + 1, "call": call["name"]}
                return {**answer, "largest": largest}
    return {"ok": True, "largest": largest}


_load: Any = torch.jit.load


def _ran(model: Any, inputs: _Kept, expected: _Kept, tolerance: Tolerance) -> Comparison:
    """One run of a model, compared. Where there is no room for what autograd keeps, it runs
    without."""
    try:
        return _against(expected, _called(model, inputs), tolerance)
    except (RuntimeError, MemoryError) as error:
        if NO_ROOM not in str(error) and not isinstance(error, MemoryError):
            raise
    gc.collect()
    with torch.no_grad():
        return _against(expected, _called(model, inputs), tolerance)


def _called(model: Any, inputs: _Kept) -> Any:
    args, kwargs = inputs.decoder().decode(inputs.tree)
    seed()
    return model(*args, **kwargs)


def _unoptimised(
    request: dict[str, Any], inputs: _Kept, expected: _Kept, first: Comparison
) -> Comparison:
    """The comparison of a first run that is not bit for bit what was expected, as far as the
    compiler's optimisations are to blame: they fuse what stands in a row, also in a first run, and
    round otherwise. The run must be close, and one without them bit for bit the same."""
    plain = _ran(_load(request["model"]), inputs, expected, Tolerance(False, request["spread"]))
    if not plain.same:
        return first
    with optimized_execution(False):
        model = _load(request["model"])
        exact = _ran(model, inputs, expected, Tolerance(True, request["spread"]))
    return plain if exact.same else first


def _against(expected: _Kept, output: Any, tolerance: Tolerance) -> Comparison:
    blob = io.BytesIO()
    tree = Encoder(blob).encode(output)
    found = Decoder(bytearray(blob.getbuffer()))
    return compare(
        expected.tree, expected.decoder(), tree, found, tolerance=tolerance, scripted=True
    )


def _changed_state(model: Any, expected: list[list[Any]]) -> str:
    """The first entry of the state that the saved model has with other numbers; "" if none.

    Only what both have: hooks may rename keys, and what is not compiled is not saved.
    """
    found = {entry[0]: entry[1:] for entry in state_of(model)}
    for key, *entry in expected:
        if key in found and entry[-1] and found[key][-1] and found[key] != entry:
            return str(key)
    return ""


def _failed(at: str, error: Exception) -> dict[str, Any]:
    message = f"{type(error).__name__}: {error}"
    return {"ok": False, "at": at, "message": message[:LONGEST_MESSAGE]}


def _answer(result: Comparison) -> dict[str, Any]:
    return {
        "ok": result.same,
        "at": "compare",
        "where": result.where,
        "what": result.what,
        "largest": result.largest,
    }
