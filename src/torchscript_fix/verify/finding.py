"""A Finding: what keeps a case from being as good as it could be."""

from dataclasses import dataclass

from torchscript_fix.verify.verdict import Difference, Outcome


@dataclass(frozen=True)
class Finding:
    """A reason why a case is not as good as it could be."""

    outcome: Outcome
    message: str
    difference: Difference | None = None
