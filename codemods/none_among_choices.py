"""None among the values that something is looked for in is asked for by itself.

## What the compiler says

    aten::__contains__.str_list(str[] l, str item) -> bool:
    Expected a value of type 'List[str]' for argument 'l' but instead found type
    'Tuple[NoneType, str, str]'

The values of a list have one type, and None is of another one.

## What is written instead

    assert reduction in (None, "mean")       assert reduction is None or reduction in ("mean",)
    if mode not in [None, "a", "b"]:         if mode is not None and mode not in ["a", "b"]:

`in` asks by identity first, and nothing but None is equal to None.

## When it holds back

Where what is looked for is more than a name or an attribute, which would be worked out twice; where
a value is worked out by a call; where a comment stands among the values.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.indexing import is_pure
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.uses import is_none
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

TAKE_ANY = (ast.If, ast.While, ast.Assert, ast.Assign, ast.Return)
"""Nodes in which `a or b` needs no parentheses."""


class NoneAmongChoices(Rule):
    name: ClassVar[str] = "none-among-choices"
    summary: ClassVar[str] = "x in (None, 'a') becomes x is None or x in ('a',)."
    messages: ClassVar[tuple[str, ...]] = ("aten::__contains__",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a comparison, in the functions that have one."""
        for function in dict.fromkeys(located.function for located in self.diagnosed(facts)):
            if function is None or function.file is not facts:
                continue
            for node in function.nodes:
                match node:
                    case ast.Compare(
                        left=left,
                        ops=[ast.In() | ast.NotIn()],
                        comparators=[ast.List() | ast.Tuple() as choices],
                    ) if any(map(is_none, choices.elts)):
                        yield self._one(node, left, choices, function)

    def _one(
        self,
        node: ast.Compare,
        item: ast.expr,
        choices: ast.List | ast.Tuple,
        function: FunctionFacts,
    ) -> Rewrite | HeldBack:
        file, line, where = function.file, node.lineno, function.qualname
        if not isinstance(item, ast.Name | ast.Attribute):
            reason = f"{ast.unparse(item)} would be worked out twice"
            return HeldBack(self.name, file.path, line, where, reason)
        if not all(map(is_pure, choices.elts)):
            reason = "a value is worked out by a call, which would not always be made"
            return HeldBack(self.name, file.path, line, where, reason)
        if "#" in file.segment(choices):
            reason = "a comment stands among the values"
            return HeldBack(self.name, file.path, line, where, reason)
        is_in = isinstance(node.ops[0], ast.In)
        name = file.segment(item)
        code = f"{name} is None" if is_in else f"{name} is not None"
        left = [file.segment(each) for each in choices.elts if not is_none(each)]
        if left:
            listed = ", ".join(left)
            display = f"({listed}{',' if len(left) == 1 else ''})"
            if isinstance(choices, ast.List):
                display = f"[{listed}]"
            code += f" or {name} in {display}" if is_in else f" and {name} not in {display}"
        if not isinstance(file.parents[node], TAKE_ANY):
            code = f"({code})"
        summary = f"{name}: None is asked for by itself"
        edits = (ReplaceExpression(node, code),)
        return Rewrite(self.name, file.path, line, where, summary, Safety.SAFE, edits)
