"""Scores torchscript-fix on files with cases, such as a ParityBench checkout's, by a scorer that
knows nothing of it, and holds the product's own verdicts against the scorer's.

    python benchmarks/parity.py FOLDER --cases PROVIDER.py --scorer SCORE.py --out OUT \\
        [--baseline ROWS.jsonl] [--sample N --offset K | --list FILE] [--time] [--twice]

The chosen test_*.py files of FOLDER are copied, rewritten and scored in chunks; what is done is
kept in OUT, so that the same command goes on after a kill. OUT/report.txt is what is printed.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchscript_fix.report import document

CANNOT = frozenset({"import_error", "init_error", "eager_error", "crash"})
"""The scorer's words for a case that says nothing: it does not run in eager mode."""
GOOD = frozenset({"already-scriptable", "fixed"})
CHANGED = frozenset({"state_dict_changed", "new_eager_mismatch", "new_init_error"})
MOST_KINDS = 60

_SPLIT = """
import json, sys
sys.path.insert(0, sys.argv[1])
scorer = __import__(sys.argv[2])
json.dump([n for n in json.load(sys.stdin) if scorer.in_dev_split(n)], sys.stdout)
"""

Key = tuple[str, int]
"""A case: its file's name, and its number in it."""
Rows = Mapping[Key, Mapping[str, Any]]


@dataclass(frozen=True)
class Setting:
    """What was asked for."""

    folder: Path
    provider: Path
    scorer: Path
    out: Path
    baseline: Path | None
    jobs: int
    options: tuple[str, ...]
    """More options for the tool."""


@dataclass(frozen=True)
class Chunk:
    """Some of the files, and where what is known of them is kept."""

    setting: Setting
    number: int
    names: tuple[str, ...]

    def place(self, what: str, suffix: str = "") -> Path:
        return self.setting.out / what / f"{self.number:03d}{suffix}"


def main() -> None:
    """Run what is not done yet, then print the report."""
    given = _arguments()
    setting = Setting(
        given.folder.resolve(),
        given.cases.resolve(),
        given.scorer.resolve(),
        given.out.resolve(),
        given.baseline and given.baseline.resolve(),
        given.jobs,
        tuple(shlex.split(given.options)),
    )
    # The tool takes as many lanes as it has processors, and the scorer as many as it is told.
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: setting.jobs])
    names = chosen(setting, given.sample, given.offset, given.list)
    keep_the_choice(setting, names)
    chunks = [
        Chunk(setting, number, tuple(names[start : start + given.chunk]))
        for number, start in enumerate(range(0, len(names), given.chunk))
    ]
    for chunk in chunks:
        print(f"chunk {chunk.number + 1} of {len(chunks)}", end="", flush=True)
        for what, work in (("rewritten", rewrite), ("scored", score)):
            print(f"  {what} in {once(chunk, what, work):.0f} s", end="", flush=True)
        if given.twice:
            print(f"  again in {once(chunk, 'again', rewrite_again):.0f} s", end="", flush=True)
        print(flush=True)
    if given.time or setting.baseline is None:
        print(f"originals scored in {score_originals(setting, names):.0f} s", flush=True)
    told = "\n".join(report(setting, chunks, given.twice)) + "\n"
    (setting.out / "report.txt").write_text(told)
    print(f"\n{told}", end="")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=Path, required=True, help="the tool's provider of cases")
    parser.add_argument("--scorer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--baseline", type=Path, help="the scorer's rows of the originals")
    parser.add_argument("--sample", type=int, default=1, help="every Nth file")
    parser.add_argument("--offset", type=int, default=0, help="from the Kth on")
    parser.add_argument("--list", type=Path, help="a file with the names of the files instead")
    parser.add_argument("--jobs", type=int, default=2, help="processors for tool and scorer")
    parser.add_argument("--chunk", type=int, default=24, help="files at a time")
    parser.add_argument("--options", default="", help="more options for the tool, in one string")
    parser.add_argument("--time", action="store_true", help="score the originals, for the time")
    parser.add_argument("--twice", action="store_true", help="run the tool on its own output")
    return parser.parse_args()


# ------------------------------------------------------------------------------------ choosing


def chosen(setting: Setting, sample: int, offset: int, listed: Path | None) -> list[str]:
    """The files: those of the scorer's split, every Nth of them, that have cases."""
    names = listed.read_text().split() if listed else sorted(p.name for p in _tests(setting.folder))
    names = in_split(setting.scorer, names)
    if listed is None:
        names = names[offset::sample]
    return [n for n in names if "TESTCASES" in _text(setting.folder / n)]


