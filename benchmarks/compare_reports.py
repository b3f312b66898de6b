"""Whether reports are equal but for times, dates, peak memory and counts of tries.

    python benchmarks/compare_reports.py REPORT [REPORT...] [--most N]

A REPORT is what `--format json` printed, the report.json of a bulk run, or the folder that a bulk
run wrote, whose patches are compared, too. The others are held against the first; one report alone
is only searched for what must be in none: addresses of objects, and scratch folders.

Two runs may have looked at two copies of one tree. So a report's own `root`, or a repository's
`source` where that is a path, reads <root>, and the folder in which the report lies reads <folder>,
in everything that the report says. The order of lists counts, that of the keys of an object does
not. Versions count: reports of two Pythons differ in `tool`.

Exit code 0: equal, and nothing found; 1: not; 2: some report cannot be read.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

EACH = "*"
"""Any key of an object, any item of a list."""
Where = tuple[str, ...]
"""The way to a value in a document: keys, and items spelled `[name]`."""

OF_A_RUN: tuple[Where, ...] = (("cases", EACH, "seconds", EACH),)
"""What may differ in a run: the seconds of a stage, not which stages there were."""
MAY_DIFFER: Mapping[str, tuple[Where, ...]] = {
    "run": OF_A_RUN,
    "campaign": (
        ("started",),
        ("finished",),
        ("repositories", EACH, "seconds"),
        ("repositories", EACH, "peak_memory"),
        ("repositories", EACH, "tries"),
        *(("repositories", EACH, "run", *where) for where in OF_A_RUN),
    ),
    "rules": (),
}
"""Times, dates, peak memory and counts of tries, by the kind of the document."""

NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "cases": ("name",),
    "repositories": ("name",),
    "rules": ("name",),
    "changes": ("path",),
    "problems": ("path", "line"),
    "rewrites": ("rule", "path", "line", "function"),
    "held_back": ("rule", "path", "line", "function"),
    "taken_back": ("rule", "path", "line", "function"),
}
"""What tells the items of a list apart; items of other lists are matched by position."""

TEMPORARY = "|".join(sorted({"/tmp", "/var/tmp", re.escape(tempfile.gettempdir())}))
OURS = r"torchscript-fix-(?:bulk-\d+-\w+|[a-z0-9_]{8})(?![a-z0-9_])"
"""The names that `verify/session.py` and `bulk/worker.py` give their scratch folders."""
NEVER = {
    "an address": re.compile(r"0x[0-9a-fA-F]{6,}"),
    "a scratch folder": re.compile(rf"{OURS}|(?<![\w./-])(?:{TEMPORARY})/[^\s'\":,;)\]]+"),
}
"""What must be in no report. What a user's code says itself is found, too: look before you judge,
except in patches, where only what a patch adds is looked at."""
ROOT_IN_SCRATCH = re.compile(rf"(?:{TEMPORARY})/{OURS}")
WIDTH = 160


class CannotBeRead(Exception):
    """What was given is no report."""


@dataclass(frozen=True)
class Report:
    """One report, ready to be compared: its own places are blanked."""

    path: Path
    content: Any
    defects: tuple["Defect", ...]

    @property
    def may_differ(self) -> tuple[Where, ...]:
        return MAY_DIFFER[self.content["kind"]]


@dataclass(frozen=True)
class Defect:
    """Something in a report that must be in none."""

    where: Where
    what: str
    text: str


@dataclass(frozen=True)
class Difference:
    """A place at which two reports do not say the same."""

    where: Where
    one: str
    other: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what differs and what is wrong; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT")
    parser.add_argument("--most", type=int, default=20, help="lines of one kind that are printed")
    given = parser.parse_args(arguments)
    try:
        reports = [read(path) for path in given.reports]
    except CannotBeRead as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    good = True
    for report in reports:
        good &= not report.defects
        print_groups(
            f"{report.path}: must be in no report",
            [(d.where, [f"{d.what}: {d.text}"]) for d in report.defects],
            given.most,
        )
    first, *others = reports
    if not others and good:
        print(f"{first.path}: nothing that must be in no report")
    for other in others:
        found = list(between(first, other))
        good &= not found
        title = f"{first.path} and {other.path}: {'different' if found else 'equal'}"
        print_groups(title, [(d.where, [d.one, d.other]) for d in found], given.most, always=True)
    return 0 if good else 1


def print_groups(
    title: str, told: Sequence[tuple[Where, list[str]]], most: int, always: bool = False
) -> None:
    """Print what there is to say, what is said of alike places together."""
    if told or always:
        print(title + (f", {len(told)}" if told else ""))
    groups: dict[str, list[tuple[Where, list[str]]]] = {}
    for where, lines in told:
        alike = tuple("[]" if step.startswith("[") else step for step in where)
        groups.setdefault(spelled(alike), []).append((where, lines))
    for alike_spelled, members in groups.items():
        print(f"  {len(members):5}  {alike_spelled}")
        for where, lines in members[:most]:
            print("\n".join([f"         {spelled(where)}", *(f"             {x}" for x in lines)]))
        if len(members) > most:
            print(f"         and {len(members) - most} more")


def spelled(where: Where) -> str:
    return "$" + "".join(step if step.startswith("[") else f".{step}" for step in where)


# ------------------------------------------------------------------------------------- reading


def read(path: Path) -> Report:
    """A report, and what of it must be in none. Raises CannotBeRead."""
    is_folder = path.is_dir()
    try:
        content = json.loads((path / "report.json" if is_folder else path).read_bytes())
    except (OSError, ValueError) as error:
        raise CannotBeRead(f"{path}: {error}") from error
    if not isinstance(content, dict) or content.get("kind") not in MAY_DIFFER:
        raise CannotBeRead(f"{path}: no report of torchscript-fix")
    try:
        in_scratch = tuple(roots_in_scratch(content))
        own_folder = path.absolute() if is_folder else path.absolute().parent
        content = without_own_places(content, own_folder)
    except (KeyError, TypeError, AttributeError) as error:
        raise CannotBeRead(f"{path}: no whole report: {error!r}") from error
    if is_folder:
        content["patches"] = patches(path / "patches")
    return Report(path, content, (*in_scratch, *defects(content, ())))


def patches(folder: Path) -> dict[str, str]:
    """The files of a folder of patches; none where there is no folder."""
    try:
        paths = sorted(folder.iterdir())
        return {path.name: path.read_bytes().decode("utf-8", "backslashreplace") for path in paths}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CannotBeRead(f"{folder}: {error}") from error


def without_own_places(content: Any, folder: Path) -> Any:
    """A document in which its roots and the folder in which it lies read alike in every copy."""
    # A report that was put into /tmp or a home folder itself must not blank all that is in there.
    common = {Path("/"), Path.home(), *map(Path, ("/tmp", "/var/tmp", tempfile.gettempdir()))}
    own = {} if folder in common else {str(folder): "<folder>", str(folder.resolve()): "<folder>"}
    if content["kind"] == "run":
        return with_names(content, {**own, content["root"]: "<root>"})
    if content["kind"] == "campaign":
        repositories = [
            with_names(repository, {**own, repository["source"]: "<root>"})
            for repository in content["repositories"]
        ]
        return {**with_names(content, own), "repositories": repositories}
    return content


def with_names(value: Any, names: Mapping[str, str]) -> Any:
    """A value with names for the absolute paths in its strings, the longest path first."""
    paths = sorted((path for path in names if path.startswith("/")), key=len, reverse=True)
    if not paths:
        return value
    # Neither /a/new of /b/a/new nor /a/new of /a/newer.
    pattern = re.compile(rf"(?<![\w./-])(?:{'|'.join(map(re.escape, paths))})(?![\w-]|\.\w)")
    return replaced(value, lambda text: pattern.sub(lambda found: names[found[0]], text))


def replaced(value: Any, change: Callable[[str], str]) -> Any:
    """A value with all its strings changed, but for keys."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [replaced(item, change) for item in value]
    if isinstance(value, dict):
        return {key: replaced(item, change) for key, item in value.items()}
    return value


