"""Whether the cost of a run follows the number of files where all files are joined by one module.

    python benchmarks/joined_files.py FOLDER --cases PROVIDER.py --out OUT [--tool PYTHON] \\
        [--list FILE...] [--join import base-class] [--no-verify]
    python benchmarks/joined_files.py FOLDER --scorer SCORE.py --choose

FOLDER holds files with cases, such as generated/ of a ParityBench checkout. The files of a list are
copied into one folder with a copy of joining_helper.py, and `torchscript-fix FOLDER --check` is run
there; then the same files eight at a time, each eight with their own copy, one run after the other.
What counts is seconds of the whole / sum of seconds of the eights, for each of two joins:

import      each file imports the module, behind its docstring and `from __future__`, and no more
base-class  besides, each top-level class with nn.Module as a base has joining_helper.Joined, an
            nn.Module whose __init__ calls a method and a function, as its base instead; one whose
            only base is another class of torch.nn, such as nn.Sequential, has it before that

A list goes on where the shorter one before it ends, so the eights of the shorter are the first of
the longer, and are run once. Files that Python cannot parse are copied as they are. Memory is the
peak of the tool's own process in MB (10^6 bytes), without the processes in which code runs, looked
at ten times a second; `load` is the load average before the run, near 0 on a quiet machine.
What is done is kept in OUT, so that the same command goes on after a kill.

With --choose the lists beside this script are written: the files of the scorer's dev split that
have cases, from the second of every four on (which no other sample has), by SHA-256 of their names.
"""

import argparse
import ast
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import torch
from torch import nn

HERE = Path(__file__).parent
SIZES = (8, 32, 128)
EIGHT = 8
JOINS = ("import", "base-class")
MOST_RATIO, MOST_MEMORY = 1.25, 1500.0
"""What the whole may take of the sum of its eights, and the MB of its coordinator."""
HELPER = '''\
"""What all files beside this one have in common."""

from torch import nn


def joined_depth(depth):
    return depth + 1


class Joined(nn.Module):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.join()

    def join(self):
        self.joined_depth = joined_depth(0)
'''
IMPORT = b"import joining_helper\n"
BASE = b"joining_helper.Joined"


@dataclass(frozen=True)
class Setting:
    """What was asked for."""

    folder: Path
    provider: Path
    out: Path
    tool: Path
    verify: bool


@dataclass(frozen=True)
class Part:
    """Files that one run of the tool looks at, and the name under which it is kept."""

    join: str
    name: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """What one run took."""

    names: tuple[str, ...]
    code: int
    seconds: float
    memory: float
    """MB of the coordinator."""
    load: float


def main() -> None:
    """Measure what is not measured yet, and print the table."""
    given = _arguments()
    if given.choose:
        choose(given.folder.resolve(), given.scorer.resolve())
        return
    setting = Setting(
        given.folder.resolve(),
        given.cases.resolve(),
        given.out.resolve(),
        # Not resolved: the python of an environment is a link, and means another one elsewhere.
        Path(os.path.abspath(given.tool)),  # noqa: PTH100  # which resolves links
        not given.no_verify,
    )
    lists = sorted((tuple(path.read_text().split()) for path in given.list), key=len)
    for shorter, longer in pairwise(lists):
        if longer[: len(shorter)] != shorter:
            raise SystemExit(
                f"the list of {len(shorter)} files is not how that of {len(longer)} begins"
            )
    keep_the_tool(setting)
    good = True
    for join in given.join:
        for names in lists:
            good &= measure(setting, join, names)
    sys.exit(not good)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lists = [HERE / f"joined_files_{size}.txt" for size in SIZES]
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cases", type=Path, help="the tool's provider of cases")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--tool", default=sys.executable, help="the Python with torchscript_fix")
    parser.add_argument("--list", type=Path, nargs="+", default=lists, help="names of files")
    parser.add_argument("--join", nargs="+", choices=JOINS, default=JOINS)
    parser.add_argument("--no-verify", action="store_true", help="measure rewriting alone")
    parser.add_argument("--choose", action="store_true", help="write the lists")
    parser.add_argument("--scorer", type=Path, help="for --choose: what knows the dev split")
    given = parser.parse_args()
    needed = ("scorer",) if given.choose else ("cases", "out")
    for name in needed:
        if getattr(given, name) is None:
            parser.error(f"--{name} is needed")
    return given