def _tests(folder: Path) -> Iterable[Path]:
    return folder.glob("test_*.py")


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def in_split(scorer: Path, names: Sequence[str]) -> list[str]:
    """The names that the scorer scores, asked of itself, in a process that it may prepare."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SPLIT, str(scorer.parent), scorer.stem],
        input=json.dumps(list(names)),
        capture_output=True,
        text=True,
        check=True,
    )
    return [str(name) for name in json.loads(done.stdout)]


def keep_the_choice(setting: Setting, names: Sequence[str]) -> None:
    """Write down which files OUT is about; what is kept there would be wrong for others."""
    setting.out.mkdir(parents=True, exist_ok=True)
    kept = setting.out / "files.txt"
    text = "".join(f"{name}\n" for name in names)
    if kept.exists() and kept.read_text() != text:
        raise SystemExit(f"{setting.out} holds the results of other files; choose another --out")
    kept.write_text(text)


# ------------------------------------------------------------------------------------- running


def once(chunk: Chunk, what: str, work: Callable[[Chunk], None]) -> float:
    """Do a step of a chunk unless it is done; the seconds it took, now or then."""
    done = chunk.place("seconds", f"-{what}.txt")
    if not done.exists():
        began = time.monotonic()
        work(chunk)
        done.parent.mkdir(exist_ok=True)
        part = done.with_suffix(".part")
        part.write_text(str(time.monotonic() - began))
        part.replace(done)
    return float(done.read_text())


def rewrite(chunk: Chunk) -> None:
    """Let the tool rewrite copies of the files."""
    folder = chunk.place("rewritten")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in chunk.names:
        shutil.copyfile(chunk.setting.folder / name, folder / name)
    _run_tool(chunk, folder, "--write", chunk.place("documents", ".json"))


def rewrite_again(chunk: Chunk) -> None:
    """Let the tool look at its own output."""
    _run_tool(chunk, chunk.place("rewritten"), "--check", chunk.place("again", ".json"))


def _run_tool(chunk: Chunk, folder: Path, deed: str, kept: Path) -> None:
    setting = chunk.setting
    kept.parent.mkdir(exist_ok=True)
    part = kept.with_suffix(".part")
    command = [sys.executable, "-m", "torchscript_fix", *(str(folder / n) for n in chunk.names)]
    command += ["--cases", str(setting.provider), "--format", "json", deed, *setting.options]
    with part.open("wb") as printed, kept.with_suffix(".log").open("wb") as said:
        code = subprocess.run(command, stdout=printed, stderr=said, check=False).returncode
    if code not in (0, 1):
        print(f"\n  the tool ended with {code}: see {kept.with_suffix('.log')}", flush=True)
        return
    part.replace(kept)


def score(chunk: Chunk) -> None:
    """Let the scorer score the rewritten copies."""
    setting = chunk.setting
    more = ["--ref", str(setting.folder)]
    if setting.baseline is not None:
        more += ["--baseline", str(setting.baseline)]
    place = chunk.place("rows", ".jsonl")
    _run_scorer(setting, chunk.place("rewritten"), chunk.names, place, more)


def score_originals(setting: Setting, names: Sequence[str]) -> float:
    """Score the originals, all in one go as the yardstick of time; the seconds it took."""
    place, took = setting.out / "originals.jsonl", setting.out / "seconds-of-originals.txt"
    if not took.exists():
        began = time.monotonic()
        _run_scorer(setting, setting.folder, names, place, [])
        took.write_text(str(time.monotonic() - began))
    return float(took.read_text())


def _run_scorer(
    setting: Setting, folder: Path, names: Sequence[str], place: Path, more: Sequence[str]
) -> None:
    place.parent.mkdir(exist_ok=True)
    listed = place.with_suffix(".list")
    listed.write_text("\n".join(names))
    command = [sys.executable, str(setting.scorer), str(folder), str(place)]
    command += ["--list", str(listed), "--jobs", str(setting.jobs), *more]
    with place.with_suffix(".log").open("wb") as said:
        subprocess.run(command, stdout=said, stderr=said, check=True)


# ----------------------------------------------------------------------------------- reporting


@dataclass(frozen=True)
class Score:
    """The scorer's rows, before and after."""

    before: Rows
    after: Rows
    counted: frozenset[Key]
    """The cases that ran before: only those count, whatever becomes of them."""

    def passed(self, rows: Rows) -> set[Key]:
        return {key for key in self.counted if rows.get(key, {}).get("status") == "pass"}

    def projects(self, rows: Rows) -> tuple[int, int]:
        """Files all of whose counted cases pass, of how many."""
        passed = self.passed(rows)
        files = {key[0] for key in self.counted}
        return len(files - {key[0] for key in self.counted - passed}), len(files)

    def status(self, key: Key) -> str:
        return str(self.after.get(key, {}).get("status", "no row"))