# ------------------------------------------------------------------------------------- defects


def roots_in_scratch(content: Any) -> Iterator[Defect]:
    """Roots that are scratch folders of ours, as they are before they are blanked."""
    roots: list[tuple[Where, Any]] = [(("root",), content.get("root"))]
    for repository in content.get("repositories", []):
        there: Where = ("repositories", f"[{repository['name']}]")
        roots.append(((*there, "source"), repository["source"]))
        roots.append(((*there, "run", "root"), (repository["run"] or {}).get("root")))
    for where, root in roots:
        if root and ROOT_IN_SCRATCH.search(root):
            yield Defect(where, "a scratch folder", root)


def defects(value: Any, where: Where) -> Iterator[Defect]:
    """What must be in no report, in a value and all that is in it."""
    if where == ("options",):  # What the user gave.
        return
    if isinstance(value, str):
        known = unchanged_part(value) if "patch" in where[-1:] or "patches" in where[:1] else ""
        for what, pattern in NEVER.items():
            for found in pattern.finditer(value):
                if found[0] not in known:
                    yield Defect(where, what, shortened(value, found.start()))
                    break
    elif isinstance(value, list):
        names = names_of(value, where[-1] if where else "")
        for position, item in enumerate(value):
            yield from defects(item, (*where, names[position] if names else f"[{position}]"))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from defects(item, (*where, key))


