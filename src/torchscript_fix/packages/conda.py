"""`environment.yml`: what conda would install, and pip after it."""

from collections.abc import Mapping

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own
from packaging.version import InvalidVersion, Version

from torchscript_fix.packages.declaration import Declaration, declaration, from_elsewhere
from torchscript_fix.packages.project_files import Unparsable, declarations_of

LARGEST = 50_000
"""Characters; PyYAML takes a second for ten times that."""


def read_environment(text: str, markers: Mapping[str, str]) -> list[Declaration]:
    """The declarations. Raises Unparsable."""
    if len(text) > LARGEST:
        raise Unparsable
    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError) as error:
        raise Unparsable from error
    entries = document.get("dependencies") if isinstance(document, dict) else None
    found: list[Declaration] = []
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, str):
            found += _of_conda(entry, markers)
        elif isinstance(entry, dict) and isinstance(entry.get("pip"), list):
            lines = [line for line in entry["pip"] if isinstance(line, str)]
            found += declarations_of(lines, markers)
    return found


def _of_conda(entry: str, markers: Mapping[str, str]) -> list[Declaration]:
    """`scipy=1.4`, `scipy==1.4.1`, `scipy=1.4.1=py37h0b31af3_0`, `scipy >=1.4,<2`."""
    entry = entry.partition(" #")[0].strip()
    channel, named, rest = entry.rpartition("::")
    if named and channel not in ("conda-forge", "defaults", "pytorch"):
        return [from_elsewhere(rest.split("=")[0].strip(" <>!~"))]
    name, _, version = rest.partition("=")
    found = None
    if not any(sign in name for sign in "<>!~ ") and not version.startswith("="):
        found = declaration(f"{name}{_exact_or_prefix(version)}", markers)
    found = found or declaration(rest, markers) or declaration(_name(rest), markers)
    return [found] if found is not None else []


def _exact_or_prefix(version: str) -> str:
    """Conda's `=1.4` is PEP 440's `==1.4.*`; with a build behind it, or three parts, `==1.4.1`."""
    number, built, _ = version.partition("=")
    number = number.strip().removesuffix(".*")
    try:
        parts = Version(number).release
    except InvalidVersion:
        return ""
    return f"=={number}" if built or len(parts) > 2 else f"=={number}.*"


def _name(text: str) -> str:
    for sign in "=<>!~ ":
        text = text.partition(sign)[0]
    return text
