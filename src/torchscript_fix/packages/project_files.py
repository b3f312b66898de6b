"""`pyproject.toml` (PEP 621, PEP 735, Poetry) and `setup.cfg`: what they declare."""

import configparser
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from torchscript_fix.packages.declaration import Declaration, declaration, from_elsewhere

if sys.version_info >= (3, 11):
    import tomllib
else:
    # mypy reads this for the newest Python, where tomli need not be installed.
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]


class Unparsable(Exception):
    """The file is not what its name says."""


# --------------------------------------------------------------------------------- pyproject.toml


def read_pyproject(text: str, markers: Mapping[str, str]) -> tuple[list[Declaration], list[str]]:
    """The declarations, and the names of the project itself. Raises Unparsable."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unparsable from error
    project, poetry = _table(document, "project"), _table(document, "tool", "poetry")
    groups = [
        project.get("dependencies"),
        *_table(project, "optional-dependencies").values(),
        *_table(document, "dependency-groups").values(),
    ]
    found = [declaration(each, markers) for group in groups for each in _strings(group)]
    elsewhere = {name: from_elsewhere(name) for name in _table(document, "tool", "uv", "sources")}
    declared = [*filter(None, found), *_of_poetry(poetry, markers)]
    names = [table["name"] for table in (project, poetry) if isinstance(table.get("name"), str)]
    taken = {each.name for each in elsewhere.values()}
    return [*elsewhere.values(), *(each for each in declared if each.name not in taken)], names


def _table(value: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _of_poetry(poetry: Mapping[str, Any], markers: Mapping[str, str]) -> Iterator[Declaration]:
    tables = [_table(poetry, "dependencies"), _table(poetry, "dev-dependencies")]
    tables += (_table(group, "dependencies") for group in _table(poetry, "group").values())
    for table in tables:
        for name, value in table.items():
            if name != "python":
                yield from _of_poetry_entry(name, value, markers)


def _of_poetry_entry(name: str, value: Any, markers: Mapping[str, str]) -> Iterator[Declaration]:
    """`"^1.2"`, or a table of such with extras, markers and where it comes from, or several."""
    for each in value if isinstance(value, list) else [value]:
        entry = each if isinstance(each, dict) else {"version": each}
        if entry.keys() & {"git", "path", "url", "file", "source"}:
            yield from_elsewhere(name)
            continue
        if not _python_allows(entry.get("python"), markers):
            continue
        extras = ",".join(_strings(entry.get("extras")))
        text = f"{name}[{extras}]" if extras else name
        text += specifier_of_poetry(entry.get("version"))
        marker = entry.get("markers")
        text += f" ; {marker}" if isinstance(marker, str) else ""
        found = declaration(text, markers)
        if found is not None:
            yield found


def _python_allows(wanted: Any, markers: Mapping[str, str]) -> bool:
    try:
        specifiers = SpecifierSet(specifier_of_poetry(wanted))
        return specifiers.contains(markers.get("python_full_version", ""), prereleases=True)
    except (InvalidSpecifier, ValueError):
        return True


_CARET_OR_TILDE = re.compile(r"(\^|~)\s*(\d+(?:\.\d+)*)(?:[-.]?\w+)?")
_BARE = re.compile(r"\d+(\.\d+)*(\.\*)?")


def specifier_of_poetry(version: Any) -> str:
    """Poetry's constraint as PEP 440 has it: `^1.2` is `>=1.2,<2`. "" where there is none that it
    could be."""
    if not isinstance(version, str) or "|" in version:
        return ""
    parts = [_part_of_poetry(part.strip()) for part in version.split(",")]
    text = ",".join(filter(None, parts))
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return ""
    return text


def _part_of_poetry(part: str) -> str:
    if part == "*":
        return ""
    if _BARE.fullmatch(part):
        return f"=={part}"
    match = _CARET_OR_TILDE.fullmatch(part)
    if match is None:
        return part
    numbers = [int(number) for number in match[2].split(".")[:4] if len(number) < 9]
    if match[1] == "^":
        at = next((i for i, number in enumerate(numbers) if number), len(numbers) - 1)
    else:
        at = min(1, len(numbers) - 1)
    above = [*numbers[:at], numbers[at] + 1] if numbers else []
    return f">={match[2]},<{'.'.join(map(str, above))}"


# --------------------------------------------------------------------------------------- setup.cfg


def read_setup_cfg(text: str, markers: Mapping[str, str]) -> tuple[list[Declaration], list[str]]:
    """The declarations, and the names of the project itself. Raises Unparsable."""
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise Unparsable from error
    lines: list[str] = []
    if parser.has_section("options"):
        lines += parser.get("options", "install_requires", fallback="").splitlines()
    if parser.has_section("options.extras_require"):
        for _, value in parser.items("options.extras_require"):
            lines += value.splitlines()
    names = [parser.get("metadata", "name", fallback="")]
    return declarations_of(lines, markers), [name for name in names if name]


def declarations_of(lines: Iterable[str], markers: Mapping[str, str]) -> list[Declaration]:
    """One requirement a line, with what stands behind a `#` or a `;` that is no marker left out."""
    found = (declaration(line.partition(" #")[0].strip(), markers) for line in lines)
    return [each for each in found if each is not None]
