"""The files that a new rule begins with: its own, and an example that it does not answer yet."""

import re
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
SITUATION = "first-situation"
SAYS = "what the compiler says, in its literal words"

RULE = '''"""One sentence: what becomes of what, as `old(x)` becomes `new(x)`.

## What the compiler says

    {message}

## What is written instead

    y = old(x)                       →    y = new(x)

## When it holds back

Where …
"""

import ast

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.kit import Fix, NodeRule, Safety, Site, require


class {cls}(NodeRule[ast.Call]):
    name = "{name}"
    summary = "One sentence: what changes."
    messages = ({quoted},)
    safety = Safety.NARROWING
    kinds = ast.Call

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        match site.node:
            case ast.Call(func=ast.Name(id="old"), args=[value]):
                require(isinstance(value, ast.Name), "why it is left alone, for the report")
                code = f"new({{site.file.segment(value)}})"
                return Fix(f"{{code}} in its place", [ReplaceExpression(site.node, code)])
        return None
'''
BEFORE = """# Met in …: where people meet it, in one sentence.
# torch.jit.script: {message}
import torch
import torch.nn as nn


def old(x):
    return x


class Net(nn.Module):
    def forward(self, x):
        return old(x)


def examples():
    yield Net(), (torch.rand(2, 3),)
"""
DECLINED = """# What the rule leaves alone: a snippet each, with what it says of it.
import torch
import torch.nn as nn

# %% argument that is more than a name
# Held back: why it is left alone
def old(x):
    return x


class Net(nn.Module):
    def forward(self, x):
        return old(x + 1)
"""


class CannotBegin(Exception):
    """Why no rule of this name is begun, in words for people."""


def begin(name: str, message: str | None, root: Path) -> list[Path]:
    """Write the files of a new rule into a clone of the repository; their paths.

    Raises CannotBegin where `root` is no such clone, the name is none, or there is such a rule.
    """
    rule = root / "codemods" / f"{name.replace('-', '_')}.py"
    folder = root / "before_after" / name
    if not (root / "codemods").is_dir() or not (root / "before_after").is_dir():
        raise CannotBegin(f"{root} has no codemods/ and before_after/: run it in a clone of ours")
    if not NAME.fullmatch(name):
        raise CannotBegin(f"{name!r} is no name of a rule: two or more words, as unpacked-size")
    there = next((path for path in (rule, folder) if path.exists()), None)
    if there is not None:
        raise CannotBegin(f"{there} is there already")
    said = message or SAYS
    cls = "".join(word.capitalize() for word in name.split("-"))
    made = {
        rule: RULE.format(message=said, cls=cls, name=name, quoted=_quoted(said)),
        folder / SITUATION / "before.py": BEFORE.format(message=said),
        folder / "declined.py": DECLINED,
    }
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return list(made)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
