"""What a rule makes of its examples now, as their `after.py`."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torchscript_fix.authoring.examples import Example, read_example
from torchscript_fix.authoring.rewriting import rewritten
from torchscript_fix.rule import Rule


@dataclass(frozen=True)
class Made:
    """What became of one example."""

    example: Example
    text: str | None
    """The new `after.py`; None where the rule leaves `before.py` alone."""
    reasons: tuple[str, ...]
    """Why, where it does, or why the file could not be rewritten."""

    @property
    def is_new(self) -> bool:
        """Whether it is another text than the example has."""
        return self.text is not None and self.text != self.example.after

    @property
    def diff(self) -> str:
        """From the `after.py` that is there, or else from `before.py`, to the new one."""
        there = self.example.after if self.example.after is not None else self.example.before
        name = f"{self.example.name}/{'after' if self.example.after is not None else 'before'}.py"
        lines = difflib.unified_diff(
            there.splitlines(keepends=True),
            (self.text or "").splitlines(keepends=True),
            name,
            f"{self.example.name}/after.py",
        )
        return "".join(lines)


def made_of(rule: Rule, before_after: Path) -> Iterator[Made]:
    """Apply a rule to each `before.py` of its own folder of examples.

    Raises what the example raises, where it cannot be run.
    """
    for path in sorted((before_after / rule.name).glob("*/before.py")):
        example = read_example(path.parent)
        rewriting = rewritten(example, example.before, rule)
        reasons = [failure.reason for failure in rewriting.failures]
        reasons += [held.reason for held in rewriting.held_back]
        yield Made(example, next(iter(rewriting.texts.values()), None), tuple(reasons))


def write(made: Made) -> None:
    """Make it the `after.py` of its example."""
    assert made.text is not None
    (made.example.folder / "after.py").write_text(made.text, encoding="utf-8")
