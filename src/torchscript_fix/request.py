"""What the user asked for, and who is told how far a run is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from torchscript_fix.cases import DeclaredCase, RecordedCommand, WrittenCases
from torchscript_fix.rule import Rule, Safety


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    paths: tuple[Path, ...]
    rules: tuple[Rule, ...]
    cases: tuple[DeclaredCase | WrittenCases | RecordedCommand, ...] = ()
    verify: bool = True
    only_fixed: bool = False
    keep_partial: bool = False
    """Whether rewrites stay that only failing cases reach, and that are not `safe`."""
    python: str | None = None
    import_roots: tuple[Path, ...] = ()
    repository: Path | None = None
    """The folder of the repository that the paths are of; None for the one that git has around
    them."""
    hoist: Literal["when-needed", "always"] = "when-needed"
    safety: Safety = Safety.NARROWING
    """The worst grade of rewrite that is made."""
    rounds: int = 20
    """How often a case is compiled anew with what was learnt, at most."""
    max_cases: int = 50
    """How many cases are deduced at most where none is given."""
    explore_work: float = 100.0
    """Work for finding cases where none is given, in seconds of one core with nothing else to do.
    It is counted, not timed."""
    explore_seconds: float = 1920.0
    """Seconds of the clock after which finding cases hangs, and is ended."""
    timeout: float = 300.0
    """Seconds for one stage of a case, such as one run: it ends what hangs, far above what is
    usual, so that a busy machine decides nothing."""
    own_commands: bool = False
    """Whether the repository's own tests and demos are run where no case is given."""
    stub_missing: bool = False
    """Whether stand-ins take the place of packages that are not installed; they do where no case is
    named."""
    memory: int | None = None
    """Bytes of address space for one attempt, beside what importing torch took; None for half of
    the machine's memory."""
    jobs: int | None = None
    """How many cases run at once; None for as many as there are processors, up to four."""
    ahead: bool = True
    """Whether workers are started before they are needed, beside what is going on."""
    by_rule: bool = False
    """Whether the result tells what the files are with the first rule alone, the first two, …"""


class Progress(Protocol):
    """Whoever wants to show how far a run is."""

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins, of `total` steps where that is known."""

    def step(self, what: str) -> None:
        """One step of the stage is done."""
