"""The examples in `before_after/`, read and executed: what each claims of the compiler is tried."""

import io
import linecache
import multiprocessing
import pickle
import re
import sys
import traceback
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from torchscript_fix.facts.observed import Observed
from torchscript_fix.facts.static import Project
from torchscript_fix.rewrite import Rewriting, rewrite_project
from torchscript_fix.rule import all_rules

FOLDER = Path(__file__).parent.parent / "before_after"
COMPILES = "compiles"


@dataclass(frozen=True)
class Example:
    """One situation: its folder, its rule, and what the head of `before.py` claims."""

    folder: Path
    rule: str
    before: str
    after: str | None
    """None where the rule leaves the file alone."""
    script_message: str | None
    """What `torch.jit.script` says of `before.py`; "compiles" where it does not complain."""
    save_message: str | None
    held_back: str | None
    observed: Observed

    @property
    def name(self) -> str:
        return f"{self.rule}/{self.folder.name}"


def all_examples() -> list[Example]:
    """Every situation of every rule, by name."""
    return [read_example(path.parent) for path in sorted(FOLDER.glob("*/*/before.py"))]


def read_example(folder: Path) -> Example:
    """Read the two files and the comments at the head of `before.py`."""
    before = (folder / "before.py").read_text()
    after = folder / "after.py"
    return Example(
        folder,
        folder.parent.name,
        before,
        after.read_text() if after.exists() else None,
        _claim(before, "torch.jit.script"),
        _claim(before, "torch.jit.save"),
        _claim(before, "Held back"),
        Observed.of_arguments(dict(_observations(before, Path("before.py")))),
    )


def rewritten(example: Example, text: str) -> Rewriting:
    """`text` after the example's rule alone, with the facts that the example names."""
    project = Project.of_text(text, "before", Path("before.py"))
    project.observed = example.observed
    return rewrite_project(project, [r for r in all_rules() if r.name == example.rule])


def _claim(text: str, about: str) -> str | None:
    found = re.search(rf"^# {re.escape(about)}: (.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else None


def _observations(text: str, path: Path) -> Iterator[tuple[tuple[Path, str, str], frozenset[str]]]:
    """`# Observed: Block.forward mask: Tensor; None`, as a case that ran would have shown."""
    for function, parameter, names in re.findall(r"^# Observed: (\S+) (\w+): (.+)$", text, re.M):
        yield (path, function, parameter), frozenset(name.strip() for name in names.split(";"))


@dataclass(frozen=True)
class Trial:
    """What became of one version of an example in a process of its own.

    For each of its models: outputs in eager mode, the state_dict, the compiler's complaint (None
    where it scripts), the complaint on saving and loading, and the scripted and loaded outputs.
    """

    eager: list[Any]
    states: list[dict[str, Any]]
    script_errors: list[str | None]
    save_errors: list[str | None]
    scripted: list[Any]
    loaded: list[Any]


def try_out(path: Path, text: str) -> Trial:
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
        sender.send_bytes(pickle.dumps(_trial(_module(path, text))))
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


def _trial(module: types.ModuleType) -> Trial:
    torch.set_num_threads(1)
    trial = Trial([], [], [], [], [], [])
    torch.manual_seed(0)
    for model, args, *rest in module.examples():
        kwargs = rest[0] if rest else {}
        model.eval()
        trial.states.append({key: value.clone() for key, value in model.state_dict().items()})
        trial.eager.append(_seeded(model, args, kwargs))
        scripted = loaded = script_error = save_error = None
        try:
            script = torch.jit.script(model)
            scripted = [_seeded(script, args, kwargs) for _ in range(3)]
        except Exception as error:
            script_error = str(error)
        else:
            try:
                buffer = io.BytesIO()
                torch.jit.save(script, buffer)
                buffer.seek(0)
                again = torch.jit.load(buffer)
                loaded = [_seeded(again, args, kwargs) for _ in range(3)]
            except Exception as error:
                save_error = str(error)
        trial.script_errors.append(script_error)
        trial.save_errors.append(save_error)
        trial.scripted.append(scripted)
        trial.loaded.append(loaded)
    return trial


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
