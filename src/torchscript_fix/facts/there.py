"""Whether an attribute of `self` is there, and not None, wherever a place in a method is reached.

Behind this may stand what reads it once more than the code did: a list that is looped over, though
the loop that indexed it had no turns.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.facts.defined import Construction
from torchscript_fix.facts.held import held_by, held_by_attribute
from torchscript_fix.facts.kept import kept_as
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import ClassFacts, Definition, FunctionFacts, self_attribute


def is_there(thing: ast.expr, at: ast.stmt, function: FunctionFacts) -> bool:
    """Whether `thing`, an attribute of `self` or an element of one, surely holds something where
    the statement `at` begins; of what is no attribute nothing is said against it."""
    name = _attribute(thing)
    if name is None:
        return True
    classes = function.scripted_for or ((function.owner,) if function.owner is not None else ())
    known = frozenset(_known(at, function))
    return all(
        _is_always_there(cls, name) or bool(known & _shown_by(cls, name))
        for cls in classes
        if cls.attribute(name) is not None
    )


def _attribute(thing: ast.expr) -> str | None:
    while isinstance(thing, ast.Subscript):
        thing = thing.value
    return self_attribute(thing)


@remembered
def _is_always_there(cls: ClassFacts, name: str) -> bool:
    attribute = cls.attribute(name)
    if attribute is None or Kind.NONE in held_by_attribute(attribute).kinds:
        return False
    return attribute.class_level is not None or Construction(cls, name).flow.always


@remembered
def _shown_by(cls: ClassFacts, name: str) -> frozenset[str]:
    """Tests, as `ast.unparse` spells them, that are true only where the attribute is there."""
    tests = {f"self.{name} is not None", f"hasattr(self, '{name}')"}
    attribute = cls.attribute(name)
    definitions = attribute.definitions if attribute is not None else ()
    given = [d for d in definitions if not _is_none(d)]
    if len(given) == 1 and all(d.in_construction for d in definitions):
        (one,) = given
        test = _condition(one)
        kept = kept_as(test, one.function, cls) if test is not None else None
        if kept is not None:
            tests.add(kept)
    return frozenset(tests)


def _is_none(definition: Definition) -> bool:
    value = definition.value
    return value is not None and held_by(value, definition.function).kinds == {Kind.NONE}


def _condition(definition: Definition) -> ast.expr | None:
    """The one test under which a definition gives the attribute something."""
    value, branches = definition.value, definition.branches
    match value:
        case ast.IfExp(test=test, orelse=ast.Constant(value=None)) if not branches:
            return test
    if len(branches) == 1 and isinstance(branch := branches[0].statement, ast.If):
        return branch.test if definition.statement in branch.body else None
    return None


def _known(at: ast.stmt, function: FunctionFacts) -> Iterator[str]:
    """What is known to be true where a statement begins, as `ast.unparse` spells it: by the tests
    around it, by asserts before it, and by what is left before it otherwise."""
    below: ast.AST = at
    for above in function.file.ancestors(at):
        for part in ("body", "orelse"):
            block = getattr(above, part, None)
            if not isinstance(block, list) or below not in block:
                continue
            for earlier in block[: block.index(below)]:
                match earlier:
                    case ast.Assert(test=test):
                        yield from _conjuncts(test)
                    case ast.If(test=test, body=[*_, ast.Return() | ast.Raise()]):
                        yield from _conjuncts(_negated(test))
            if isinstance(above, ast.If):
                yield from _conjuncts(above.test if part == "body" else _negated(above.test))
        if above is function.node:
            return
        below = above


def _conjuncts(test: ast.expr) -> Iterator[str]:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from _conjuncts(value)
    yield ast.unparse(test)


def _negated(test: ast.expr) -> ast.expr:
    """`self.conv is not None` for `self.conv is None`, `self.deep` for `not self.deep`."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(left=left, ops=[ast.Is()], comparators=right):
            return ast.Compare(left, [ast.IsNot()], right)
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=right):
            return ast.Compare(left, [ast.NotEq()], right)
    return ast.UnaryOp(ast.Not(), test)
