"""A Python command run in this process as Python would: its arguments, its `__main__`, its path."""

import io
import os
import runpy
import sys
from types import ModuleType
from typing import Any

from . import search_path, stand_ins
from .diagnose import describe
from .stages import seed

LONGEST_TAIL = 4000


class _Tail(io.RawIOBase):
    """Keeps the end of what is written: argparse says there what is wrong with a command."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data = (self.data + bytes(data))[-LONGEST_TAIL:]
        return len(data)

    def fileno(self) -> int:
        return 2

    def last_line(self) -> str:
        lines = self.data.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else ""


def run(command: dict[str, Any], root: str) -> dict[str, Any]:
    """Run it to its end: {"how": "done"}, or "failed" with the error, as plain data."""
    tail = _Tail()
    sys.stderr = io.TextIOWrapper(tail, errors="replace", write_through=True)
    os.environ.update(command["settings"])
    search_path.enter(command["search"], command["folder"])
    first_failure: list[dict[str, Any]] = []
    seed()
    try:
        code = _KINDS[command["kind"]](command, root, first_failure)
    except SystemExit as error:
        code = error.code
    except BaseException as error:
        return {"how": "failed", "error": describe(error, root)}
    if code in (None, 0):
        return {"how": "done"}
    if first_failure:
        return {"how": "failed", "error": first_failure[0]}
    needs = stand_ins.needs()
    if needs is not None:  # a test runner says no more than that something failed
        return {"how": "failed", "error": needs}
    words = f"it ended with exit code {code}" if isinstance(code, int) else str(code)
    said = tail.last_line()
    message = f"{words}: {said}" if said else words
    return {"how": "failed", "error": {"type": "SystemExit", "message": message, "place": ""}}


def _script(command: dict[str, Any], root: str, _: list[dict[str, Any]]) -> Any:
    path = command["target"]
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    _arguments(command, path, os.path.dirname(path))
    _in_main(code, path)


def _code(command: dict[str, Any], root: str, _: list[dict[str, Any]]) -> Any:
    stand_ins.also_user_code("<string>", command["target"])
    _arguments(command, "-c", "")
    _in_main(compile(command["target"], "<string>", "exec"), None)


def _module(command: dict[str, Any], root: str, _: list[dict[str, Any]]) -> Any:
    _arguments(command, "-m", os.getcwd())
    runpy.run_module(command["target"], run_name="__main__", alter_sys=True)


def _in_main(code: Any, path: str | None) -> None:
    main = ModuleType("__main__")
    if path is not None:
        main.__file__ = path
    main.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = main
    exec(code, main.__dict__)


def _pytest(command: dict[str, Any], root: str, first_failure: list[dict[str, Any]]) -> Any:
    import pytest  # noqa: PLC0415  # of the user's environment, and for this kind alone

    class Failures:
        def pytest_exception_interact(self, call: Any) -> None:
            if not first_failure:
                first_failure.append(describe(call.excinfo.value, root))

    _arguments(command, "pytest", os.getcwd())
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler"]
    code = pytest.main([*options, *command["arguments"]], plugins=[Failures()])
    if int(code) == 5:
        return "no tests were found"
    return int(code)


def _arguments(command: dict[str, Any], name: str, first: str) -> None:
    """sys.argv, and what Python itself would put in front of sys.path."""
    sys.argv = [name, *command["arguments"]]
    sys.path.insert(0, first)


_KINDS = {"script": _script, "module": _module, "code": _code, "pytest": _pytest}
