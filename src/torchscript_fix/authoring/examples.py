"""The examples of the rules: `before_after/RULE/SITUATION/{before.py, after.py}`, and the snippets
in `before_after/RULE/declined.py`, of which each is left alone.

The comments at the head of an example say what the compiler does with it (`# torch.jit.script:
MESSAGE`, or `compiles`; `# torch.jit.save: MESSAGE`), why the rule leaves it alone (`# Held back:
REASON`), and what cases showed beside what running it shows (`# Observed: Net.forward mask: Tensor;
None`, or `nothing` where no case reaches the code).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from torchscript_fix.facts.observed import ArgumentKey, Observed, Types

BEFORE = Path("before.py")
COMPILES = "compiles"
CELL = re.compile(r"^# %% (?P<title>.+)$", re.MULTILINE)
"""How a snippet begins, as cells of notebooks do that are kept as Python (Jupytext's "percent")."""
INPUT = "torch.rand(2, 3)"
"""What the model of a snippet is called with that does not say it (`# Input: …`)."""


@dataclass(frozen=True)
class Example:
    """One situation, and what its head claims."""

    folder: Path
    """Where its files are."""
    rule: str
    situation: str
    before: str
    after: str | None
    """None where the rule leaves the file alone."""
    script_message: str | None
    """What `torch.jit.script` says of `before.py`; "compiles" where it does not complain."""
    save_message: str | None
    held_back: str | None
    observed: Observed
    unseen: bool
    """Whether nothing is to be learnt by running: no case reaches the code."""

    @property
    def name(self) -> str:
        return f"{self.rule}/{self.situation}"

    @property
    def is_snippet(self) -> bool:
        """Whether it is one of those in `declined.py`."""
        return self.folder.name == self.rule


def all_examples(folder: Path) -> list[Example]:
    """Every situation of every rule below a folder, by name."""
    found = [read_example(path.parent) for path in folder.glob("*/*/before.py")]
    for path in folder.glob("*/declined.py"):
        found += snippets(path)
    return sorted(found, key=lambda example: example.name)


def read_example(folder: Path) -> Example:
    """Read the two files of a situation."""
    after = folder / "after.py"
    made = after.read_text("utf-8") if after.exists() else None
    before = (folder / "before.py").read_text("utf-8")
    return _example(folder, folder.parent.name, folder.name, before, made)


def snippets(path: Path) -> Iterator[Example]:
    """The snippets of a `declined.py`, each with what stands above the first one before it.

    A snippet that yields no model of its own has a class `Net`, which takes no arguments.
    """
    head, *cells = CELL.split(path.read_text("utf-8"))
    for title, code in zip(cells[::2], cells[1::2], strict=True):
        made = f"{head.strip()}\n\n\n{code.strip()}\n"
        if "def examples(" not in code:
            given = _claim(code, "Input") or INPUT
            made += f"\n\ndef examples():\n    yield Net(), ({given},)\n"
        situation = re.sub(r"\W+", "-", title.strip())
        yield _example(path.parent, path.parent.name, situation, made, None)


def _example(folder: Path, rule: str, situation: str, before: str, after: str | None) -> Example:
    return Example(
        folder,
        rule,
        situation,
        before,
        after,
        _claim(before, "torch.jit.script"),
        _claim(before, "torch.jit.save"),
        _claim(before, "Held back"),
        Observed.of_arguments(dict(_observations(before))),
        _claim(before, "Observed") == "nothing",
    )


def _claim(text: str, about: str) -> str | None:
    found = re.search(rf"^# {re.escape(about)}: (.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else None


def _observations(text: str) -> Iterator[tuple[ArgumentKey, Types]]:
    """`# Observed: Block.forward mask: Tensor; None`, as a case that ran would have shown."""
    for function, parameter, names in re.findall(r"^# Observed: (\S+) (\w+): (.+)$", text, re.M):
        yield (BEFORE, function, parameter), frozenset(name.strip() for name in names.split(";"))
