"""What happened to a case, as data: the Outcome, the words for it, the first difference."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Literal

from torchscript_fix.cases.recorded import Call
from torchscript_fix.facts.diagnosed import Diagnosis

Found = Literal["declared", "written", "recorded", "deduced"]
"""Where a case is from: --case, --cases, --run, or the source itself."""


class Outcome(Enum):
    """The nine ways a case can end, and `compiles` for one that is never run."""

    ALREADY_SCRIPTABLE = "already-scriptable"
    FIXED = "fixed"
    COMPILES = "compiles"
    """Built and compiled, never run: a case for which no inputs were found."""
    STILL_FAILING = "still-failing"
    BEHAVIOUR_CHANGED = "behaviour-changed"
    CHECKPOINT_CHANGED = "checkpoint-changed"
    CANNOT_BUILD = "cannot-build"
    CANNOT_RUN = "cannot-run"
    TIMED_OUT = "timed-out"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Difference:
    """The first output or key that differs, and how."""

    where: str
    """`output[1]`, `gradient of conv.weight`, `state_dict key fc.bias`."""
    what: str
    """In words: `3 of 12 numbers differ`."""
    largest: float | None = None
    """The largest distance of two numbers, where numbers differ."""

    def __str__(self) -> str:
        by = f", by at most {self.largest:.3g}" if self.largest is not None else ""
        return f"{self.where}: {self.what}{by}"


Place = tuple[Path, str]
"""A file, and the qualified name of a function in it: `Block.forward`."""


@dataclass(frozen=True)
class NotImported:
    """A module that a file of cases was not asked with, as it cannot be imported: no case of it is
    known, so none needs it."""

    module: str
    path: Path
    message: str
    """Why, in Python's words."""


@dataclass(frozen=True)
class Model:
    """What a case builds."""

    name: str
    """`package.module.Class`; the module of a script that is run is the script's path, dotted."""
    parameters: int
    """How many numbers its parameters are."""
    place: Place | None
    """The file under the path that defines its class, and the qualified name of that; None for a
    class from elsewhere."""


@dataclass(frozen=True)
class Verdict:
    """What happened to one case under a rewrite."""

    case: str
    outcome: Outcome
    message: str = ""
    """The compiler's or Python's own words, with the user's file and the lines of the original."""
    difference: Difference | None = None
    """Set where something differs; with a good outcome, by how much a later run lay beside it."""
    seconds: tuple[tuple[str, float], ...] = ()
    """How long each stage took: `("original eval", 0.12)`."""
    reached: frozenset[Place] = frozenset()
    """The functions of the path that ran while the original was built and run."""
    found: Found = "deduced"
    runs: bool = True
    """Whether the case runs the model, and does not only build and compile it."""
    how: str = ""
    """How the case was found; "" where the user gave it."""
    original: Outcome | None = None
    """The verdict of the code as it was."""
    original_message: str = ""
    original_diagnoses: tuple[Diagnosis, ...] = ()
    """What the compiler complained of in the code as it was."""
    diagnoses: tuple[Diagnosis, ...] = ()
    """What the compiler complains of, in the rewrite where there is one."""
    unusable: bool = False
    """Whether the user named it, and it could not be parsed, imported or built; of a file of cases
    and of a command: that nothing came of it."""
    model: Model | None = None
    """What was built; None where nothing was."""
    whole: bool = False
    """Whether that is a whole network, and no part of one and no loss."""
    call: Call | None = None
    """Of a command's calls, the one that it is."""

    @property
    def named(self) -> bool:
        """Whether the user named the case, in which case it decides the exit code."""
        return self.found != "deduced" and not self.how
