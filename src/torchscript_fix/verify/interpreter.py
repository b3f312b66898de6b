"""The interpreter that runs the user's code: where it is, what it has, whether it will do."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
print(json.dumps({
    "executable": os.path.join(os.path.realpath(folder), name),
    "version": list(sys.version_info[:2]), "torch": torch,
    "prefix": os.path.abspath(sys.prefix), "base_prefix": os.path.abspath(sys.base_prefix),
    "path": [os.path.abspath(p) for p in sys.path if p],
}))
"""


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
    )
    if found.torch_release < OLDEST_TORCH:
        raise VerifierUnavailable(
            f"{shown} has torch {found.torch}; the verifier needs {_dotted(OLDEST_TORCH)} or later."
        )
    return found


def _ask(command: str) -> dict[str, Any]:
    try:
        done = subprocess.run(
            [command, "-c", _PROBE],
            capture_output=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
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
