"""The interpreter that runs the user's code: where it is, what it has, whether it will do."""

import json
import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchscript_fix.packages.installed import Installed

OLDEST, NEWEST = (3, 10), (3, 13)
OLDEST_TORCH = (2, 0)

_PROBE = """
import json, os, sys
try:
    from importlib.metadata import version
    torch = version("torch")
except Exception:
    torch = None
folder, name = os.path.split(sys.executable)
# What is installed in place by setuptools or by the editables library has a finder of its own.
places = []
for finder in sys.meta_path:
    module = sys.modules.get(getattr(finder, "__module__", None) or "")
    for known in (getattr(module, "MAPPING", None), getattr(finder, "_redirections", None)):
        if isinstance(known, dict):
            places += [p for p in known.values() if isinstance(p, str)]
print(json.dumps({
    "executable": os.path.join(os.path.realpath(folder), name),
    "version": list(sys.version_info[:2]), "torch": torch,
    "prefix": os.path.abspath(sys.prefix), "base_prefix": os.path.abspath(sys.base_prefix),
    "path": [os.path.abspath(p) for p in sys.path if p],
    "places": [os.path.abspath(p) for p in places],
}))
"""

_HAS = """
import importlib.util, json, os, platform, sys
asked = json.load(sys.stdin)
sys.path[:] = asked["path"]
def has(name):
    # A finder of an editable install may raise anything: then it is not for us to say.
    try:
        return importlib.util.find_spec(name) is not None
    except Exception:
        return True
known = {*sys.stdlib_module_names, *sys.builtin_module_names}
said = sys.implementation
print(json.dumps({
    "modules": [name for name in asked["names"] if name in known or has(name)],
    "version": list(sys.version_info[:3]),
    "markers": {
        "implementation_name": said.name,
        "implementation_version": ".".join(map(str, said.version[:3])),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    },
}))
"""
"""Looking for a top-level module imports nothing: only its parent would be, and it has none."""


class VerifierUnavailable(Exception):
    """Cases cannot be run at all, in words for people: what is missing and what to do."""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter that has torch."""

    executable: Path
    version: tuple[int, int]
    torch: str
    prefixes: tuple[Path, ...]
    """Folders that it needs to run: the environment's, and that of the Python it was made from."""
    path: tuple[str, ...]
    """Its `sys.path`, without the folder of a script."""
    places: tuple[str, ...] = ()
    """What is installed in place: folders and files that are not below its `path`."""

    @property
    def torch_release(self) -> tuple[int, ...]:
        """`(2, 13)` of `2.13.0+cpu`."""
        parts = self.torch.split("+")[0].split(".")[:2]
        return tuple(int(part) for part in parts if part.isdigit())


def find_interpreter(python: str | None) -> Interpreter:
    """Ask an interpreter (default: the one that runs this) about itself.

    Raises VerifierUnavailable where it cannot be started, is too old or too new, or has no torch.
    """
    command = python or sys.executable
    answer = _ask(command)
    version = (int(answer["version"][0]), int(answer["version"][1]))
    shown = f"{command} (Python {version[0]}.{version[1]})"
    if not OLDEST <= version <= NEWEST:
        raise VerifierUnavailable(
            f"{shown} cannot run the cases: TorchScript needs Python {_dotted(OLDEST)} to "
            f"{_dotted(NEWEST)}. Name another one with --python, or use --no-verify."
        )
    if answer["torch"] is None:
        raise VerifierUnavailable(
            f"{shown} has no torch, so no case can be run. Install it there (pip install torch), "
            "name another interpreter with --python, or use --no-verify."
        )
    prefixes = dict.fromkeys(
        folder
        for name in ("prefix", "base_prefix")
        for folder in (answer[name], os.path.realpath(answer[name]))
    )
    found = Interpreter(
        executable=Path(answer["executable"]),
        version=version,
        torch=answer["torch"],
        prefixes=tuple(map(Path, prefixes)),
        path=tuple(answer["path"]),
        places=tuple(answer.get("places", ())),
    )
    if found.torch_release < OLDEST_TORCH:
        raise VerifierUnavailable(
            f"{shown} has torch {found.torch}; the verifier needs {_dotted(OLDEST_TORCH)} or later."
        )
    return found


def installed(interpreter: Interpreter, names: Collection[str]) -> Installed:
    """Which of these top-level modules an interpreter has. None of them is imported. Raises
    VerifierUnavailable where it does not answer."""
    asked = json.dumps({"names": sorted(names), "path": interpreter.path})
    answer = _ask(str(interpreter.executable), ("-I", "-B", "-c", _HAS), asked)
    try:
        return Installed(
            frozenset(answer["modules"]), tuple(answer["version"]), dict(answer["markers"])
        )
    except (KeyError, TypeError) as error:
        raise VerifierUnavailable(f"{interpreter.executable} does not say what it has") from error


def _ask(command: str, arguments: Sequence[str] = ("-c", _PROBE), said: str = "") -> dict[str, Any]:
    try:
        done = subprocess.run(
            [command, *arguments],
            capture_output=True,
            timeout=60,
            check=False,
            input=said.encode(),
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise VerifierUnavailable(
            f"{command} cannot be started ({error}). Give --python the path of an interpreter."
        ) from error
    try:
        answer = json.loads(done.stdout.decode().strip().rpartition("\n")[2])
        assert isinstance(answer, dict)
        return answer
    except (ValueError, AssertionError) as error:
        said = done.stderr.decode(errors="replace").strip()[-400:]
        raise VerifierUnavailable(
            f"{command} does not answer like a Python interpreter (exit {done.returncode}). {said}"
        ) from error


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
