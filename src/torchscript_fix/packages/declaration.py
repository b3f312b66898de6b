"""What a repository says of one distribution that it needs, and how that is read and spelled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

LONGEST = 500
"""Characters of one requirement; beyond that it is none."""

_PLAIN = re.compile(r"[A-Za-z0-9._-]+(\[[A-Za-z0-9._,-]+\])?[A-Za-z0-9._*+!<>=~,-]*")


@dataclass(frozen=True)
class Declaration:
    """A distribution that a file declares."""

    name: str
    """Normalised (PEP 503)."""
    requirement: str
    """As pip takes it, a name with extras and versions; "" where it comes from a URL or a path, and
    what the package index has by that name is something else."""
    of_other_index: bool = False
    """Whether the file names another place to get it from."""


def declaration(
    text: str, markers: Mapping[str, str], of_other_index: bool = False
) -> Declaration | None:
    """One PEP 508 requirement; None for what is none, or is for another environment than the one
    that `markers` describes."""
    if len(text) > LONGEST:
        return None
    try:
        requirement = Requirement(text)
        if not _applies(requirement, markers):
            return None
    except (InvalidRequirement, RecursionError):
        return None
    spelled = "" if requirement.url else _spelled(requirement, text)
    return Declaration(canonicalize_name(requirement.name), spelled, of_other_index)


def from_elsewhere(name: str) -> Declaration:
    """A distribution that is taken from a URL, a path or an index of its own."""
    return Declaration(canonicalize_name(name), "")


def _applies(requirement: Requirement, markers: Mapping[str, str]) -> bool:
    if requirement.marker is None:
        return True
    try:
        return requirement.marker.evaluate({**markers, "extra": ""})
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True


def _spelled(requirement: Requirement, text: str) -> str:
    """As it is written, without markers and spaces; without versions, too, where a shell or a
    terminal could take them for something else (`name===$(…)`)."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    written = re.sub(r"\s", "", text.partition(";")[0])
    for spelled in (written, f"{requirement.name}{extras}{requirement.specifier}"):
        if _PLAIN.fullmatch(spelled):
            return spelled
    return requirement.name
