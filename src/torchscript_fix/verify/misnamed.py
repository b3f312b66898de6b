"""What a worker says of a declared case that names what is not there, as the command's mistake."""

import re
from collections.abc import Collection
from typing import Any

from torchscript_fix.cases import NotThere
from torchscript_fix.cases.absent import did_you_mean, no_name
from torchscript_fix.verify.evidence import printable
from torchscript_fix.verify.lane import Unit

KNOWN_TO_INPUTS = ("math", "np", "numpy", "torch")

_NAME = re.compile(r"[^\W\d]\w{0,200}")


def is_missing(module: str, error: Any) -> bool:
    """Whether it is this very module that was not found, and not one that it imports."""
    missing = error.get("missing") if isinstance(error, dict) else None
    return isinstance(missing, str) and f"{module}.".startswith(f"{missing}.")


def absent_in(
    unit: Unit, index: int, stage: str, error: Any, names: Collection[str]
) -> NotThere | None:
    """What to say where it is the expression of a `--case` or an `--input` itself that names what
    is not there; None where anything else is wrong. `names` are those of the unit's module."""
    told = error.get("absent") if isinstance(error, dict) else None
    if not unit.texts or unit.texts[index].found != "declared" or not isinstance(told, dict):
        return None
    name, owner = str(told.get("name")), printable(told.get("of") or "")
    if not _NAME.fullmatch(name):
        return None
    text = unit.texts[index]
    if stage == "build" and not owner:
        return no_name(f"{unit.module}:{text.target}", name, names)
    where = f"--input {', '.join(text.inputs or ())!r}"
    if stage == "build":
        where = f"--case {f'{unit.module}:{text.target}'!r}"
    if not owner:
        hint = did_you_mean(name, {*names, *KNOWN_TO_INPUTS})
        return NotThere(f"{where}: there is no {name}{hint}")
    close = told.get("close")
    near = [printable(each) for each in close] if isinstance(close, list) else []
    return NotThere(f"{where}: there is no {name} in {owner}{did_you_mean(name, near)}")