@dataclass(frozen=True)
class Own:
    """What the tool says of one case."""

    verdict: str
    message: str
    kind: str
    """The kind of its last error."""


def report(setting: Setting, chunks: Sequence[Chunk], twice: bool) -> Iterator[str]:
    """The lines of the report."""
    score = read_score(setting, chunks)
    documents = {chunk.number: read_document(chunk.place("documents", ".json")) for chunk in chunks}
    own = {key: case for made in documents.values() if made for key, case in own_cases(made)}
    yield from told_score(score, sum(len(chunk.names) for chunk in chunks))
    lost = [chunk for chunk in chunks if documents[chunk.number] is None]
    for chunk in lost:
        yield f"NO DOCUMENT of chunk {chunk.number}: {', '.join(chunk.names)}"
    yield from told_rewrites([made for made in documents.values() if made])
    yield from told_disagreements(score, own)
    yield from told_left(score, own)
    if twice:
        yield from told_again(chunks)
    yield from told_seconds(setting, chunks)


def read_score(setting: Setting, chunks: Sequence[Chunk]) -> Score:
    """The rows before, from the baseline where one was given, and after."""
    files = {name for chunk in chunks for name in chunk.names}
    before = read_rows([setting.baseline or setting.out / "originals.jsonl"])
    before = {key: row for key, row in before.items() if key[0] in files}
    after = read_rows([chunk.place("rows", ".jsonl") for chunk in chunks])
    counted = frozenset(key for key, row in before.items() if row["status"] not in CANNOT)
    return Score(before, after, counted)


def read_rows(paths: Iterable[Path]) -> dict[Key, Mapping[str, Any]]:
    """The scorer's rows by case."""
    rows = [json.loads(line) for path in paths for line in path.read_text().splitlines()]
    return {(row["file"], row["i"]): row for row in rows}


def read_document(path: Path) -> document.Run | None:
    """What the tool printed; None where it did not come to that."""
    if not path.exists():
        return None
    made = document.decode(path.read_bytes())
    assert isinstance(made, document.Run)
    return made


def own_cases(made: document.Run) -> Iterator[tuple[Key, Own]]:
    """The cases that the tool tells of, by the scorer's keys: it names them FILE::NUMBER-CLASS."""
    for case in made.cases:
        stem, _, name = case.name.partition("::")
        number = name.partition("-")[0]
        if number.isdigit():
            own = Own(case.verdict, case.message, kind_of(case))
            yield (f"{Path(stem).name}.py", int(number)), own


def kind_of(case: document.Case) -> str:
    """The kind of the first error that is left; its first line, where it has no name."""
    if case.verdict in GOOD:
        return ""
    kind = case.diagnoses[0].kind if case.diagnoses else "other"
    return kind if kind != "other" else f"other: {case.error[:90]}"


def told_score(score: Score, files: int) -> Iterator[str]:
    yield f"{files} files, {len(score.counted)} cases that run in eager mode"
    for name, rows in (("before", score.before), ("after", score.after)):
        passed = len(score.passed(rows))
        whole, projects = score.projects(rows)
        yield (
            f"{name:8}cases {passed} of {len(score.counted)} = {percent(passed, score.counted)}   "
            f"projects {whole} of {projects} = {percent(whole, range(projects))}"
        )
    lost = sorted(score.passed(score.before) - score.passed(score.after))
    yield f"regressions {len(lost)}"
    for key in lost:
        yield f"  {spelled(key, score)}  {score.status(key)}: {first_line(score.after.get(key))}"
    changed = sorted(key for key in score.counted if score.status(key) in CHANGED)
    yield f"keys, their order or eager results changed: {len(changed)}"
    for key in changed:
        yield f"  {spelled(key, score)}  {score.status(key)}: {first_line(score.after.get(key))}"


def percent(count: int, of: Any) -> str:
    return f"{100 * count / max(1, len(of)):.1f} %"


