"""Containment: bubblewrap with no network, nothing of the home folder, and one writable folder.

Tried once per process with the full flags; where it does not work the user is told, and what is
left are the worker's own limits of time, memory and file size.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

UNCONTAINED = (
    "bubblewrap {why}: the cases run without a sandbox. Limits of time, memory and file size hold; "
    "the network, your files and your environment's secrets are not hidden from the code."
)

SCRATCH = str(1 << 30)
"""Bytes of memory that /tmp, and /dev/shm, can take."""

_ISOLATION = (
    *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"),
    *("--new-session", "--cap-drop", "ALL", "--clearenv"),
)
_SYSTEM = ("bin", "sbin", "lib", "lib32", "lib64")
_SETTINGS = (
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "passwd", "alternatives"),
    *("nsswitch.conf", "fonts"),
)


@dataclass(frozen=True)
class Mounts:
    """What of the disk is to be seen inside: place inside -> place outside."""

    read_only: Mapping[Path, Path] = field(default_factory=dict)
    writable: Mapping[Path, Path] = field(default_factory=dict)
    scratch_tmp: bool = True
    """Whether /tmp can be written to."""


@cache
def why_uncontained() -> str:
    """One line for people where bubblewrap is missing or does not work here; "" where it does."""
    if shutil.which("bwrap") is None:
        return UNCONTAINED.format(why="is not installed")
    try:
        done = subprocess.run(
            [*_base(), "--remount-ro", "/", "true"],
            capture_output=True,
            timeout=20,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return UNCONTAINED.format(why=f"cannot be started ({error})")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().partition("\n")[0][:200]
        return UNCONTAINED.format(why=f"does not work here ({said})")
    return ""


def contained(command: Sequence[str], mounts: Mounts, environment: Mapping[str, str]) -> list[str]:
    """The command line that runs `command` in the sandbox."""
    line = _base()
    # A mount hides what was mounted below it before: parents first.
    every = [(inside, outside, "--ro-bind") for inside, outside in mounts.read_only.items()]
    every += [(inside, outside, "--bind") for inside, outside in mounts.writable.items()]
    for inside, outside, how in sorted(every, key=lambda mount: len(mount[0].parts)):
        line += [how, str(outside), str(inside)]
    line += ["--remount-ro", "/"]
    if mounts.scratch_tmp:
        line += ["--size", SCRATCH, "--tmpfs", "/dev/shm"]
    else:
        line += ["--remount-ro", "/tmp"]
    line += ["--remount-ro", "/dev"]
    for name, value in environment.items():
        line += ["--setenv", name, value]
    return [*line, "--chdir", "/", *command]


def is_system(folder: Path) -> bool:
    """Whether a folder is in the sandbox anyway."""
    return folder.is_relative_to("/usr")


def holds_home(folder: Path) -> bool:
    """Whether a folder is the user's home or above it, and so not to be shown as a whole."""
    return Path(os.path.realpath(Path.home())).is_relative_to(os.path.realpath(folder))


def _base() -> list[str]:
    line = [shutil.which("bwrap") or "bwrap", *_ISOLATION, "--ro-bind", "/usr", "/usr"]
    for name in _SYSTEM:
        place = Path("/") / name
        if place.is_symlink():
            line += ["--symlink", str(place.readlink()), str(place)]
        elif place.is_dir():
            line += ["--ro-bind", str(place), str(place)]
    for name in _SETTINGS:
        line += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return [*line, "--proc", "/proc", "--dev", "/dev", "--size", SCRATCH, "--tmpfs", "/tmp"]
