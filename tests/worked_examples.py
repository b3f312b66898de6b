"""The examples in `before_after/`, and what their rules make of them."""

from pathlib import Path

from torchscript_fix.authoring import examples, rewriting
from torchscript_fix.authoring.examples import COMPILES, Example
from torchscript_fix.authoring.trial import Trial, tried
from torchscript_fix.rewrite import Rewriting
from torchscript_fix.rule import all_rules

FOLDER = Path(__file__).parent.parent / "before_after"

__all__ = ["COMPILES", "FOLDER", "Example", "Trial", "all_examples", "rewritten", "tried"]


def all_examples() -> list[Example]:
    """Every situation of every rule, by name."""
    return examples.all_examples(FOLDER)


def rewritten(example: Example, text: str) -> Rewriting:
    """`text` after the example's rule alone."""
    (rule,) = (rule for rule in all_rules() if rule.name == example.rule)
    return rewriting.rewritten(example, text, rule)
