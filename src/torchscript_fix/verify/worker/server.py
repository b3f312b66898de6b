"""The fork server for one side, original or rewrite: torch imported once, user code in forks only.

Lines of JSON come in on descriptor 0 and go out on descriptor 1, one process at a time: the server,
or the fork that has imported the cases' file, or the fork of that which has imported one module.
"""

import builtins
import contextlib
import dis
import gc
import importlib
import importlib.util
import json
import math
import os
import resource
import sys
import warnings
from functools import partial
from types import CodeType
from typing import Any

import torch

from . import importing, search_path, stand_ins, weights
from .built import PRIVATE
from .diagnose import describe
from .explore import Quest, explored
from .files_beside import stand_beside
from .fork import address_space, die_with_parent, hide_from_children, in_fork, kill_strangers
from .offline import refuse_downloads
from .record import record, retake
from .stages import Order, Subject, run_case
from .trace import imported_files
from .work import IMPORTED_MODULE, TRY

CONTROL_IN, CONTROL_OUT = 200, 201
"""The descriptors of the line protocol, moved out of the way of user code."""


def main() -> None:
    """Serve until descriptor 0 ends."""
    _take_descriptors()
    settings = json.loads(_read_line() or "{}")
    _prepare(settings)
    _warm()
    _leave_no_name()
    gc.collect()
    gc.freeze()
    hide_from_children()
    _emit({"ready": True, "torch": torch.__version__, "python": list(sys.version_info[:3])})
    _serve(settings, None)


def _serve(settings: dict[str, Any], cases_file: Any) -> None:
    while (line := _read_line()) is not None:
        request = json.loads(line)
        if request["do"] == "close":
            return
        if request["do"] == "open":
            work = partial(_with_cases_file, settings, request)
        elif request["do"] == "explore":
            work = partial(_explore, settings, request)
        elif request["do"] in ("record", "retake"):
            work = partial(_command, settings, request)
        else:
            work = partial(_unit, settings, request, cases_file)
        ending = in_fork(work, request["seconds"])
        if settings["sandboxed"]:
            kill_strangers(_ancestors())
        _emit({"end": request["do"], "how": ending.how, "code": ending.code})


def _with_cases_file(settings: dict[str, Any], request: dict[str, Any]) -> None:
    """Import the cases' file before any module of the path, then serve from here."""
    _enter(settings, request)
    try:
        cases_file = _import_file(request["path"], search_path.CASES)
        if not callable(getattr(cases_file, "cases", None)):
            raise AttributeError("the file defines no function cases(module)")
        gc.collect()
        gc.freeze()
    except BaseException as error:
        _emit({"opened": False, "error": describe(error, os.path.dirname(request["path"]))})
        return
    _emit({"opened": True, "files": imported_files(settings["root"])})
    _serve(settings, cases_file)


def _command(settings: dict[str, Any], request: dict[str, Any]) -> None:
    """Run a command of the user's, to see what it calls or for the cases that are known of it."""
    _close_control()
    _limit(settings)
    importlib.invalidate_caches()
    importing.install(settings)
    if request["passes_over_weights"]:
        weights.pass_over()
    if request["do"] == "record":
        record(settings, request)
    else:
        retake(settings, request, _order)


def _explore(settings: dict[str, Any], request: dict[str, Any]) -> None:
    """Import one module and explore its candidates, each in a fork, those wanted alone, until the
    work that there is for them is done."""
    before = len(sys.modules)
    module = _imported(settings, request)
    if module is None:
        return
    importing, spent = _work_of_importing(before), 0.0
    _emit({"imported": True, **stand_ins.told()})
    gc.collect()
    gc.freeze()
    os.makedirs(request["folder"], exist_ok=True)
    seen = frozenset(request["seen"])
    for index in request["wanted"]:
        if spent >= request["work"]:
            break
        quest = Quest.of_request(request, index, settings["root"], seen)
        answer = explored(module, quest, _close_control)
        if settings["sandboxed"]:
            kill_strangers(_ancestors())
        if "inputs" in answer:
            seen |= {str(digest) for digest in answer["digests"]}
        answer["work"] += importing
        importing = 0.0
        spent += answer["work"]
        _emit({"index": index, **answer})


