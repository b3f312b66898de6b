"""Where a project's settings say that its packages lie: pyproject.toml, setup.cfg and setup.py,
read and never run."""

import ast
import configparser
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchscript_fix.importing.path_expressions import PathExpressions, called
from torchscript_fix.source import parse

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

LARGEST = 1 << 20
"""Bytes of a file of settings."""

_BROKEN = (OSError, ValueError, SyntaxError, RecursionError, MemoryError, configparser.Error)


@dataclass(frozen=True)
class PackageFolder:
    """A folder that holds packages, or is one."""

    folder: str
    """As the settings name it: relative to the file that they are in."""
    package: str
    """The package that it is; "" where it holds packages."""
    file: str
    """Of the settings."""
    why: str


def package_folders(root: Path) -> tuple[PackageFolder, ...]:
    """What the settings in `root` say, each folder once. What cannot be read says nothing."""
    found: dict[tuple[str, str], PackageFolder] = {}
    for name, read in _READERS.items():
        try:
            path = root / name
            text = path.read_text(encoding="utf-8") if path.stat().st_size <= LARGEST else ""
            said = list(read(text, path))
        except _BROKEN:
            continue
        for folder, package, why in said:
            each = PackageFolder(folder, package, name, f"{why} in {name}")
            found.setdefault((folder, package), each)
    return tuple(found.values())


Said = tuple[str, str, str]
"""Folder, package, and the setting that says so."""


def _of_pyproject(text: str, _: Path) -> Iterator[Said]:
    tools = _table(tomllib.loads(text).get("tool"))
    setuptools = _table(tools.get("setuptools"))
    yield from _of_mapping(setuptools.get("package-dir"), "package-dir")
    found = _table(_table(setuptools.get("packages")).get("find"))
    yield from ((folder, "", "packages.find") for folder in _texts(found.get("where")))
    for package in _tables(_table(tools.get("poetry")).get("packages")):
        if isinstance(package.get("from"), str):
            yield package["from"], "", "packages of poetry"
    pdm = _table(_table(tools.get("pdm")).get("build"))
    yield from ((folder, "", "package-dir") for folder in _texts(pdm.get("package-dir")))
    wheel = _table(_table(_table(tools.get("hatch")).get("build")).get("targets")).get("wheel")
    for folder in _texts(_table(wheel).get("packages")):
        yield str(Path(folder).parent), "", "packages of hatch"
    pytest = _table(_table(tools.get("pytest")).get("ini_options"))
    yield from ((folder, "", "pythonpath of pytest") for folder in _texts(pytest.get("pythonpath")))


def _of_setup_cfg(text: str, _: Path) -> Iterator[Said]:
    config = configparser.ConfigParser(interpolation=None)
    config.read_string(text)
    for line in config.get("options", "package_dir", fallback="").splitlines():
        package, equals, folder = line.partition("=")
        if equals:
            yield folder.strip(), package.strip(), "package_dir"
    where = config.get("options.packages.find", "where", fallback="")
    yield from ((folder, "", "packages.find") for folder in where.split())
    roots = config.get("tool:pytest", "pythonpath", fallback="")
    yield from ((folder, "", "pythonpath of pytest") for folder in roots.split())


def _of_setup_py(text: str, path: Path) -> Iterator[Said]:
    nodes = list(ast.walk(parse(text)))
    paths = PathExpressions(path, nodes)
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        given = {keyword.arg: keyword.value for keyword in node.keywords}
        if called(node) in ("find_packages", "find_namespace_packages"):
            where = given.get("where") or (node.args[0] if node.args else None)
            value = paths.value(where) if where is not None else None
            if value is not None:
                yield str(value), "", called(node)
        mapping = given.get("package_dir")
        if isinstance(mapping, ast.Dict):
            for key, folder in zip(mapping.keys, mapping.values, strict=True):
                value = paths.value(folder)
                if isinstance(key, ast.Constant) and value is not None:
                    yield str(value), str(key.value), "package_dir"


_READERS = {
    "pyproject.toml": _of_pyproject,
    "setup.cfg": _of_setup_cfg,
    "setup.py": _of_setup_py,
}


def _of_mapping(value: Any, why: str) -> Iterator[Said]:
    for package, folder in _table(value).items():
        if isinstance(folder, str):
            yield folder, package, why


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _texts(value: Any) -> list[str]:
    """A text, or the texts of a list."""
    values = [value] if isinstance(value, str) else value
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []
