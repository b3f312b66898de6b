"""How much memory a case may have, and the words for too little of it."""

import os
from pathlib import Path

import pytest

from torchscript_fix import memory
from torchscript_fix.memory import is_too_little, of_this_machine, over, shown
from torchscript_fix.verify.messages import Messages

MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def machine(tmp_path: Path, own: str, **limits: str) -> int:
    """The memory where these control groups are; a limit's name is its path."""
    for name, text in limits.items():
        place = tmp_path / "cgroup" / name.replace("__", "/").replace("_max", ".max")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.with_name(place.name.replace("limit_in", "memory.limit_in")).write_text(text)
    (tmp_path / "own").write_text(own)
    return of_this_machine(tmp_path / "cgroup", tmp_path / "own")


def test_without_control_groups_it_is_the_machines(tmp_path: Path) -> None:
    assert of_this_machine(tmp_path / "none", tmp_path / "none") == MACHINE
    assert memory.half_of_this_machine() <= MACHINE // 2


@pytest.mark.parametrize(("text", "size"), [("4096\n", 4096), ("max\n", MACHINE), ("", MACHINE)])
def test_the_limit_of_a_container(tmp_path: Path, text: str, size: int) -> None:
    assert machine(tmp_path, "0::/\n", memory_max=text) == size


def test_the_limit_of_a_group_around_ours(tmp_path: Path) -> None:
    limits = {"user__memory_max": "8192", "user__me__memory_max": "max"}
    assert machine(tmp_path, "0::/user/me\n", **limits) == 8192
    assert machine(tmp_path, "0::/other\n", **limits) == MACHINE


def test_the_limit_of_a_group_of_version_1(tmp_path: Path) -> None:
    limits = {"memory__a__limit_in_bytes": "4096"}
    assert machine(tmp_path, "5:cpu:/b\n4:memory:/a\n", **limits) == 4096
    assert machine(tmp_path, "5:cpu,x:/a\n", **limits) == MACHINE


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (12 << 30, "more than the 12 GiB that --memory allows; --memory 24G raises it"),
        (12_600_000_000, "more than the 11.7 GiB that --memory allows; --memory 24G raises it"),
        (512 << 20, "more than the 512 MiB that --memory allows; --memory 1G raises it"),
        (300 << 20, "more than the 300 MiB that --memory allows; --memory 600M raises it"),
    ],
)
def test_what_is_said_of_too_little(limit: int, said: str) -> None:
    assert said in over(limit)


@pytest.mark.parametrize(
    ("kind", "message", "too_little"),
    [
        ("MemoryError", "", True),
        ("_ArrayMemoryError", "Unable to allocate 8.00 TiB for an array", True),
        ("RuntimeError", "DefaultCPUAllocator: can't allocate memory: you tried 9 bytes", True),
        ("OSError", "[Errno 12] Cannot allocate memory", True),
        ("RuntimeError", "the memory of this is bad", False),
    ],
)
def test_errors_that_mean_too_little(kind: str, message: str, too_little: bool) -> None:
    error = {"type": kind, "message": message}
    assert is_too_little(error) is too_little
    told = Messages(Path("/clone"), ["/seen"], limit=1 << 30).of_error(error)
    assert ("--memory 2G raises it" in told) is too_little


def test_a_size_in_words() -> None:
    assert shown(3 << 29) == "1.5 GiB"