def unchanged_part(patch: str) -> str:
    """The lines of a patch that it does not add: what they say, the user said."""
    return "\n".join(line for line in patch.splitlines() if not line.startswith("+"))


# --------------------------------------------------------------------------------- differences


def between(one: Report, other: Report) -> Iterator[Difference]:
    """All that differs, but for what may."""
    for found in differences(one.content, other.content, ()):
        if not may_differ(found.where, one.may_differ) or is_missing(found):
            yield found


def may_differ(where: Where, patterns: Sequence[Where]) -> bool:
    return any(
        len(where) == len(pattern)
        and all(wanted in (EACH, step) for wanted, step in zip(pattern, where, strict=True))
        for pattern in patterns
    )


ABSENT = "(nothing)"


def is_missing(found: Difference) -> bool:
    """Whether a time is there in one of the two only: a stage, or the end of the run."""
    return any(text in (ABSENT, "null") for text in (found.one, found.other))


def differences(one: Any, other: Any, where: Where) -> Iterator[Difference]:
    """All places at which two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        yield from of_members(one, other, where)
    elif isinstance(one, list) and isinstance(other, list):
        yield from of_lists(one, other, where)
    elif one != other or type(one) is not type(other):
        yield Difference(where, *shown_apart(one, other))


def of_lists(one: list[Any], other: list[Any], where: Where) -> Iterator[Difference]:
    """What differs in two lists: in items, by their names where those are unique, and in order."""
    field = where[-1] if where else ""
    mine, theirs = names_of(one, field), names_of(other, field)
    if mine is None or theirs is None:
        mine, theirs = ([f"[{n}]" for n in range(len(items))] for items in (one, other))
    yield from of_members(
        dict(zip(mine, one, strict=True)), dict(zip(theirs, other, strict=True)), where
    )
    common = set(mine) & set(theirs)
    order = [name for name in mine if name in common], [name for name in theirs if name in common]
    if order[0] != order[1]:
        start = next(n for n, (a, b) in enumerate(zip(*order, strict=True)) if a != b)
        told = (f"order, from number {start}: {' '.join(names[start:])}" for names in order)
        yield Difference(where, *(text[:WIDTH] for text in told))


def of_members(
    one: Mapping[str, Any], other: Mapping[str, Any], where: Where
) -> Iterator[Difference]:
    for name in chain(one, (name for name in other if name not in one)):
        place = (*where, name)
        if name not in other:
            yield Difference(place, shortened(shown(one[name])), ABSENT)
        elif name not in one:
            yield Difference(place, ABSENT, shortened(shown(other[name])))
        else:
            yield from differences(one[name], other[name], place)


def names_of(items: Sequence[Any], field: str) -> list[str] | None:
    """`[name]` for each item of a list; None where they are not told apart by their names."""
    if all(isinstance(item, str) for item in items):
        names = [f"[{item}]" for item in items]
    elif field in NAMED_BY and all(isinstance(item, dict) for item in items):
        names = [f"[{' '.join(str(item.get(key)) for key in NAMED_BY[field])}]" for item in items]
    else:
        return None
    return names if len(set(names)) == len(names) else None


def shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def shown_apart(one: Any, other: Any) -> tuple[str, str]:
    """Two values, shortened to where they differ."""
    texts = shown(one), shown(other)
    at = next((n for n, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), 0)
    return shortened(texts[0], at), shortened(texts[1], at)


def shortened(text: str, at: int = 0) -> str:
    """The part of a text around a place, on one line."""
    start = max(0, at - WIDTH // 3) if len(text) > WIDTH else 0
    part = " ".join(text[start : start + WIDTH].splitlines())
    before, after = "…" if start else "", "…" if start + WIDTH < len(text) else ""
    return f"{before}{part}{after}"


if __name__ == "__main__":
    sys.exit(main())