def spelled(key: Key, score: Score) -> str:
    row = score.after.get(key) or score.before.get(key) or {}
    return f"{key[0]} {key[1]:03d}-{row.get('cls', '')}"


def first_line(row: Mapping[str, Any] | None) -> str:
    return str((row or {}).get("err", "")).partition("\n")[0][:160]


def told_rewrites(documents: Sequence[document.Run]) -> Iterator[str]:
    made = Counter((r.rule, r.standing) for run in documents for r in run.rewrites)
    held = Counter(h.rule for run in documents for h in run.held_back)
    taken = Counter(t.rule for run in documents for t in run.taken_back)
    yield ""
    heads = ("verified", "partial", "unverified", "held back", "taken back")
    yield f"{'rule':32}" + "".join(f"{head:>12}" for head in heads)
    for rule in sorted({rule for rule, _ in made} | set(held) | set(taken)):
        counts = [made[rule, standing] for standing in ("verified", "partial", "unverified")]
        counts += [held[rule], taken[rule]]
        yield f"{rule:32}" + "".join(f"{count:12}" for count in counts)
    for run in documents:
        for problem in run.problems:
            yield f"problem: {problem.path}: {problem.reason}"


def told_disagreements(score: Score, own: Mapping[Key, Own]) -> Iterator[str]:
    """Where the tool and the scorer are of two minds, of the cases that count."""
    table = Counter(
        (own[key].verdict if key in own else "not told", score.status(key)) for key in score.counted
    )
    yield ""
    yield f"{'the tool':22}{'the scorer':22}{'cases':>6}"
    for (verdict, status), count in sorted(table.items()):
        mark = "" if (verdict in GOOD) == (status == "pass") else "  <- disagree"
        yield f"{verdict:22}{status:22}{count:6}{mark}"
    for key in sorted(score.counted):
        mine = own.get(key, Own("not told", "", ""))
        if (mine.verdict in GOOD) != (score.status(key) == "pass"):
            yield f"  {spelled(key, score)}: {mine.verdict}, scorer {score.status(key)}"
            yield f"    tool:   {mine.message.partition(chr(10))[0][:200]}"
            yield f"    scorer: {first_line(score.after.get(key))}"


def told_left(score: Score, own: Mapping[Key, Own]) -> Iterator[str]:
    """What stops the cases that are left, by kind."""
    left = score.counted - score.passed(score.after)
    kinds: dict[str, set[Key]] = {}
    for key in left:
        kind = own[key].kind if key in own else ""
        kinds.setdefault(kind or f"{score.status(key)}, says the scorer", set()).add(key)
    yield ""
    yield f"{len(left)} cases are left, of {len(kinds)} kinds"
    yield f"{'cases':>6}{'files':>6}  kind"
    by_size = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    for kind, keys in by_size[:MOST_KINDS]:
        yield f"{len(keys):6}{len({file for file, _ in keys}):6}  {kind}"
    if len(by_size) > MOST_KINDS:
        yield f"{sum(len(keys) for _, keys in by_size[MOST_KINDS:]):6}        of other kinds"


def told_again(chunks: Sequence[Chunk]) -> Iterator[str]:
    """What a second run of the tool on its own output would change."""
    yield ""
    changed = 0
    for chunk in chunks:
        again = read_document(chunk.place("again", ".json"))
        if again is None:
            yield f"NO SECOND DOCUMENT of chunk {chunk.number}: {', '.join(chunk.names)}"
            continue
        for change in again.changes:
            changed += 1
            yield f"  a second run changes {change.path}: +{change.added} -{change.removed}"
    yield f"files that a second run changes: {changed}"


def told_seconds(setting: Setting, chunks: Sequence[Chunk]) -> Iterator[str]:
    tool = sum(once(chunk, "rewritten", _never) for chunk in chunks)
    scorer = sum(once(chunk, "scored", _never) for chunk in chunks)
    yield ""
    yield f"seconds, {setting.jobs} processors: tool {tool:.0f}, scorer on its output {scorer:.0f}"
    took = setting.out / "seconds-of-originals.txt"
    if took.exists():
        originals = float(took.read_text())
        yield f"scorer on the originals {originals:.0f}; tool / that = {tool / originals:.2f}"


def _never(chunk: Chunk) -> None:
    raise AssertionError(f"chunk {chunk.number} is done")


if __name__ == "__main__":
    main()
