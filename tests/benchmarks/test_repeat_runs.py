"""Runs of a command that reports what it was told, under other hash seeds, and resumed."""

import json
import sys
from pathlib import Path

import pytest

from tests.benchmarks.scripts import script

repeat_runs = script("repeat_runs")

REPORT = """
import json, os, pathlib, sys
path = pathlib.Path(sys.argv[1], "report.json")
note = {note}
path.write_text(json.dumps({{"kind": "run", "root": sys.argv[1], "notes": [note], "cases": []}}))
sys.exit(1)
"""


def repeated(out: Path, note: str, runs: int = 2) -> int:
    command = [sys.executable, "-c", REPORT.format(note=note), "{out}"]
    arguments = ["--runs", str(runs), "--report", "{out}/report.json", "--", *command]
    code: int = repeat_runs.main([str(out), *arguments])
    return code


def test_runs_that_report_the_same_in_other_folders(tmp_path: Path) -> None:
    assert repeated(tmp_path / "out", "str(path)") == 0


def test_a_report_that_follows_the_hash_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert repeated(tmp_path / "out", "os.environ['PYTHONHASHSEED']") == 1
    first, second = capsys.readouterr().out.splitlines()[1:]
    assert first.endswith("equal")
    assert second.endswith("DIFFERENT")
    assert "$.notes" in (tmp_path / "out" / "002" / "comparison.txt").read_text()


def test_an_address_is_seen_in_the_first_run_already(tmp_path: Path) -> None:
    assert repeated(tmp_path / "out", "'at 0x7f0a1b2c3d40'", runs=1) == 1


def test_every_second_run_is_beside_busy_loops_and_none_is_done_twice(tmp_path: Path) -> None:
    out = tmp_path / "out"
    repeated(out, "1")
    done = [out / number / "done.json" for number in ("001", "002")]
    assert [json.loads(path.read_text())["loops"] for path in done] == [0, 2]
    assert [json.loads(path.read_text())["code"] for path in done] == [1, 1]
    done[1].unlink()
    times = [path.stat().st_mtime_ns for path in (done[0], out / "002" / "out" / "report.json")]
    repeated(out, "1")
    assert done[0].stat().st_mtime_ns == times[0]
    assert (out / "002" / "out" / "report.json").stat().st_mtime_ns > times[1]


def test_a_command_that_writes_no_report(tmp_path: Path) -> None:
    assert repeat_runs.main([str(tmp_path / "out"), "--runs", "1", "--", "true"]) == 2


def test_a_folder_of_another_command_is_refused(tmp_path: Path) -> None:
    repeated(tmp_path / "out", "1", runs=1)
    with pytest.raises(SystemExit):
        repeated(tmp_path / "out", "2", runs=1)
