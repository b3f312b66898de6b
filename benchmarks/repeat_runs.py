"""Whether a command that writes a report of torchscript-fix writes the same one every time.

    python benchmarks/repeat_runs.py OUT [--runs N] [--report REPORT] -- COMMAND...

Run 1 of N, run 2 and so on each have another PYTHONHASHSEED and a new folder, and every second one
runs beside two busy loops. `{out}` in COMMAND and REPORT is that folder; REPORT is what is handed
to compare_reports.py, a file or a folder, by default what COMMAND prints. For example

    python benchmarks/repeat_runs.py OUT --report '{out}/swin_tiny.json' -- \\
        python given.py --only swin_tiny dev.json MIRROR '{out}' torchscript-fix PYTHON
    python benchmarks/repeat_runs.py OUT --report '{out}' -- \\
        torchscript-fix bulk LIST.txt --out '{out}'

What is done is kept in OUT/001, OUT/002 and so on, so that the same command goes on after a kill;
comparison.txt there is how that run's report differs from that of the first. The exit code is 0
where all reports are equal but for what compare_reports.py lets differ.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

COMPARE = Path(__file__).with_name("compare_reports.py")
BUSY = "import os; parent = os.getppid()\nwhile os.getppid() == parent: pass"
"""A loop that does not outlive this script, should that be killed."""
WORDS = {0: "equal", 1: "DIFFERENT", 2: "CANNOT BE READ"}
"""What the exit codes of compare_reports.py say."""


@dataclass(frozen=True)
class Setting:
    """What is repeated, and where what comes of it is kept."""

    out: Path
    command: tuple[str, ...]
    report: str | None


@dataclass(frozen=True)
class Ended:
    """How one run went."""

    hash_seed: int
    loops: int
    """Busy loops beside it."""
    code: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is not done yet, and print a line a run; the exit code."""
    setting, runs = _asked(arguments)
    keep_the_command(setting)
    print(f"{'run':>4}{'hash seed':>11}{'busy loops':>12}{'exit code':>11}{'seconds':>9}  report")
    worst = 0
    for number in range(1, runs + 1):
        ended = once(setting, number)
        told = (ended.hash_seed, ended.loops, ended.code)
        print(f"{number:4}{told[0]:11}{told[1]:12}{told[2]:11}{ended.seconds:9.1f}  ", end="")
        found = compared(setting, number)
        print(f"{WORDS.get(found, 'NOT COMPARED')}", flush=True)
        worst = max(worst, found)
    return worst


def _asked(arguments: Sequence[str] | None) -> tuple[Setting, int]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--report", help="where the report is; {out} is the run's folder")
    given = sys.argv[1:] if arguments is None else list(arguments)
    if "--" not in given:
        given.append("--")
    # Not left to argparse: the command may have options of its own, and a second --.
    options, command = given[: given.index("--")], given[given.index("--") + 1 :]
    found = parser.parse_args(options)
    if not command:
        parser.error("there is no command after --")
    return Setting(found.out.resolve(), tuple(command), found.report), found.runs


def keep_the_command(setting: Setting) -> None:
    """Write down what OUT is about; what is kept there would be wrong for another command."""
    setting.out.mkdir(parents=True, exist_ok=True)
    kept = setting.out / "command.json"
    text = json.dumps([*setting.command, setting.report])
    if kept.exists() and kept.read_text() != text:
        raise SystemExit(f"{setting.out} holds the runs of another command; choose another OUT")
    kept.write_text(text)


# ------------------------------------------------------------------------------------- running


def once(setting: Setting, number: int) -> Ended:
    """Do a run unless it is done; how it went, now or then."""
    folder = setting.out / f"{number:03d}"
    done = folder / "done.json"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "out").mkdir(parents=True)
        part = done.with_suffix(".part")
        part.write_text(json.dumps(asdict(run(setting, number, folder))))
        part.replace(done)
    return Ended(**json.loads(done.read_text()))


def run(setting: Setting, number: int, folder: Path) -> Ended:
    """Run the command for the first time, the second and so on."""
    loops = 2 if number % 2 == 0 else 0
    command = [_with_out(word, folder) for word in setting.command]
    environment = {**os.environ, "PYTHONHASHSEED": str(number)}
    with (
        busy(loops),
        (folder / "printed.json").open("wb") as printed,
        (folder / "said.log").open("wb") as said,
    ):
        began = time.monotonic()
        done = subprocess.run(command, env=environment, stdout=printed, stderr=said, check=False)
        seconds = time.monotonic() - began
    return Ended(number, loops, done.returncode, seconds)


def _with_out(text: str, folder: Path) -> str:
    # Not str.format: a command may well have braces of its own.
    return text.replace("{out}", str(folder / "out"))


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """So many processes that take all the time they get."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


# ----------------------------------------------------------------------------------- comparing


def compared(setting: Setting, number: int) -> int:
    """Hold a run's report against the first one's; what compare_reports.py ended with."""
    reports = [report_of(setting, each) for each in sorted({1, number})]
    command = [sys.executable, str(COMPARE), *map(str, reports)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    (setting.out / f"{number:03d}" / "comparison.txt").write_bytes(done.stdout)
    return done.returncode


def report_of(setting: Setting, number: int) -> Path:
    folder = setting.out / f"{number:03d}"
    if setting.report is None:
        return folder / "printed.json"
    return Path(_with_out(setting.report, folder))


if __name__ == "__main__":
    sys.exit(main())
