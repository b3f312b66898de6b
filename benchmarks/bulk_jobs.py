"""How well a bulk run uses processors: `--jobs 1`, `--jobs 2`, and two Dask workers on loopback.

    python benchmarks/bulk_jobs.py SOURCE... [--rounds 3] [--no-dask] [--options "..."]

Prints the seconds of each round, the median of t(1) / (2 t(2)), and whether verdicts and patches
are the same. Each round runs in a new folder.
"""

import argparse
import contextlib
import hashlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SCHEDULER = """
import asyncio
from distributed import Scheduler
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


def main() -> None:
    """Run all of them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-dask", action="store_true")
    parser.add_argument("--options", default="", help="more options for bulk, in one string")
    given = parser.parse_args()
    options = given.options.split()
    folder = Path(tempfile.mkdtemp(prefix="bulk-jobs-"))
    told: dict[str, str] = {}
    ratios = []
    try:
        for number in range(given.rounds):
            seconds = {}
            for jobs in ("1", "2"):
                name = f"jobs {jobs}"
                seconds[jobs], told[name] = timed(
                    folder / f"{number}-{jobs}", [*given.sources, "--jobs", jobs, *options]
                )
                print(f"round {number + 1}  --jobs {jobs}  {seconds[jobs]:8.1f} s", flush=True)
            ratios.append(seconds["1"] / (2 * seconds["2"]))
            print(f"round {number + 1}  t(1) / (2 t(2)) = {ratios[-1]:.3f}", flush=True)
        print(f"median of {given.rounds}: {statistics.median(ratios):.3f}")
        if not given.no_dask:
            with two_workers() as address:
                seconds_of_dask, told["dask"] = timed(
                    folder / "dask", [*given.sources, "--dask", address, *options]
                )
            print(f"Dask, two workers  {seconds_of_dask:8.1f} s")
        same = len(set(told.values())) == 1
        print(f"verdicts and patches the same in all: {'yes' if same else 'NO'}")
        if not same:
            raise SystemExit(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def timed(out: Path, arguments: list[str]) -> tuple[float, str]:
    """Seconds of one run, and a digest of its verdicts and patches."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "torchscript_fix", "bulk", *arguments, "--out", str(out)],
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode not in (0, 1):
        raise SystemExit(done.stderr.decode())
    return seconds, digest(out)


def digest(out: Path) -> str:
    """Of all verdicts, errors and patches."""
    with contextlib.closing(sqlite3.connect(out / "state.sqlite")) as connection:
        rows = connection.execute(
            'select name, "commit", verdict, error, patch from repository order by position'
        ).fetchall()
        cases = connection.execute(
            'select r.name, c.name, c.verdict, c.error from "case" c join repository r '
            "on r.key = c.repository order by r.position, c.rowid"
        ).fetchall()
    told = hashlib.sha256(repr((rows, cases)).encode())
    for path in sorted((out / "patches").glob("*")):
        told.update(path.name.encode() + path.read_bytes())
    return told.hexdigest()


@contextlib.contextmanager
def two_workers() -> Iterator[str]:
    """A scheduler and two workers, each a process; the scheduler's address."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCHEDULER],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
    ]
    try:
        assert processes[0].stdout is not None
        address = processes[0].stdout.readline().decode().strip()
        processes += [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, address], stderr=subprocess.DEVNULL, cwd="/"
            )
            for _ in range(2)
        ]
        time.sleep(5)
        yield address
    finally:
        for process in processes:
            process.kill()
            process.wait()


if __name__ == "__main__":
    main()
