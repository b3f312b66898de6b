"""One version of an example, run in a process of its own: what it gives in eager mode, and what the
compiler makes of it."""

import copy
import io
import linecache
import multiprocessing
import pickle
import sys
import traceback
import types
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import torch

from torchscript_fix.verify.worker.attributes import attributes
from torchscript_fix.verify.worker.diagnose import describe, where
from torchscript_fix.verify.worker.parts import Parts
from torchscript_fix.verify.worker.trace import CallTracer


@dataclass(frozen=True)
class Trial:
    """What became of one version of an example in a process of its own.

    For each of its models: outputs in eager mode, the state_dict, the compiler's complaint (None
    where it scripts), the complaint on saving and loading, and the scripted and loaded outputs;
    and what the product's worker says of all of them.
    """

    path: str
    """The file that the text was said to be."""
    eager: list[Any] = field(default_factory=list)
    states: list[dict[str, Any]] = field(default_factory=list)
    script_errors: list[str | None] = field(default_factory=list)
    save_errors: list[str | None] = field(default_factory=list)
    scripted: list[Any] = field(default_factory=list)
    loaded: list[Any] = field(default_factory=list)
    complaints: list[dict[str, Any]] = field(default_factory=list)
    functions: list[dict[str, Any]] = field(default_factory=list)
    classes: list[dict[str, Any]] = field(default_factory=list)


@cache
def tried(path: Path, text: str) -> Trial:
    """Run a version of an example in a fork: a failed `torch.jit.script` spoils its process."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_try_out, args=(path, text, sender))
    process.start()
    sender.close()
    try:
        outcome = pickle.loads(receiver.recv_bytes())
    except EOFError:
        outcome = f"{path}: the process died"
    process.join()
    if isinstance(outcome, str):
        raise AssertionError(outcome)
    trial: Trial = outcome
    return trial


def _try_out(path: Path, text: str, sender: Any) -> None:
    warnings.filterwarnings("ignore")
    try:
        # Pickled here: torch would have `send` pass handles of shared memory, which die with us.
        sender.send_bytes(pickle.dumps(_trial(path, text)))
    except BaseException:
        sender.send_bytes(pickle.dumps(traceback.format_exc()))


def _module(path: Path, text: str) -> types.ModuleType:
    """The text imported as a module whose source `inspect` can find."""
    name = f"example_{path.parent.name.replace('-', '_')}"
    module = types.ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module
    linecache.cache[str(path)] = (len(text), None, text.splitlines(True), str(path))
    exec(compile(text, str(path), "exec"), vars(module))
    return module


def _trial(path: Path, text: str) -> Trial:
    torch.set_num_threads(1)
    trial = Trial(str(path))
    files = frozenset([str(path)])
    tracer = CallTracer(files)
    torch.manual_seed(0)
    failed: list[tuple[Any, str, Exception]] = []
    with tracer:
        examples = list(_module(path, text).examples())
    for model, args, *rest in examples:
        kwargs = rest[0] if rest else {}
        model.eval()
        trial.states.append({key: value.clone() for key, value in model.state_dict().items()})
        trial.classes.extend(attributes(model, files))
        fresh = _copied(model)
        with tracer:
            trial.eager.append(_seeded(model, args, kwargs))
        trial.classes.extend(attributes(model, files))
        scripted = loaded = script_error = save_error = None
        stage = "script"
        try:
            script = torch.jit.script(fresh)
            stage = "run"
            scripted = [_seeded(script, args, kwargs) for _ in range(3)]
        except Exception as error:
            script_error = str(error)
            failed.append((fresh, stage, error))
        else:
            try:
                stage = "save"
                buffer = io.BytesIO()
                torch.jit.save(script, buffer)
                buffer.seek(0)
                stage = "load"
                again = torch.jit.load(buffer)  # type: ignore[no-untyped-call]  # of torch's
                loaded = [_seeded(again, args, kwargs) for _ in range(3)]
            except Exception as error:
                save_error = str(error)
                failed.append((fresh, stage, error))
        trial.script_errors.append(script_error)
        trial.save_errors.append(save_error)
        trial.scripted.append(scripted)
        trial.loaded.append(loaded)
    trial.functions.extend(tracer.functions())
    trial.complaints.extend(_complaints(failed, str(path)))
    return trial


def _copied(model: Any) -> Any:
    """The model as it is before it runs: running may set attributes that scripting then finds."""
    try:
        return copy.deepcopy(model)
    except Exception:  # of what the model holds
        return model


def _complaints(
    failed: Sequence[tuple[Any, str, Exception]], path: str
) -> Iterator[dict[str, Any]]:
    """As the worker's stage "script" tells of a model. The second failure of a class would only
    tell that the first has spoilt the process."""

    files, root = frozenset([path]), str(Path(path).parent)
    classes = set()
    for model, stage, error in failed:
        if type(model) not in classes:
            classes.add(type(model))
            yield {"at": stage, **describe(error, root), **where(error, model, files)}
    for model, stage, error in failed:
        if stage == "script":
            yield from Parts(model, error, files, 10.0, root).after(stage, None, None)


def _seeded(model: Any, args: Any, kwargs: Any) -> Any:
    torch.manual_seed(1)
    try:
        with torch.no_grad():  # a tensor that needs gradients cannot leave the process
            return model(*args, **kwargs)
    except IndexError:
        # Some examples are about an error that the rewrite must keep; its words may differ.
        return "IndexError"
    except torch.jit.Error as error:
        if "IndexError" in str(error) or "out of range" in str(error):
            return "IndexError"
        raise
