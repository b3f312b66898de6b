"""Runs that are stopped, repeated or disturbed: nothing is lost, and nothing is done twice."""

import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bulk.conftest import (
    ENVIRONMENT,
    FIXABLE,
    SCRIPTABLE,
    Results,
    bulk,
    command,
    git,
    repository,
    write,
)

COUNT = 6


@pytest.fixture
def six(clones: Path) -> Path:
    """Six repositories, different from one another."""
    for number in range(COUNT):
        repository(clones / f"{number}", {"net.py": FIXABLE + f"# {number}\n"})
    return clones


@contextmanager
def started(*arguments: "str | Path") -> "Iterator[subprocess.Popen[bytes]]":
    """A bulk run under way; ended with the block."""
    process = subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=ENVIRONMENT,
        cwd="/",
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def until(condition: object, seconds: float = 60) -> None:
    """Wait until something is so."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)


def done(results: Results) -> int:
    """How many repositories are done."""
    try:
        return int(results.query("select count(*) from repository where state = 'done'")[0][0])
    except sqlite3.Error:
        return 0


def workers_of(process: int) -> list[int]:
    """The processes of repositories that a coordinator has started."""
    path = Path(f"/proc/{process}/task")
    return [
        int(child)
        for task in path.iterdir()
        for child in (task / "children").read_text().split()
        if b"bulk.repository" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def test_a_second_run_does_nothing_again(six: Path, results: Results) -> None:
    first = bulk(six, "--out", results.folder, "--no-verify")
    before = results.query("select * from repository")
    second = bulk(six, "--out", results.folder, "--no-verify")
    assert f"{COUNT} of them done before" in second.err
    assert second.out == first.out
    same = "select name, finished, seconds, completed from repository"
    assert len(before) == COUNT
    assert {row[3] for row in results.query(same)} == {1}


def test_another_commit_or_option_is_done_again(six: Path, results: Results) -> None:
    bulk(six, "--out", results.folder, "--no-verify")
    write(six / "3", {"net.py": SCRIPTABLE})
    git(six / "3", "commit", "-qam", "changed")
    again = bulk(six, "--out", results.folder, "--no-verify")
    assert f"{COUNT - 1} of them done before" in again.err
    assert not results.patch("clones+3").exists()
    other = bulk(six, "--out", results.folder, "--no-verify", "--ignore", "optional-argument")
    assert "done before" not in other.err


@pytest.mark.parametrize("when", [0, 1, 3])
def test_a_coordinator_that_is_killed(when: int, six: Path, results: Results) -> None:
    undisturbed = Results(results.folder.with_name("undisturbed"))
    bulk(six, "--out", undisturbed.folder, "--no-verify", "--jobs", "2")
    with started(six, "--out", results.folder, "--no-verify", "--jobs", "2") as process:
        until(lambda: done(results) >= when and workers_of(process.pid))
        workers = workers_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.wait()
        until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), 10)
    kept = done(results)
    resumed = bulk(six, "--out", results.folder, "--no-verify", "--jobs", "2")
    assert resumed.code == 0
    assert kept == 0 or f"{kept} of them done before" in resumed.err
    assert results.table() == undisturbed.table()
    assert {row[5] for row in results.table()} == {1}  # once each
    for patch in (undisturbed.folder / "patches").iterdir():
        assert patch.read_bytes() == (results.folder / "patches" / patch.name).read_bytes()
    assert not (results.folder / "scratch").exists()


def test_a_worker_that_is_killed_costs_a_try(six: Path, results: Results) -> None:
    with started(six, "--out", results.folder, "--no-verify", "--jobs", "1") as process:
        until(lambda: workers_of(process.pid))
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    assert b"its worker was lost (its process was ended by signal 9); it is tried again" in out
    tries = sorted(row[0] for row in results.query("select tries from repository"))
    assert tries == [1] * (COUNT - 1) + [2]
    assert len(results.query("select * from loss")) == 1


def test_a_repository_that_loses_three_workers(clones: Path, results: Results) -> None:
    repository(clones / "only", {"net.py": FIXABLE})
    with started(clones, "--out", results.folder, "--no-verify", "--jobs", "1") as process:
        killed: set[int] = set()
        while process.poll() is None:
            for worker in set(workers_of(process.pid)) - killed:
                os.kill(worker, signal.SIGKILL)
                killed.add(worker)
            time.sleep(0.01)
        process.wait()
    assert process.returncode == 1
    (only,) = results.report["repositories"]
    assert (only["verdict"], only["tries"]) == ("crashed", 3)
    assert only["message"].startswith("lost three times")
    assert len(killed) == 3
    assert bulk(clones, "--out", results.folder, "--no-verify", "--retry").code == 0
    assert results.verdicts == {"clones/only": "no-running-case"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop(how: signal.Signals, six: Path, results: Results) -> None:
    with started(six, "--out", results.folder, "--no-verify", "--jobs", "1") as process:
        until(lambda: done(results) >= 1 and workers_of(process.pid))
        # It waits while its status is asked for: it could be through with all of them by then.
        process.send_signal(signal.SIGSTOP)
        workers = workers_of(process.pid)
        told = bulk("status", results.folder)
        assert told.code == 0 and "In flight when last heard of: clones/" in told.out
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"resume with the same command" in out and b"Traceback" not in out
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)
    told = bulk("status", results.folder)
    assert told.code == 0 and "not done yet" in told.out and "not finished" in told.out


def test_two_runs_at_once(six: Path, results: Results) -> None:
    results.folder.mkdir()
    with (results.folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("process 1 on here\n")
        lock.flush()
        second = bulk(six, "--out", results.folder, "--no-verify")
    assert second.code == 2
    assert f"{results.folder} is in use by process 1 on here" in second.err
    assert second.err.count("\n") == 1
    assert not (results.folder / "state.sqlite").exists()


def test_a_state_of_a_newer_version(six: Path, results: Results) -> None:
    bulk(six / "1", "--out", results.folder, "--no-verify")
    path = results.folder / "state.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    data = path.read_bytes()
    for arguments in ((six, "--out", results.folder), ("status", results.folder)):
        ended = bulk(*arguments)
        assert ended.code == 2
        assert "is of a newer version of torchscript-fix" in ended.err
    assert path.read_bytes() == data


@pytest.mark.parametrize("keep", [0, 100, 5000])
def test_a_state_that_is_truncated(keep: int, six: Path, results: Results) -> None:
    bulk(six, "--out", results.folder, "--no-verify")
    path = results.folder / "state.sqlite"
    data = path.read_bytes()[:keep]
    path.write_bytes(data)
    ended = bulk(six, "--out", results.folder, "--no-verify")
    assert ended.code == 2 and ended.err.count("\n") == 1
    assert "is damaged" in ended.err and "--set-aside" in ended.err
    assert path.read_bytes() == data
    told = bulk("status", results.folder)
    assert told.code == 2 and "is damaged" in told.err
    anew = bulk(six, "--out", results.folder, "--no-verify", "--set-aside")
    assert anew.code == 0
    assert (results.folder / "state.sqlite.damaged-1").read_bytes() == data
    assert done(results) == COUNT


def test_what_killed_runs_have_left_is_removed(six: Path, results: Results) -> None:
    bulk(six / "1", "--out", results.folder, "--no-verify")
    left = results.folder / "scratch" / "torchscript-fix-bulk-99999999-1-x"
    write(left, {"tree/a.py": "x"})
    (left / "tree").chmod(0o500)
    bulk(six / "1", "--out", results.folder, "--no-verify")
    assert not left.exists()


@pytest.mark.skipif(shutil.which("bwrap") is None, reason="a small disk is made by bubblewrap")
def test_a_full_disk(six: Path, tmp_path: Path) -> None:
    """On a disk of 300 kB; what is there of it afterwards is kept outside of it."""
    small, kept = tmp_path / "small", tmp_path / "kept"
    small.mkdir()
    kept.mkdir()
    inside = " ".join(
        map(
            str,
            [
                *command(six, "--out", small / "results", "--no-verify", "--sandbox", "off"),
                *("--jobs", "1;", "echo", "$?", ">", kept / "code;"),
                *("cp", "-r", small / "results", kept),
            ],
        )
    )
    done_there = subprocess.run(
        [
            *("bwrap", "--dev-bind", "/", "/", "--size", "300000", "--tmpfs", str(small)),
            *("sh", "-c", inside),
        ],
        capture_output=True,
        env=ENVIRONMENT,
        check=False,
    )
    told = done_there.stderr.decode()
    assert (kept / "code").read_text().strip() == "1", told
    assert "resume with the same command" in told and "Traceback" not in told
    resumed = bulk(six, "--out", kept / "results", "--no-verify", "--sandbox", "off")
    assert resumed.code == 0
    assert {row[5] for row in Results(kept / "results").table()} == {1}