def _work_of_importing(before: int) -> float:
    """Of all that was imported since there were so many modules, in seconds of work."""
    return TRY + max(0, len(sys.modules) - before) * IMPORTED_MODULE


def _imported(settings: dict[str, Any], request: dict[str, Any]) -> Any:
    """The module that is asked for; None where it cannot be imported, which is told."""
    before = len(sys.modules)
    _enter(settings, request)
    _limit(settings)
    importing.install(settings)
    if request["passes_over_weights"]:
        weights.pass_over()
    try:
        return _import_module(request["module"], request["path"])
    except BaseException as error:
        said = {"imported": False, "error": describe(error, settings["root"])}
        _emit({**said, "work": _work_of_importing(before), **stand_ins.told()})
        return None


def _unit(settings: dict[str, Any], request: dict[str, Any], cases_file: Any) -> None:
    """Import one module and run the cases wanted of it, each in a fork."""
    module = _imported(settings, request)
    if module is None:
        return
    root = settings["root"]
    try:
        subjects = _subjects(module, request, cases_file)
    except BaseException as error:
        said = {"imported": False, "listing": True, "error": describe(error, root)}
        _emit({**said, **stand_ins.told()})
        return
    names = [name for name, _ in subjects]
    _emit({"imported": True, "names": names, **stand_ins.told()})
    gc.collect()
    gc.freeze()
    for index, (name, subject) in enumerate(subjects):
        wanted = request["wanted"]
        if wanted is not None and str(index) not in wanted:
            continue
        order = _order(settings, request, index)
        os.makedirs(order.folder)
        ending = in_fork(
            partial(_case, subject, order),
            order.seconds * (2 + len(order.stages)),
        )
        if settings["sandboxed"]:
            kill_strangers(_ancestors())
        _emit({"case": name, "index": index, "how": ending.how, "code": ending.code})


def _case(subject: Subject, order: Order) -> None:
    _close_control()
    run_case(subject, order)


def _close_control() -> None:
    """Leave nothing of the line protocol to user code."""
    os.close(CONTROL_IN)
    os.close(CONTROL_OUT)


def _order(settings: dict[str, Any], request: dict[str, Any], index: int) -> Order:
    wanted = request["wanted"] or {}
    own = wanted.get(str(index), {})
    return Order(
        folder=os.path.join(request["folder"], str(index)),
        root=settings["root"],
        files=frozenset(settings["files"]),
        seconds=settings["seconds"],
        stages=frozenset(own.get("stages", request["stages"])),
        noted=request["noted"],
        kept=bool(own.get("kept", False)),
        repeats=own.get("repeats"),
        plain=own.get("plain"),
        left_out=tuple(own.get("left_out", ())),
        state=own.get("state"),
    )


def _subjects(module: Any, request: dict[str, Any], cases_file: Any) -> list[tuple[str, Subject]]:
    if cases_file is not None:
        return _written(cases_file, module)
    return [(text["name"], _of_text(text, module)) for text in request["texts"]]


def _written(cases_file: Any, module: Any) -> list[tuple[str, Subject]]:
    """The cases that a file yields. Where it fails half way, what it has yielded counts, and the
    error stands as the case that did not come.

    Raises whatever it raises before its first case."""
    subjects: list[tuple[str, Subject]] = []
    try:
        for case in cases_file.cases(module):
            method = str(getattr(case, "method", ""))
            build = partial(_with_method, case.build, method) if method else case.build
            subjects.append((str(case.name), Subject(build, case.inputs)))
    except Exception as error:
        if not subjects:
            raise
        failure = error

        def build() -> Any:
            raise failure

        subjects.append((f"the case after {subjects[-1][0]}", Subject(build, None)))
    return subjects


def _with_method(build: Any, method: str) -> Any:
    """The model that `build` gives, its method in the place of forward."""
    model = build()
    model.forward = getattr(model, method)
    return model


