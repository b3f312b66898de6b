"""`kill -9` of the coordinator, and of a worker, at random moments of a bulk run.

    python benchmarks/bulk_kills.py SOURCE... [--times 10] [--seed 1] [--options '--no-verify']

First an undisturbed run. Then, for each victim, a run that is disturbed that many times (a killed
coordinator is started again), whose table is compared with the undisturbed one's. Says also whether
a repository was done twice, and what is left of processes and folders.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any


def main() -> None:
    """Run all of them and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--options", default="", help="more options for bulk, in one string")
    given = parser.parse_args()
    random.seed(given.seed)
    arguments = [*given.sources, "--jobs", given.jobs, *given.options.split()]
    folder = Path(tempfile.mkdtemp(prefix="bulk-kills-"))
    try:
        began = time.monotonic()
        ended(started(folder / "undisturbed", arguments))
        seconds = time.monotonic() - began
        wanted = table(folder / "undisturbed")
        print(f"undisturbed: {len(wanted)} repositories, {seconds:.1f} s", flush=True)
        good = True
        for victim in ("coordinator", "worker"):
            out = folder / victim
            killed = disturbed(out, arguments, victim, given.times, seconds)
            rows = table(out)
            twice = [row for row in rows if row[-1] != 1]
            same = rows == wanted and patches(out) == patches(folder / "undisturbed")
            left = processes_of(out)
            print(
                f"{victim} killed {killed} times: table and patches "
                f"{'the same' if same else 'DIFFERENT'}, "
                f"{len(twice)} repositories done more or less than once, "
                f"{len(left)} processes left",
                flush=True,
            )
            for before, after in zip(wanted, rows, strict=False):
                if before != after:
                    print(f"  {before}\n  {after}")
            good = good and same and not twice and not left
        if not good:
            raise SystemExit(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def started(out: Path, arguments: list[str]) -> "subprocess.Popen[bytes]":
    """A run under way."""
    return subprocess.Popen(
        [sys.executable, "-m", "torchscript_fix", "bulk", *arguments, "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def ended(process: "subprocess.Popen[bytes]") -> None:
    """Wait for the end of a run."""
    if process.wait() not in (0, 1):
        raise SystemExit(f"the run ended with {process.returncode}")


def disturbed(out: Path, arguments: list[str], victim: str, times: int, seconds: float) -> int:
    """A run that is disturbed, to its end; how often it was."""
    killed = 0
    hit: Counter[str] = Counter()
    process = started(out, arguments)
    while True:
        try:
            process.wait(random.uniform(0.05, 2 * seconds / (times + 1)))
            if killed >= times or process.returncode in (0, 1):
                return killed
            process = started(out, arguments)
        except subprocess.TimeoutExpired:
            if killed >= times:
                continue
            workers = workers_of(process.pid)
            if victim == "worker":
                # A third loss of one repository would be its verdict.
                workers = {w: key for w, key in workers.items() if hit[key] < 2}
                if workers:
                    worker = random.choice(list(workers))
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                        hit[workers[worker]] += 1
                        killed += 1
                continue
            process.kill()
            process.wait()
            killed += 1
            process = started(out, arguments)


def workers_of(process: int) -> dict[int, str]:
    """The processes of repositories that a coordinator has started, and which they are."""
    found = {}
    for task in Path(f"/proc/{process}/task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text().split():
                with contextlib.suppress(OSError):
                    command = Path(f"/proc/{child}/cmdline").read_text().split("\0")
                    if "torchscript_fix.bulk.repository" in command:
                        found[int(child)] = command[-2].rpartition("/")[2].split("-")[4]
    return found


def processes_of(out: Path) -> list[str]:
    """Processes that have the folder on their command line."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(out).encode() in (place / "cmdline").read_bytes():
                found.append(place.name)
    return found


def table(out: Path) -> list[tuple[Any, ...]]:
    """What disturbed and undisturbed runs have in common; how often each was done comes last."""
    with contextlib.closing(sqlite3.connect(out / "state.sqlite")) as connection:
        return connection.execute(
            'select name, "commit", verdict, error, patch, state, cases, rewrites, completed '
            "from repository order by position"
        ).fetchall()


def patches(out: Path) -> dict[str, bytes]:
    """All patches."""
    return {path.name: path.read_bytes() for path in (out / "patches").glob("*")}


if __name__ == "__main__":
    main()
