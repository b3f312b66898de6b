"""The examples in `before_after/`, read and executed: what each claims of the compiler is tried."""

import copy
import io
import json
import linecache
import multiprocessing
import pickle
import re
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

from torchscript_fix.facts.diagnosed import Diagnosed, Diagnosis
from torchscript_fix.facts.observed import Observed
from torchscript_fix.facts.static import Project
from torchscript_fix.rewrite import Rewriting, rewrite_project
from torchscript_fix.rule import all_rules
from torchscript_fix.verify.diagnosing import Diagnosing, Text
from torchscript_fix.verify.observing import Observing
from torchscript_fix.verify.worker.attributes import attributes
from torchscript_fix.verify.worker.diagnose import describe, where
from torchscript_fix.verify.worker.parts import Parts
from torchscript_fix.verify.worker.trace import CallTracer

BEFORE = Path("before.py")
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
    unseen: bool
    """Whether nothing is to be learnt by running: no case reaches the code."""

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
        Observed.of_arguments(dict(_observations(before))),
        _claim(before, "Observed") == "nothing",
    )


def rewritten(example: Example, text: str) -> Rewriting:
    """`text` after the example's rule alone, with the facts that running it shows.

    As in the product: what the models of `examples()` show when they run, and what the compiler
    says of the text and then of each rewrite of it, until the text stays. The head of an example
    can name facts beside (`# Observed: Net.forward mask: Tensor; None`), or say that nothing is
    known of code that no case reaches (`# Observed: nothing`).
    """
    original = example.folder / ("before.py" if text == example.before else "after.py")
    rule = [rule for rule in all_rules() if rule.name == example.rule]
    if example.unseen:
        return rewrite_project(_project(example, text), rule)
    trial = tried(original, text)
    observed = Observed.merged([example.observed, _observed(original, trial)])
    diagnoses: list[Diagnosis] = []
    unanswered: list[Diagnosis] = []
    seen = {text}
    now = text

    def made() -> Rewriting:
        project = _project(example, text)
        project.observed = observed
        project.diagnosed = Diagnosed(tuple(diagnoses), {BEFORE: text}, tuple(unanswered))
        return rewrite_project(project, rule)

    while True:
        found = _diagnoses(trial, now, text)
        diagnoses += [diagnosis for diagnosis in found if diagnosis not in diagnoses]
        rewriting = made()
        if rewriting.texts.get(BEFORE, text) in seen:
            # Nothing new: what is left goes to the rules of last resort.
            unanswered += [d for d in found if d not in unanswered and d.path and d.function]
            rewriting = made()
        now = rewriting.texts.get(BEFORE, text)
        if now in seen:
            return rewriting
        seen.add(now)
        trial = tried(example.folder / "after.py", now)


def _project(example: Example, text: str) -> Project:
    project = Project.of_text(text, "before", BEFORE)
    project.observed = example.observed
    return project


def _observed(path: Path, trial: "Trial") -> Observed:
    """Read as the product reads a worker's words, after a turn as JSON."""
    said = json.loads(json.dumps([trial.functions, trial.classes]))
    return Observing(lambda _: BEFORE).of(*said)


def _diagnoses(trial: "Trial", now: str, original: str) -> list[Diagnosis]:
    diagnosing = Diagnosing({trial.path: Text(BEFORE, now, original)})
    said = json.loads(json.dumps(trial.complaints))
    return list(dict.fromkeys(diagnosing.of(each, "example") for each in said))


def _claim(text: str, about: str) -> str | None:
    found = re.search(rf"^# {re.escape(about)}: (.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else None


def _observations(text: str) -> Iterator[tuple[tuple[Path, str, str], frozenset[str]]]:
    """`# Observed: Block.forward mask: Tensor; None`, as a case that ran would have shown."""
    for function, parameter, names in re.findall(r"^# Observed: (\S+) (\w+): (.+)$", text, re.M):
        yield (BEFORE, function, parameter), frozenset(name.strip() for name in names.split(";"))


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
                again = torch.jit.load(buffer)
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
