"""A hundred thousand repositories through the coordinator, with a rewriter that only sleeps.

    python benchmarks/bulk_scale.py [--count 100000] [--jobs 64] [--sleep 0.001]

Each repository comes back with the same made-up result: ten cases, a patch of +70 -40 lines. Prints
the coordinator's memory as it goes, the seconds per 1,000, and what lies on disk in the end.
"""

import argparse
import os
import random
import re
import shutil
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from torchscript_fix.bulk import reports
from torchscript_fix.bulk.campaign import Campaign, Plan, locked
from torchscript_fix.bulk.executors import Crew
from torchscript_fix.bulk.order import Answer, Options, decoded_order
from torchscript_fix.bulk.state import State
from torchscript_fix.report import document
from torchscript_fix.report.describe import tool


def main() -> None:
    """Run it and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--jobs", type=int, default=64)
    parser.add_argument("--sleep", type=float, default=0.001)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bulk-scale-"))
    try:
        simulate(folder, given.count, given.jobs, given.sleep)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def simulate(folder: Path, count: int, jobs: int, sleep: float) -> None:
    """One run over a list of `count` URLs."""
    listed = folder / "list.txt"
    with listed.open("w") as file:
        file.writelines(
            f"https://example.org/owner-{n % 5000}/name-{n}.git\n" for n in range(count)
        )
    out = folder / "out"
    out.mkdir()
    state = State.open(out)
    crew = fake_crew(jobs, sleep)
    options = Options(rules=["optional-argument"])
    watcher = Watch(count)
    with locked(out):
        began = time.monotonic()
        Campaign(Plan(out, (str(listed),), options, "a <a@b>"), state, crew, watcher).go()
        told("all", time.monotonic() - began, count)
        began = time.monotonic()
        reports.write(state, out)
        told("report.json and report.html", time.monotonic() - began, count)
        state.settle_down()
    began = time.monotonic()
    State.read(out).counts()
    print(f"opening, checking and counting: {time.monotonic() - began:.1f} s")
    for name in ("state.sqlite", "report.json", "report.html"):
        size = (out / name).stat().st_size
        print(f"{name}: {size / 1e6:,.1f} MB, {size / count:,.0f} bytes a repository")
    print(f"memory at the end: {memory() / 1e6:.0f} MB, at most {peak_memory() / 1e6:.0f} MB")


class Watch:
    """Prints memory and speed now and then."""

    def __init__(self, count: int) -> None:
        self._count, self._done = count, 0
        self._began = self._last = time.monotonic()

    def begin(self, total: int, counts: dict[str, int]) -> None:
        told("naming the sources", time.monotonic() - self._began, total)
        self._last = time.monotonic()

    def sent(self, name: str) -> None: ...

    def done(self, result: document.Repository) -> None:
        self._done += 1
        step = max(1000, self._count // 20)
        if self._done % step == 0:
            now = time.monotonic()
            pace = (now - self._last) / step * 1000
            self._last = now
            print(
                f"{self._done:>8} done  {memory() / 1e6:6.0f} MB  {pace:5.1f} s per 1,000",
                flush=True,
            )

    def lost(self, name: str, reason: str) -> None: ...


def told(what: str, seconds: float, count: int) -> None:
    """Print one figure."""
    print(f"{what}: {seconds:.1f} s, {seconds / count * 1000:.2f} s per 1,000", flush=True)


def memory() -> int:
    """Bytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_memory() -> int:
    """Bytes that it had at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


# ------------------------------------------------------------------------------------ the fake


def fake_crew(jobs: int, sleep: float) -> Crew:
    """Threads that sleep and answer."""
    executor = ThreadPoolExecutor(jobs)
    run = msgspec.json.encode(made_up())

    def work(data: bytes) -> bytes:
        order = decoded_order(data)
        time.sleep(sleep)
        chance = random.Random(order.key)
        verdicts: tuple[document.RepositoryVerdict, ...] = ("fixed", "still-failing", "compiles")
        verdict = chance.choice(verdicts)
        error = "" if verdict == "fixed" else f"an error of kind {chance.randrange(40)}"
        repository = document.Repository(
            name=order.name,
            source=order.source,
            commit="0" * 40,
            verdict=verdict,
            message=error,
            error=error,
            patch=f"patches/{order.slug}.patch",
            branch=None,
            written=False,
            seconds=1.5,
            peak_memory=1 << 29,
            tries=1,
            run=msgspec.json.decode(run, type=document.Run),
        )
        return msgspec.json.encode(Answer(fate="done", repository=repository, patch=None))

    threading.stack_size(1 << 20)
    return Crew(executor, jobs, work, lambda: executor.shutdown(cancel_futures=True))


def made_up() -> document.Run:
    """A result as a real repository might have it."""
    chance = random.Random(1)

    def line() -> str:
        names = ("self", "conv", "x", "layer", "return", "forward", "Optional", "torch", "mask")
        return " ".join(chance.choice(names) + str(chance.randrange(99)) for _ in range(7))

    hunks = "".join(f"{sign}{line()}\n" for sign in "+" * 70 + "-" * 40 + " " * 60)
    cases = [
        document.Case(
            name=f"networks.net{n}:Net{n}(channels={n})",
            found="deduced",
            how=f"arguments from the call in train.py line {n * 7}",
            arguments=[
                "--case",
                f"networks.net{n}:Net{n}(channels={n})",
                "--input",
                "torch.rand(1)",
            ],
            verdict="fixed",
            message="",
            error="",
            place=None,
            before="still-failing",
            before_message="RuntimeError: \n" + "\n".join(line() for _ in range(12)),
            before_error="RuntimeError: …",
            difference=None,
            seconds={f"original {stage}": chance.random() for stage in ("build", "eval", "script")},
        )
        for n in range(10)
    ]
    rewrites = [
        document.MadeRewrite(
            rule="optional-argument",
            path=f"networks/net{n}.py",
            line=n * 11,
            function=f"Net{n}.forward",
            summary=line(),
            safety="safe",
            standing="verified",
            cases=[cases[n].name],
        )
        for n in range(10)
    ]
    return document.Run(
        schema_version=document.SCHEMA_VERSION,
        tool=tool(),
        root="https://example.org",
        deed="shown",
        verified=True,
        files=30,
        changes=[document.Change(path="networks/net.py", added=70, removed=40, patch=hunks)],
        rewrites=rewrites,
        held_back=[],
        taken_back=[],
        cases=cases,
        problems=[],
        notes=[],
        stand_ins=[],
        left_over=False,
        models=12,
    )


if __name__ == "__main__":
    main()
