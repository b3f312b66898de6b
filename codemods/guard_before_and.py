"""Has the compiler leave out what stands behind a test in an `and`, as Python does.

## What the compiler says

    Module 'Block' has no attribute 'pool'

In `hasattr(self, "pool") and self.pool is not None` both sides are compiled, though the first one
says that there is no `self.pool`. An `if` or a conditional expression is left out where its test is
decided while compiling; the right side of an `and` never is.

## What is written instead

    hasattr(self, "pool") and self.pool is not None

    (self.pool is not None if hasattr(self, "pool") else False)

The same for what stands behind `self.norm is not None and` and, with True for False, for what
stands behind an `or`.

## When it holds back

Where none of the tests before it is one that the compiler can decide: `hasattr`, `is None`, or a
flag that is True or False as long as the model lives.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.flags import is_settled
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.fold import tests_before


class GuardBeforeAnd(SiteRule[Site[ast.BoolOp]]):
    name = "guard-before-and"
    summary = "What stands behind hasattr(…) and is only compiled where that holds."
    messages = (
        "has no attribute",
        "NoneType",
        "but got None",
        "Could not cast value of type",
        "found type 'Optional[",
        "Expected a value of type",
    )
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[Site[ast.BoolOp]]:
        for located in self.diagnosed(file):
            if located.function is not None and isinstance(located.node, ast.expr):
                for each in tests_before(located.node, located.function):
                    if isinstance(each.owner, ast.BoolOp):
                        yield Site(each.owner, located.function, located)

    def fix(self, site: Site[ast.BoolOp]) -> Fix:
        function, values = site.function, site.node.values
        assert site.located is not None and site.located.node is not None
        before = [e.test for e in tests_before(site.located.node, function) if e.owner is site.node]
        decided = [i for i, value in enumerate(before) if _is_decided(value, function)]
        is_and = isinstance(site.node.op, ast.And)
        word = "and" if is_and else "or"
        require(decided, f"no test before the {word} is decided while compiling")
        last, texts = decided[-1], [_operand(value, site.file) for value in values]
        test, rest = texts[last], f" {word} ".join(texts[last + 1 :])
        chosen = f"({rest} if {test} else False)" if is_and else f"(True if {test} else {rest})"
        edit = ReplaceExpression(site.node, f" {word} ".join([*texts[:last], chosen]))
        behind = f"what stands behind {site.file.segment(values[last])}"
        return Fix(f"{behind} is only compiled where that decides nothing yet", [edit])


def _operand(value: ast.expr, file: FileFacts) -> str:
    text = file.segment(value)
    loose = isinstance(value, ast.BoolOp | ast.IfExp | ast.Lambda | ast.NamedExpr)
    return f"({text})" if loose else text


def _is_decided(test: ast.expr, function: FunctionFacts) -> bool:
    """Whether the compiler can know a test: `hasattr(self, "x")`, `self.x is None`, a flag, what is
    None by its type, what is left to Python."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_decided(operand, function)
        case ast.Call(func=ast.Name(id="hasattr"), args=[ast.Name(id="self"), ast.Constant()]):
            return True
        case ast.Compare(
            left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]
        ):
            none = [each.arg for each in function.parameters if is_none(each.annotation)]
            return self_attribute(left) is not None or ast.unparse(left) in none
        case ast.IfExp(test=asked, orelse=ast.Constant(value=bool())):
            return ast.unparse(asked) == "not torch.jit.is_scripting()"
    name = self_attribute(test)
    return name is not None and is_settled(name, function)
