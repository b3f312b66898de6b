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

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.indexing import is_pure
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Fix, NodeRule, Safety, Site, require
from torchscript_fix.kit.code import in_place_of, tuple_of

TAKE_ANY = ast.If | ast.While | ast.Assert | ast.Assign | ast.Return
"""Nodes in which `a or b` needs no parentheses."""


class NoneAmongChoices(NodeRule[ast.Compare]):
    name = "none-among-choices"
    summary = "x in (None, 'a') becomes x is None or x in ('a',)."
    messages = ("aten::__contains__",)
    safety = Safety.SAFE
    kinds = ast.Compare

    def fix(self, site: Site[ast.Compare]) -> Fix | None:
        match site.node.ops, site.node.comparators:
            case [ast.In() | ast.NotIn() as op], [ast.List() | ast.Tuple() as choices]:
                item, segment = site.node.left, site.file.segment
            case _:
                return None
        if not any(map(is_none, choices.elts)):
            return None
        is_name = isinstance(item, ast.Name | ast.Attribute)
        require(is_name, f"{ast.unparse(item)} would be worked out twice")
        called = "a value is worked out by a call, which would not always be made"
        require(all(map(is_pure, choices.elts)), called)
        require("#" not in segment(choices), "a comment stands among the values")
        name, left = segment(item), [segment(each) for each in choices.elts if not is_none(each)]
        is_in = isinstance(op, ast.In)
        code = f"{name} is None" if is_in else f"{name} is not None"
        if left:
            listed = f"[{', '.join(left)}]" if isinstance(choices, ast.List) else tuple_of(left)
            code += f" or {name} in {listed}" if is_in else f" and {name} not in {listed}"
        edit = ReplaceExpression(site.node, in_place_of(site.node, code, site.file, TAKE_ANY))
        return Fix(f"{name}: None is asked for by itself", [edit])