def choose(folder: Path, scorer: Path) -> None:
    """Write the lists, blindly: what a file is like has no part in it but that it has cases."""
    sys.path.insert(0, str(scorer.parent))
    in_dev_split = importlib.import_module(scorer.stem).in_dev_split
    names = [
        name for name in sorted(p.name for p in folder.glob("test_*.py")) if in_dev_split(name)
    ]
    names = [name for name in names[1::4] if b"TESTCASES" in (folder / name).read_bytes()]
    names.sort(key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    for size in SIZES:
        place = HERE / f"joined_files_{size}.txt"
        place.write_text("".join(f"{name}\n" for name in names[:size]))
        print(f"{place}: {size} of {len(names)}")


def keep_the_tool(setting: Setting) -> None:
    """Write down what OUT is about; what is kept there would be wrong for another tool."""
    setting.out.mkdir(parents=True, exist_ok=True)
    kept = setting.out / "setting.json"
    text = json.dumps({name: str(value) for name, value in asdict(setting).items()}, indent=1)
    if kept.exists() and kept.read_text() != text:
        raise SystemExit(f"{setting.out} holds what was measured otherwise; choose another --out")
    kept.write_text(text)


# ------------------------------------------------------------------------------------- joining


def lay_out(setting: Setting, part: Part, folder: Path) -> None:
    """Put the joined files and the module that joins them into a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "joining_helper.py").write_text(HELPER)
    for name in part.names:
        (folder / name).write_bytes(joined((setting.folder / name).read_bytes(), part.join))


def joined(source: bytes, join: str) -> bytes:
    """A file that imports the joining module, and for `base-class` derives from its class."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return source
    lines = source.splitlines(keepends=True)
    if join == "base-class":
        # From the end, so that what was found before stays where it was found.
        for edit in reversed(edits(tree)):
            line = lines[edit.line - 1]
            lines[edit.line - 1] = line[: edit.start] + edit.text + line[edit.end :]
    lines.insert(first_line(tree), IMPORT)
    made = b"".join(lines)
    ast.parse(made)
    return made


def first_line(tree: ast.Module) -> int:
    """How many lines there are before the first statement that an import may stand before."""
    end = 0
    for position, statement in enumerate(tree.body):
        is_docstring = position == 0 and ast.get_docstring(tree, clean=False) is not None
        is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
        if not is_docstring and not is_future:
            break
        assert statement.end_lineno is not None
        end = statement.end_lineno
    return end


@dataclass(frozen=True)
class Edit:
    """Bytes of a line that become others."""

    line: int
    start: int
    end: int
    text: bytes


def edits(tree: ast.Module) -> list[Edit]:
    """What makes top-level classes derive from the joining one, one a class, in their order.

    nn.Module as a base becomes Joined. Before another class of torch.nn Joined is put, but only
    where that is the one base: before others it could contradict the order of theirs.
    """
    names = imported(tree)
    found = []
    for each in (each for each in tree.body if isinstance(each, ast.ClassDef)):
        for base in each.bases:
            of_torch = class_of_torch(ast.unparse(base), names)
            start = base.col_offset
            if of_torch is nn.Module and base.end_lineno == base.lineno:
                assert base.end_col_offset is not None
                found.append(Edit(base.lineno, start, base.end_col_offset, BASE))
            elif of_torch is not None and len(each.bases) == 1:
                found.append(Edit(base.lineno, start, start, BASE + b", "))
    return found


def imported(tree: ast.Module) -> Mapping[str, str]:
    """What the names that top-level imports bind stand for, but for those of the file's classes."""
    names: dict[str, str] = {}
    for each in tree.body:
        if isinstance(each, ast.ImportFrom):
            names |= {a.asname or a.name: f"{each.module}.{a.name}" for a in each.names}
        elif isinstance(each, ast.Import):
            for alias in each.names:
                head = alias.name.partition(".")[0]
                names[alias.asname or head] = alias.name if alias.asname else head
    for each in tree.body:
        if isinstance(each, ast.ClassDef):
            names.pop(each.name, None)
    return names


def class_of_torch(spelled: str, names: Mapping[str, str]) -> type[nn.Module] | None:
    """The class of torch.nn that a base is, if it is one and a module."""
    head, dot, rest = spelled.partition(".")
    full = names.get(head, "") + dot + rest
    if not full.startswith("torch.nn."):
        return None
    try:
        found = attrgetter(full.removeprefix("torch."))(torch)
    except AttributeError:
        return None
    return found if isinstance(found, type) and issubclass(found, nn.Module) else None


# ----------------------------------------------------------------------------------- measuring


def measure(setting: Setting, join: str, names: tuple[str, ...]) -> bool:
    """Measure the files eight at a time and in one run, and tell; whether it is as it should be."""
    eights = [
        Part(join, f"eight-{start // EIGHT:02d}", names[start : start + EIGHT])
        for start in range(0, len(names), EIGHT)
    ]
    # One run of eight files is the first of the eights.
    whole = Part(join, f"whole-{len(names):03d}", names) if len(eights) > 1 else eights[0]
    apart = [once(setting, part) for part in eights]
    at_once = once(setting, whole)
    ratio = at_once.seconds / sum(each.seconds for each in apart)
    print(f"\n{len(names)} files joined by {join}", end="")
    if join == "base-class":
        print(f", {sum(joined_classes(setting.folder / name) for name in names)} classes", end="")
    print(f"\n{'':24}{'seconds':>10}{'ratio':>8}{'MB':>8}{'load':>8}")
    print(row(f"{len(apart)} x {EIGHT} files", apart, ""))
    if len(eights) > 1:
        print(row(f"1 x {len(names)} files", [at_once], f"{ratio:.2f}"))
        print("\n".join(told_documents(setting, whole, eights)), flush=True)
    failed = [each for each in (*apart, at_once) if each.code not in (0, 1)]
    for each in failed:
        print(f"A RUN ENDED WITH {each.code}: of {' '.join(each.names)}", flush=True)
    return not failed and ratio <= MOST_RATIO and at_once.memory < MOST_MEMORY


def row(name: str, runs: Sequence[Measured], ratio: str) -> str:
    """A line of the table: the seconds of all runs, and the most memory and load of any."""
    seconds = sum(each.seconds for each in runs)
    memory, load = max(each.memory for each in runs), max(each.load for each in runs)
    return f"{name:24}{seconds:10.1f}{ratio:>8}{memory:8.0f}{load:8.1f}"


def joined_classes(path: Path) -> int:
    """How many classes the base-class join changes."""
    try:
        return len(edits(ast.parse(path.read_bytes())))
    except (SyntaxError, ValueError):
        return 0


def once(setting: Setting, part: Part) -> Measured:
    """Measure a run unless it is measured; what it took, now or then."""
    place = setting.out / part.join / part.name
    done = place / "measured.json"
    if not done.exists():
        print(f"  {part.join} {part.name}", end="", flush=True, file=sys.stderr)
        lay_out(setting, part, place / "files")
        measured = run_tool(setting, part, place)
        begun = done.with_suffix(".begun")
        begun.write_text(json.dumps(asdict(measured)))
        begun.replace(done)
        print(f"  {measured.seconds:.0f} s", flush=True, file=sys.stderr)
    content = json.loads(done.read_text())
    measured = Measured(**{**content, "names": tuple(content["names"])})
    if measured.names != part.names:
        raise SystemExit(f"{place} is of other files; choose another --out")
    return measured


def run_tool(setting: Setting, part: Part, place: Path) -> Measured:
    """Run the tool over the folder of a part, and look at its memory on the way."""
    command = [str(setting.tool), "-m", "torchscript_fix", ".", "--check", "--format", "json"]
    command += ["--cases", str(setting.provider)] if setting.verify else ["--no-verify"]
    load = os.getloadavg()[0]
    memory = 0.0
    with (place / "document.json").open("wb") as printed, (place / "said.log").open("wb") as said:
        began = time.monotonic()
        # From within the files: what is told of them then has the same paths in every part.
        process = subprocess.Popen(command, stdout=printed, stderr=said, cwd=place / "files")
        try:
            while True:
                memory = max(memory, peak_memory(process.pid))
                try:
                    code = process.wait(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            process.terminate()
            process.wait()
        seconds = time.monotonic() - began
    return Measured(part.names, code, seconds, memory, load)


def peak_memory(process: int) -> float:
    """MB that a process had at most until now, without its children; 0 where it has ended.

    Not wait4's ru_maxrss, which is that of the largest child where one was larger.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


# --------------------------------------------------------------------------------------- telling


def told_documents(setting: Setting, whole: Part, eights: Sequence[Part]) -> Iterator[str]:
    """Cases by verdict in both, and what the whole says otherwise than the eights."""
    one = [read(setting, whole)]
    many = [read(setting, part) for part in eights]
    at_once, apart = verdicts(one), verdicts(many)
    counts = Counter(at_once.values()), Counter(apart.values())
    if counts[0] or counts[1]:
        yield f"{'cases':24}{'at once':>10}{'apart':>8}"
    for verdict in sorted({*counts[0], *counts[1]}):
        yield f"{verdict:24}{counts[0][verdict]:10}{counts[1][verdict]:8}"
    changed = [
        f"{name}: {at_once.get(name, 'not told')} at once, {apart.get(name, 'not told')} apart"
        for name in sorted({*at_once, *apart})
        if at_once.get(name) != apart.get(name)
    ]
    yield f"cases whose verdict differs: {len(changed)}"
    yield from (f"  {line}" for line in changed)
    patches = patches_of(one), patches_of(many)
    others = [
        n for n in sorted({*patches[0], *patches[1]}) if patches[0].get(n) != patches[1].get(n)
    ]
    yield f"files that change: {len(patches[0])} at once, {len(patches[1])} apart"
    yield f"files whose patch differs: {len(others)}"
    yield from (f"  {name}" for name in others)


def read(setting: Setting, part: Part) -> Any:
    """What the tool printed; a document with nothing in it where it did not come to that."""
    try:
        return json.loads((setting.out / part.join / part.name / "document.json").read_bytes())
    except ValueError:
        return {"cases": [], "changes": []}


def verdicts(documents: Sequence[Any]) -> Mapping[str, str]:
    """The verdict of each case by its name, which has the file's name in it."""
    cases = chain.from_iterable(document["cases"] for document in documents)
    return {case["name"]: case["verdict"] for case in cases}


def patches_of(documents: Sequence[Any]) -> Mapping[str, str]:
    """The patch of each file that changes; those of several copies of one module go together."""
    found: dict[str, set[str]] = {}
    for document in documents:
        for change in document["changes"]:
            found.setdefault(change["path"], set()).add(change["patch"])
    return {path: "".join(sorted(patches)) for path, patches in found.items()}


if __name__ == "__main__":
    main()
