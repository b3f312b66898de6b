"""A `forward` that is a static method becomes a method: `def forward(x)` becomes
`def forward(self, x)`.

## What the compiler says

    Expected a value of type 'Tensor' for argument 'self' but instead found type '__torch__.Swish'
    Module 'Swish' has no attribute 'abs'

Python leaves `@staticmethod` away from the first argument; the compiler does not look at the
decorator of `forward`, and gives the module to whatever parameter comes first.

## What is written instead

    @staticmethod                              def forward(self, x):
    def forward(x):                      →         return x * torch.sigmoid(x)
        return x * torch.sigmoid(x)

## When it holds back

Where the class itself is used to call it (`Swish.forward(x)`), where it has other decorators, and
where the name `self` means something else in it.
"""

import ast
import re
from collections.abc import Iterator

from torchscript_fix.editing.edit import ReplaceStatement
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, Project
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

_HEADER = re.compile(r"def\s+forward\s*\(\s*")


class StaticForward(Rule):
    """Gives a static `forward` its `self`."""

    name = "static-forward"
    summary = "A forward that is a static method becomes a method with self."
    messages = ("but instead found type '__torch__.",)
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite for each static forward that is scripted, or why it stays."""
        if "@staticmethod" not in facts.text:
            return
        for cls in facts.classes_in_question:
            function = cls.methods.get("forward")
            if function is None or not function.is_static or not cls.is_module:
                continue
            line, name = function.node.lineno, function.qualname
            reason = _obstacle(cls, function)
            code = _with_self(function)
            if reason is not None or code is None:
                reason = reason or "its header is not written as `def forward(`"
                yield HeldBack(self.name, facts.path, line, name, reason)
                continue
            edits = (ReplaceStatement(function.node, code),)
            summary = "forward is a method with self"
            yield Rewrite(self.name, facts.path, line, name, summary, Safety.SAFE, edits)


def _obstacle(cls: ClassFacts, function: FunctionFacts) -> str | None:
    if len(function.node.decorator_list) != 1 or isinstance(function.node, ast.AsyncFunctionDef):
        return "it has other decorators than @staticmethod"
    names = {node.id for node in function.nodes if isinstance(node, ast.Name)}
    names |= {node.arg for node in function.nodes if isinstance(node, ast.arg)}
    if "self" in names:
        return "the name self means something else in it"
    called = _called_on_classes(cls.file.project)
    if any(one in called for one in (cls, *cls.subclasses)):
        return f"{cls.node.name}.forward is called without an instance"
    return None


@remembered
def _called_on_classes(project: Project) -> frozenset[ClassFacts]:
    """The classes whose `forward` is taken from the class, not from an instance."""
    found = set()
    for file in project.files.values():
        for node in _forwards_in(file):
            cls = project.classes.get(file.dotted(node.value))
            if cls is not None:
                found.add(cls)
    return frozenset(found)


@remembered
def _forwards_in(file: FileFacts) -> tuple[ast.Attribute, ...]:
    """Each `….forward` of a file."""
    attributes = (node for node in file.nodes if isinstance(node, ast.Attribute))
    return tuple(node for node in attributes if node.attr == "forward")


def _with_self(function: FunctionFacts) -> str | None:
    """Its source with `self`, moved to the left margin; None where it is written unusually."""
    node = function.node
    first, *rest = function.file.segment(node).split("\n")
    if rest:  # to the end of the last line: a comment there belongs to it
        rest[-1] = function.file.lines[(node.end_lineno or node.lineno) - 1]
    header = _HEADER.match(first)
    if header is None:
        return None
    margin = function.file.lines[node.lineno - 1][: node.col_offset]
    inside = _lines_in_texts(function)
    moved = [
        line if number in inside else line.removeprefix(margin)
        for number, line in enumerate(rest, node.lineno + 1)
    ]
    begun = first[header.end() :]
    if not begun:  # each parameter on a line of its own
        indent = moved[0][: len(moved[0]) - len(moved[0].lstrip())]
        return "\n".join(["def forward(", f"{indent}self,", *moved])
    return "\n".join([f"def forward(self{'' if begun.startswith(')') else ', '}{begun}", *moved])


def _lines_in_texts(function: FunctionFacts) -> frozenset[int]:
    """The lines that begin inside a text: what stands at their head belongs to it."""
    return frozenset(
        line
        for node in function.nodes
        if isinstance(node, ast.Constant | ast.JoinedStr)
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    )
