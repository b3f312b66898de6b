"""What the compiler said of a name that is given a value of another type, read from its message.

The words are those of `setSugaredVar` in torch/csrc/jit/frontend/ir_emitter.cpp.
"""

import re
from dataclasses import dataclass

_WORDS = (
    re.compile(
        r"Variable '(?P<name>\w+)' previously had type (?P<before>[^\n]+?) "
        r"but is now being assigned to a value of type (?P<now>[^\n]+)"
    ),
    re.compile(
        r"Cannot re-assign '(?P<name>\w+)' because it has type (?P<before>[^\n]+?) and \w+ is not "
        r"a first-class value"
    ),
    re.compile(
        r"Cannot re-assign '(?P<name>\w+)' to a value of type (?P<now>[^\n]+?) because \w+ is not "
        r"a first-class value"
    ),
)
_SUGARED = re.compile(r"^value of type '(?P<type>.+)'$")


@dataclass(frozen=True)
class Conflict:
    """A name, and the types that meet in it, as the compiler spells them; None where it does not
    say."""

    name: str
    before: str | None
    now: str | None


def conflict_said(message: str) -> Conflict | None:
    """The conflict that a message is about; None where it is about something else."""
    for words in _WORDS:
        found = words.search(message)
        if found is not None:
            said = found.groupdict()
            return Conflict(said["name"], _type(said.get("before")), _type(said.get("now")))
    return None


def _type(said: str | None) -> str | None:
    if said is None:
        return None
    bare = said.strip().removesuffix(":").removesuffix(" (inferred)").strip()
    sugared = _SUGARED.match(bare)
    return sugared["type"] if sugared is not None else bare
