"""What ends a process is the time that it had: a busy machine ends nothing that a quiet one would
not, and a process that hangs is ended on both."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from torchscript_fix.verify.worker import clock as clocks
from torchscript_fix.verify.worker.clock import Clock
from torchscript_fix.verify.worker.fork import in_fork

LOOP = "import os; os.sched_setaffinity(0, {%d})\nwhile True: pass"
ENDS = 1.5
"""Seconds of a processor that the work of a test takes."""
LIMIT = 2.2
"""Seconds that it has. A session of its own has half of a processor beside one with loops."""

linux = pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="the kernel does not say who waits"
)


def work() -> None:
    while time.process_time() < start() + ENDS:
        pass


def start() -> float:
    return _began.setdefault(os.getpid(), time.process_time())


_began: dict[int, float] = {}


@pytest.fixture
def busy() -> Iterator[None]:
    """One processor, on which five other loops are at work."""
    before = os.sched_getaffinity(0)
    one = min(before)
    loops = [subprocess.Popen([sys.executable, "-c", LOOP % one]) for _ in range(5)]
    os.sched_setaffinity(0, {one})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
        for loop in loops:
            loop.kill()
            loop.wait()


@linux
def test_what_waits_for_a_processor_is_not_ended(busy: None) -> None:
    ending = in_fork(work, LIMIT)
    assert ending.how == "done"
    assert ending.seconds > LIMIT


@linux
def test_without_it_the_clock_of_the_wall_would_end_it(
    busy: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "_waits", lambda _: {})
    assert in_fork(work, LIMIT).how == "timeout"


def forever() -> None:
    while True:
        pass


def asleep() -> None:
    time.sleep(1_000)


@pytest.mark.parametrize("hang", [forever, asleep])
def test_what_hangs_is_ended(hang: object) -> None:
    assert callable(hang)
    began = time.monotonic()
    assert in_fork(hang, 0.5).how == "timeout"
    assert time.monotonic() - began < 60


@linux
def test_what_hangs_is_ended_on_a_busy_machine_too(busy: None) -> None:
    assert in_fork(forever, 0.5).how == "timeout"


@linux
def test_those_that_a_process_starts_count(busy: None) -> None:
    inner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        clock = Clock(os.getpid())
        began = time.monotonic()
        time.sleep(2)
        assert clock.passed() < 0.8 * (time.monotonic() - began)
    finally:
        inner.kill()
        inner.wait()


def test_a_process_that_is_gone() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert Clock(gone.pid).passed() >= 0
