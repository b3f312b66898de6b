"""What a run found, made and proved: the objects that every report is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from torchscript_fix.cases import DeclaredCase, DeducedCase, RecordedCommand, WrittenCases
from torchscript_fix.facts.diagnosed import Diagnosis
from torchscript_fix.importing.roots import ImportRoot
from torchscript_fix.packages import MissingPackages
from torchscript_fix.rule import HeldBack, Rewrite
from torchscript_fix.verify.verdict import NotImported, Outcome, Verdict

AnyCase = DeclaredCase | WrittenCases | RecordedCommand | DeducedCase


class Standing(Enum):
    """How much is known of a rewrite that was made."""

    VERIFIED = "verified"
    """A case that reaches it is fixed."""
    PARTIAL = "partial"
    """Cases reach it, and none of them is fixed; those that run behave as before."""
    UNVERIFIED = "unverified"
    """No case reaches it."""


@dataclass(frozen=True)
class MadeRewrite:
    """A rewrite that stays, with what the cases say of it."""

    rewrite: Rewrite
    standing: Standing
    cases: tuple[str, ...]
    """Names of the cases that reach it."""


@dataclass(frozen=True)
class TakenBack:
    """A rewrite that was tried and is not in the result."""

    rewrite: Rewrite
    reason: str


@dataclass(frozen=True)
class Tried:
    """What the loop did for one case."""

    rounds: int
    """How often it was compiled, each time with another text."""
    rules: tuple[str, ...]
    """The rules whose rewrites reach the case, in the end."""
    compiled: bool
    """Whether the last of these texts compiled and ran."""
    message: str
    """What the compiler said of it, if not."""
    diagnoses: tuple[Diagnosis, ...]


@dataclass(frozen=True)
class FileChange:
    """A file with its bytes before and after."""

    path: Path
    before: bytes
    after: bytes
    encoding: str


@dataclass(frozen=True, eq=False)
class Step:
    """What the changed files are with the rules up to this one."""

    rule: str
    files: Mapping[Path, bytes]


@dataclass(frozen=True)
class Problem:
    """Something that could not be done with one file, in words for people."""

    path: Path
    line: int | None
    reason: str
    advice: str = ""
    needed: bool = True
    """Whether it decides anything. What no case needs does not, unless the user named the file or
    nothing was verified."""


@dataclass(frozen=True)
class Result:
    """Everything that one run has to say."""

    files: int
    """Python files looked at."""
    changes: tuple[FileChange, ...] = ()
    rewrites: tuple[MadeRewrite, ...] = ()
    held_back: tuple[HeldBack, ...] = ()
    taken_back: tuple[TakenBack, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    problems: tuple[Problem, ...] = ()
    cases: tuple[AnyCase, ...] = ()
    """What was asked for or found, behind the verdicts."""
    import_roots: tuple[ImportRoot, ...] = ()
    """The folders that the files import from, the one that packages lie in first."""
    stand_ins: tuple[str, ...] = ()
    """Packages that are not installed, which the cases' code was given inert stand-ins for."""
    missing: MissingPackages = field(default_factory=MissingPackages)
    """Packages that the files import and the interpreter lacks, whatever stood in for them."""
    time_limits: tuple[str, ...] = ()
    """What a time limit ended, and with it what a clock decided: another run may find otherwise."""
    not_imported: tuple[NotImported, ...] = ()
    """Modules that cannot be imported, and that no case is known to need: they decide nothing."""
    notes: tuple[str, ...] = ()
    """Single lines for the user: what is not contained, how many cases were left out."""
    related: frozenset[Path] | None = None
    """The files that the cases which the user named are made of; None where none was named."""
    models: int = 0
    """Classes that are Modules in the files looked at."""
    tried: Mapping[str, Tried] = field(default_factory=dict)
    """Case to what the loop did for it; without those that it did nothing for."""
    steps: tuple[Step, ...] = ()
    """One for each rule that did something, where it was asked for; the last one is the result."""

    @property
    def unusable(self) -> tuple[Verdict, ...]:
        """Cases that the user named and that could not be parsed, imported or built."""
        return tuple(verdict for verdict in self.verdicts if verdict.unusable)

    @property
    def left_over(self) -> bool:
        """Whether a problem that matters stands, or a case that the user named is neither already
        scriptable nor fixed (exit code 1)."""
        good = {Outcome.ALREADY_SCRIPTABLE, Outcome.FIXED}
        return any(problem.needed for problem in self.problems) or any(
            verdict.named and verdict.outcome not in good for verdict in self.verdicts
        )
