"""A Dask scheduler that is there, that is not, and that goes away."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bulk.conftest import ENVIRONMENT, FIXABLE, Results, bulk, command, repository

pytest.importorskip("distributed", reason="the extra torchscript-fix[dask] is not installed")

SCHEDULER = """
import sys, time
from distributed import Scheduler
import asyncio
async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()
asyncio.run(main())
"""
WORKER = """
import asyncio, sys
from distributed import Worker
async def main():
    async with Worker(sys.argv[1], nthreads=1, dashboard=False) as worker:
        await worker.finished()
asyncio.run(main())
"""


@pytest.fixture
def scheduler(tmp_path: Path) -> "Iterator[tuple[str, list[subprocess.Popen[bytes]]]]":
    """The address of a scheduler with two workers; it, and they, as processes."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCHEDULER],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd=tmp_path,
        )
    ]
    try:
        assert processes[0].stdout is not None
        address = processes[0].stdout.readline().decode().strip()
        for _ in range(2):
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", WORKER, address],
                    stderr=subprocess.DEVNULL,
                    env=ENVIRONMENT,
                    cwd=tmp_path,
                )
            )
        yield address, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_no_scheduler(clones: Path, results: Results) -> None:
    repository(clones / "one", {"net.py": FIXABLE})
    began = time.monotonic()
    ended = bulk(clones, "--out", results.folder, "--dask", "tcp://127.0.0.1:9")
    assert ended.code == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in ended.err
    assert ended.err.count("\n") == 1
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("address", ["nonsense://?", "tcp://localhost", "localhost:99999"])
def test_an_address_that_is_none(address: str, clones: Path, results: Results) -> None:
    repository(clones / "one", {"net.py": FIXABLE})
    ended = bulk(clones, "--out", results.folder, "--dask", address)
    assert ended.code == 2 and ended.err.count("\n") == 1


def test_the_same_as_local_processes(
    clones: Path,
    results: Results,
    scheduler: "tuple[str, list[subprocess.Popen[bytes]]]",
) -> None:
    for number in range(3):
        repository(clones / f"{number}", {"net.py": FIXABLE + f"# {number}\n"})
    url = repository(clones.parent / "far" / "x", {"net.py": FIXABLE}).as_uri()
    local = Results(results.folder.with_name("local"))
    arguments = (clones, url, "--no-verify")
    assert bulk(*arguments, "--out", local.folder).code == 0
    ended = bulk(*arguments, "--out", results.folder, "--dask", scheduler[0])
    assert ended.code == 0, ended.err
    assert results.table() == local.table()
    patches = sorted(path.name for path in (local.folder / "patches").iterdir())
    assert len(patches) == 4
    for name in patches:
        ours, theirs = local.folder / "patches" / name, results.folder / "patches" / name
        assert ours.read_bytes() == theirs.read_bytes()


@pytest.mark.parametrize("victim", ["scheduler", "worker"])
def test_one_that_goes_away(
    victim: str,
    clones: Path,
    results: Results,
    scheduler: "tuple[str, list[subprocess.Popen[bytes]]]",
) -> None:
    count = 8
    for number in range(count):
        repository(clones / f"{number}", {"net.py": FIXABLE + f"# {number}\n"})
    address, processes = scheduler
    process = subprocess.Popen(
        command(clones, "--out", results.folder, "--dask", address, "--no-verify"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        cwd="/",
    )
    assert process.stderr is not None
    while b"[2/" not in process.stderr.readline():
        assert process.poll() is None
    processes[0 if victim == "scheduler" else 1].send_signal(signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    if victim == "worker":
        assert process.returncode == 0, err.decode()
    else:
        assert process.returncode == 1, err.decode()
        assert b"resume with the same command" in err and b"Traceback" not in err
        assert results.query("select count(*) from repository where state = 'done'")[0][0] >= 2
        assert bulk(clones, "--out", results.folder, "--no-verify").code == 0
    assert [row[5] for row in results.table()] == [1] * count