def _of_text(text: dict[str, Any], module: Any) -> Subject:
    """A case that was given as text: the expression that builds it, those of its inputs."""
    target = compile(text["target"], "<case>", "eval")
    names = vars(module)

    def build() -> Any:
        return eval(target, {**_made_when_asked(target, module), "torch": torch, **names})

    if text["inputs"] is None:
        return Subject(build, None)
    call = compile(f"_call({', '.join(text['inputs'])})", "<input>", "eval")

    def inputs() -> tuple[Any, Any]:
        known = {**_made_when_asked(call, module), "torch": torch, "math": math, **names}
        known["_call"] = _call
        numpy = sys.modules.get("numpy")
        if numpy is not None:
            known.setdefault("np", numpy)
            known.setdefault("numpy", numpy)
        made = eval(call, known)
        assert isinstance(made, tuple)
        return made

    return Subject(build, inputs)


_READS = ("LOAD_NAME", "LOAD_GLOBAL")


def _made_when_asked(code: CodeType, module: Any) -> dict[str, Any]:
    """The names of an expression that its module has by a `__getattr__` of its own alone."""
    if "__getattr__" not in vars(module):
        return {}
    found: dict[str, Any] = {}
    read = {each.argval for each in dis.get_instructions(code) if each.opname in _READS}
    for name in sorted(read):
        if name not in vars(module) and not hasattr(builtins, name):
            with contextlib.suppress(AttributeError):
                found[name] = getattr(module, name)
    return found


def _call(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
    return args, kwargs


# ----------------------------------------------------------------------------------- importing


def _import_module(name: str, path: str | None) -> Any:
    """The module of the user's file `path`, by its name where that leads to this very file; of any
    file where `path` is None."""
    if path is None:
        return importlib.import_module(name)
    if all(part.isidentifier() for part in name.split(".")) and name not in sys.modules:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            is_this_one = error.name is not None and f"{name}.".startswith(f"{error.name}.")
            if not is_this_one or not path:
                raise
        else:
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and os.path.realpath(file) == os.path.realpath(path):
                return module
    # A standard module, or an installed one, has that name; or it is none that can be imported.
    return _import_file(path, PRIVATE + "".join(c if c.isalnum() else "_" for c in name))


def _import_file(path: str, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _enter(settings: dict[str, Any], request: dict[str, Any]) -> None:
    """Stand in the repository's folder, look for modules where the module's imports lead, and for
    files where its scripts are."""
    search_path.enter(request["search"], settings["root"])
    folders = list(request["search"]["before"])
    if request["path"] is not None:
        folders.append(os.path.dirname(request["path"]))
        search_path.look_nearby(settings["places"], folders[-1])
    stand_beside(folders, os.path.join(os.environ["TMPDIR"], "written"))


# ------------------------------------------------------------------------------------ the process


def _prepare(settings: dict[str, Any]) -> None:
    sys.path[:] = [*settings["sys_path"], settings["support"]]
    sys.dont_write_bytecode = True
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    refuse_downloads()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    die_with_parent()


def _limit(settings: dict[str, Any]) -> None:
    seconds = int(settings["seconds"]) + 5
    for what, most in (
        (resource.RLIMIT_AS, address_space() + settings["memory"]),
        (resource.RLIMIT_FSIZE, settings["file_size"]),
        (resource.RLIMIT_CPU, seconds * 20),
    ):
        _, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


class _Warm(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(x) + 1


def _warm() -> None:
    """Script something once, so that each fork need not load the compiler's own parts again."""
    scripted = torch.jit.script(_Warm())
    scripted(torch.zeros(1))


def _leave_no_name() -> None:
    """Take our modules out of `sys.modules`: all that is needed of them is imported, and code that
    is verified finds what it would find anywhere else."""
    for name in [name for name in sys.modules if name.partition(".")[0] == __package__]:
        del sys.modules[name]


def _ancestors() -> frozenset[int]:
    """This process and those it descends from, as /proc has them."""
    known = {1}
    pid = os.getpid()
    while pid > 1 and pid not in known:
        known.add(pid)
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                pid = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return frozenset(known)


def _take_descriptors() -> None:
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(0, CONTROL_IN)
    os.dup2(1, CONTROL_OUT)
    os.set_inheritable(CONTROL_IN, False)
    os.set_inheritable(CONTROL_OUT, False)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _read_line() -> str | None:
    """One line, read byte by byte past no newline: whoever reads next must find the rest."""
    data = bytearray()
    while True:
        byte = os.read(CONTROL_IN, 1)
        if not byte:
            return None
        if byte == b"\n":
            return data.decode()
        data += byte


def _emit(message: dict[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(CONTROL_OUT, data) :]
