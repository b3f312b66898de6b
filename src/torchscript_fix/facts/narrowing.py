"""Where the compiler has to be told that a thing is not None, and the asserts that tell it.

An assert may only stand where None would have raised anyway: where every way on from there uses
the thing as a value. What the compiler refines by itself is left alone (RefinementSet in
torch/csrc/jit/frontend/ir_emitter.cpp: `is None`, `is not None`, `not`, `and`, `or`, a branch that
returns or raises, `assert`).
"""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TypedDict

from typing_extensions import Unpack

from torchscript_fix.editing.edit import (
    Edit,
    GuardBody,
    InsertBefore,
    RemoveStatement,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.statements import may_leave
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.uses import (
    Role,
    Thing,
    Use,
    is_none,
    needs_value,
    rebinds,
    uses,
    uses_of,
)

LAST_SIMPLE = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Return


@dataclass(frozen=True)
class Obstacle:
    """A use that no assert and no test can be put before."""

    node: ast.AST
    reason: str


class About(TypedDict, total=False):
    """What is known of a thing; the fields are those of Thing."""

    every_load: bool
    undefined: bool
    truthy: bool
    number: bool
    stand_ins: frozenset[str]
    same: frozenset[str]
    opposite: frozenset[str]


@dataclass(frozen=True)
class Narrowing:
    """What has to be edited so that every use as a value is known not to be None.

    `asserts` counts the asserts among the edits. Where there are obstacles, the edits alone are
    not enough.
    """

    edits: tuple[Edit, ...]
    obstacles: tuple[Obstacle, ...]
    asserts: int


def narrow(
    function: FunctionFacts,
    thing: str,
    *,
    proof: str | None = None,
    same_as: Collection[str] = (),
    known: bool = False,
    **about: Unpack[About],
) -> Narrowing:
    """The asserts that `thing` needs in `function`.

    `thing` is a parameter (`x2`), taken to be declared Optional, or an attribute that may be None
    (`self.conv`). `proof` is what is asserted (`x2 is not None`). `same_as` are tests, as
    `ast.unparse` spells them, known to be true exactly where the thing is not None. `known`:
    callers see to it that it is not None on entry. `about`: what else is known, see Thing.
    """
    plan = _Plan(
        Thing(function, thing, **about), proof or f"{thing} is not None", frozenset(same_as)
    )
    plan.block(function.node.body, known, in_branch=False)
    return Narrowing(tuple(plan.edits), tuple(plan.obstacles), plan.asserts)


@dataclass
class _Plan:
    """One walk over the statements of a function, block by block, as the compiler goes."""

    thing: Thing
    proof: str
    same_as: frozenset[str]
    edits: list[Edit] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    asserts: int = 0
    never_none: bool = False
    """Whether the statements at hand are only reached where the thing is not None."""

    # ---------------------------------------------------------------------------- statements

    def block(
        self, body: list[ast.stmt], known: bool, in_branch: bool, never_none: bool = False
    ) -> tuple[bool, bool]:
        """Edit one block, in which the thing is `known` by the compiler not to be None on entry.

        `never_none`: it is not, though the compiler cannot know. Whether it is known at the end,
        and whether the end is never reached (`return`, `raise`).
        """
        outside, self.never_none = self.never_none, self.never_none or never_none
        try:
            return self._statements(body, known, in_branch)
        finally:
            self.never_none = outside

    def _statements(self, body: list[ast.stmt], known: bool, in_branch: bool) -> tuple[bool, bool]:
        for index, statement in enumerate(body):
            if not known and self._assert_here(body, index):
                self._insert(body, index, in_branch)
                known = True
            known, left = self._statement(statement, known, in_branch)
            if left:
                return known, True
        return known, False

    def _assert_here(self, body: list[ast.stmt], index: int) -> bool:
        """Whether an assert belongs before a statement: it needs one, and every way on from it
        passes a statement that itself needs the thing."""
        if not any(needs_value(use) for use in _all_uses(self.thing, body[index])):
            return False
        if self.never_none and self._fits(body[index]):
            return True
        for statement in body[index:]:
            if any(use.sure and needs_value(use) for use in uses_of(self.thing, statement)):
                return True
            if self._may_leave(statement) or rebinds(self.thing, statement):
                return False
        return False

    def _fits(self, statement: ast.stmt) -> bool:
        """Whether an assert before this very statement, not in one of its blocks, is wanted."""
        return any(needs_value(use) for use in uses_of(self.thing, statement))

    def _insert(self, body: list[ast.stmt], index: int, in_branch: bool) -> None:
        before = body[:index]
        straight = all(isinstance(s, LAST_SIMPLE) and not rebinds(self.thing, s) for s in before)
        first = body[0] if in_branch and straight else body[index]
        self.edits.append(InsertBefore(first, f"assert {self.proof}"))
        self.asserts += 1

    def _may_leave(self, statement: ast.stmt) -> bool:
        return may_leave(self.thing.function.file.parsed, statement)

    def _statement(self, statement: ast.stmt, known: bool, in_branch: bool) -> tuple[bool, bool]:
        if not self.thing.may_be_told_of_in(statement) and not self._may_leave(statement):
            return known, False
        if not known:
            self._expressions(statement)
        match statement:
            case ast.Return() | ast.Raise():
                return known, True
            case ast.If():
                return self._if(statement, known)
            case ast.For() | ast.While():
                self._loop(statement, known)
                return known and not self._forgotten(statement), False
            case ast.With(body=body):
                return self.block(body, known, in_branch)
            case ast.Assert(test=test):
                return known or self.thing.known(test)[0], False
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign() if rebinds(self.thing, statement):
                return not _may_be_none(statement.value), False
            case ast.FunctionDef() | ast.ClassDef() | ast.Try() | ast.Match():
                self._not_scripted(statement)
        return known, False

    def _if(self, statement: ast.If, known: bool) -> tuple[bool, bool]:
        true, false = self.thing.known(statement.test)
        is_there, is_none_else = self._implied(statement.test)
        branches = [
            self.block(statement.body, known or true, True, is_there),
            self.block(statement.orelse, known or false, True, is_none_else),
        ]
        reached = [known_there for known_there, left in branches if not left]
        return all(reached), not reached

    def _implied(self, test: ast.expr) -> tuple[bool, bool]:
        """Whether a test that is no test to the compiler shows that the thing is not None: where
        it is true, and where it is false."""
        match test:
            case ast.BoolOp(op=ast.And(), values=values):
                return any(self._says(value) is True for value in values), False
            case ast.BoolOp(op=ast.Or(), values=values):
                return False, any(self._says(value) is False for value in values)
        return self._says(test) is True, self._says(test) is False

    def _loop(self, statement: ast.For | ast.While, known: bool) -> None:
        known = known and not self._forgotten(statement)
        if isinstance(statement, ast.For):
            self._asserted_in_vain(statement)
            known = known or self.thing.is_at(statement.target)
        self.block(statement.body, known, in_branch=True)
        self.block(statement.orelse, known, in_branch=True)

    def _asserted_in_vain(self, loop: ast.For) -> None:
        """Take out the asserts in a loop over the thing that reads nothing more of it: they were
        for `self.convs[i]`, before another rule had the loop go over `self.convs`."""
        proof = ast.unparse(ast.parse(self.proof, mode="eval"))
        said = [
            statement
            for statement in loop.body
            if isinstance(statement, ast.Assert) and ast.unparse(statement.test) == proof
        ]
        rest = [statement for statement in loop.body if statement not in said]
        if said and rest and self._is_read_in(loop.iter) and not any(map(self._is_read_in, rest)):
            self.edits += map(RemoveStatement, said)

    def _is_read_in(self, part: ast.AST) -> bool:
        return any(self.thing.is_at(node) for node in ast.walk(part))

    def _forgotten(self, loop: ast.stmt) -> bool:
        """Whether a loop may set the thing to None."""
        return any(
            isinstance(node, ast.Assign | ast.AnnAssign)
            and rebinds(self.thing, node)
            and _may_be_none(node.value)
            for node in ast.walk(loop)
        )

    def _not_scripted(self, statement: ast.stmt) -> None:
        if any(needs_value(use) for use in _all_uses(self.thing, statement)):
            kind = {"Try": "a try", "Match": "a match"}.get(type(statement).__name__, "a function")
            self._obstacle(statement, f"{self.thing.name} is used inside {kind}")

    # --------------------------------------------------------------------------- expressions

    def _expressions(self, statement: ast.stmt) -> None:
        """Uses in a statement that no assert before it may cover, and tests that are no tests to
        the compiler."""
        open_uses = [use for use in uses_of(self.thing, statement) if not use.covered]
        for use in open_uses:
            if use.role is not Role.VALUE:
                self._no_value(use)
        left = [use for use in open_uses if use.role is Role.VALUE]
        left = [use for use in left if not self._by_its_test(use)]
        if left and not (self._by_branching(statement, left) or self._by_nesting(statement, left)):
            for use in left:
                self._obstacle(
                    use.node,
                    f"{self.thing.name} is used in an expression that is not always evaluated, "
                    f"before which no assert fits",
                )

    def _no_value(self, use: Use) -> None:
        name = self.thing.name
        match use.role:
            case Role.TRUTH if self.thing.truthy:
                self._is_not_none(use)
            case Role.TRUTH if self.thing.attribute is None:
                self._replace(use.node, f"{name} is not None and {name}", use.parent)
            case Role.TRUTH:
                self._obstacle(use.node, f"the truth of {name} is tested, not whether it is None")
            case Role.CHOICE:
                self._obstacle(use.node, f"the truth of {name} decides a value")
            case Role.EQUALS_NONE:
                assert isinstance(use.parent, ast.Compare)
                word = "is" if isinstance(use.parent.ops[0], ast.Eq) else "is not"
                self.edits.append(ReplaceExpression(use.parent, f"{name} {word} None"))
            case Role.EQUALS if self.thing.attribute is None:
                self._equals(use)
            case Role.PASSED:
                self._obstacle(
                    use.node, f"{name} is passed on to a function that does not declare it Optional"
                )

    def _is_not_none(self, use: Use) -> None:
        """`if self.norm:` where that is only false for None."""
        parent, word = use.parent, "is not"
        replaced = use.node
        if isinstance(parent, ast.UnaryOp):
            replaced, word = parent, "is"
        self.edits.append(ReplaceExpression(replaced, f"{self.thing.name} {word} None"))

    def _equals(self, use: Use) -> None:
        """`mode == "a"`: with None it is False, to the compiler it is an error."""
        name = self.thing.name
        assert isinstance(use.parent, ast.Compare)
        compared = self.thing.function.file.segment(use.parent)
        equal = isinstance(use.parent.ops[0], ast.Eq)
        test = f"{name} is not None and" if equal else f"{name} is None or"
        parent = self.thing.function.file.parents[use.parent]
        self._replace(use.parent, f"{test} {compared}", parent)

    def _replace(self, node: ast.expr, code: str, parent: ast.AST) -> None:
        bare = isinstance(parent, ast.If | ast.While | ast.Assert) or parent is node
        self.edits.append(ReplaceExpression(node, code if bare else f"({code})"))

    def _by_its_test(self, use: Use) -> bool:
        """`self.conv(x) if self.c else x`: the test becomes one that the compiler understands."""
        for choice in use.choices:
            in_body = any(node is use.node for node in ast.walk(choice.body))
            if self._says(choice.test) is not in_body:
                continue
            opposite = f"not {self.proof}" if self.thing.undefined else f"{self.thing.name} is None"
            edit = ReplaceExpression(choice.test, self.proof if in_body else opposite)
            if edit not in self.edits:
                self.edits.append(edit)
            return True
        return False

    def _says(self, test: ast.expr) -> bool | None:
        """Whether a test is true exactly where the thing is not None, or (False) where it is."""
        if not self.same_as:
            return None
        spelled, denied, undone = _spelled(self.thing.function, test)
        if spelled in self.same_as:
            return True
        return False if denied in self.same_as or undone in self.same_as else None

    def _by_branching(self, statement: ast.stmt, left: list[Use]) -> bool:
        """`y = A if c else B` becomes an `if`, in whose branches the assert has its place."""
        choices = {use.choices[0] if use.choices else None for use in left}
        choice = choices.pop()
        if choices or choice is None or not isinstance(statement, LAST_SIMPLE):
            return False
        if any(len(use.choices) > 1 for use in left):
            return False
        if statement.value is not choice and not _is_plain(choice.test):
            return False
        sides = [choice.body, choice.orelse]
        if not all(_surely_needs(self.thing, side, left) for side in sides):
            return False
        if all(_is_used_in(side, left) for side in sides):
            self.edits.append(InsertBefore(statement, f"assert {self.proof}"))
            self.asserts += 1
            return True
        self.edits.append(ReplaceStatement(statement, self._as_if(statement, choice, left)))
        return True

    def _as_if(self, statement: ast.stmt, choice: ast.IfExp, left: list[Use]) -> str:
        """The statement as an `if`; a side that would say `x = x` is left out."""
        test, sides = self._text(choice.test), [choice.body, choice.orelse]
        branches = [self._branch(statement, choice, side, left) for side in sides]
        whole = isinstance(statement, ast.Assign) and statement.value is choice
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        target = targets[0] if whole and len(targets) == 1 else None
        if isinstance(target, ast.Name):
            keeps = [isinstance(side, ast.Name) and side.id == target.id for side in sides]
            if keeps[1]:
                return f"if {test}:\n{branches[0]}".rstrip("\n")
            if keeps[0]:
                return f"if {self._denied(choice.test)}:\n{branches[1]}".rstrip("\n")
        return f"if {test}:\n{branches[0]}else:\n{branches[1]}".rstrip("\n")

    def _denied(self, test: ast.expr) -> str:
        """The opposite of a test, without a `not` before a `not` or an `is`."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self._text(operand)
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() as op], comparators=[right]):
                word = "is not" if isinstance(op, ast.Is) else "is"
                return f"{self._text(left)} {word} {self._text(right)}"
            case ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript():
                return f"not {self._text(test)}"
        return f"not ({self._text(test)})"

    def _by_nesting(self, statement: ast.stmt, left: list[Use]) -> bool:
        """`if A and B:` becomes `if A:` with `if B:` in it, where A is a test of the thing. Of an
        attribute, the compiler looks at B whatever A is."""
        match statement:
            case ast.If(test=ast.BoolOp(op=ast.And(), values=values), orelse=[]):
                pass
            case _:
                return False
        split = next((i for i, v in enumerate(values, 1) if self.thing.known(v)[0]), len(values))
        behind = [node for value in values[split:] for node in ast.walk(value)]
        if not all(any(node is use.node for node in behind) for use in left):
            return False
        outer, inner = self._all_of(values[:split]), self._all_of(values[split:])
        self.edits += [ReplaceExpression(statement.test, outer), GuardBody(statement, inner)]
        return True

    def _all_of(self, values: list[ast.expr]) -> str:
        alone = len(values) == 1
        loose = ast.BoolOp | ast.IfExp | ast.Lambda | ast.NamedExpr
        return " and ".join(
            f"({self._text(v)})" if isinstance(v, loose) and not alone else self._text(v)
            for v in values
        )

    def _branch(
        self, statement: ast.stmt, choice: ast.IfExp, side: ast.expr, left: list[Use]
    ) -> str:
        """The statement with one side in the place of the conditional expression, indented."""
        lines = []
        if _is_used_in(side, left):
            lines.append(f"assert {self.proof}")
            self.asserts += 1
        lines += self._with_side(statement, choice, side).split("\n")
        return "".join(f"    {line}\n" for line in lines)

    def _with_side(self, statement: ast.stmt, choice: ast.IfExp, side: ast.expr) -> str:
        text, whole = self._text(choice), self._text(statement)
        before, found, after = whole.partition(text)
        assert found
        return f"{before}{self._text(side)}{after}"

    def _text(self, node: ast.expr | ast.stmt) -> str:
        """Source text; what spans lines is put on one."""
        segment = self.thing.function.file.segment(node)
        return segment if "\n" not in segment else ast.unparse(node)

    def _obstacle(self, node: ast.AST, reason: str) -> None:
        self.obstacles.append(Obstacle(node, reason))


@remembered
def _spelled(function: FunctionFacts, test: ast.expr) -> tuple[str, str, str | None]:
    """A test as Python writes it, the same denied, and what it denies, if anything."""
    undone = None
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        undone = ast.unparse(test.operand)
    return ast.unparse(test), ast.unparse(ast.UnaryOp(ast.Not(), test)), undone


def _all_uses(thing: Thing, statement: ast.stmt) -> Iterator[Use]:
    """The uses in a statement and in its blocks, those under tests of the thing left out."""
    if not thing.may_be_in(statement):
        return
    found: list[Use] = uses_of(thing, statement)
    yield from found
    known = thing.known(statement.test) if isinstance(statement, ast.If) else (False, False)
    for block in ("body", "orelse", "finalbody", "handlers"):
        for inner in getattr(statement, block, ()):
            if isinstance(inner, ast.stmt):
                if not known[block == "orelse"]:
                    yield from _all_uses(thing, inner)
            elif isinstance(inner, ast.ExceptHandler):
                for handled in inner.body:
                    yield from _all_uses(thing, handled)


def _may_be_none(value: ast.expr | None) -> bool:
    """Whether a value that is assigned is, or may visibly be, None."""
    match value:
        case None:
            return True
        case ast.IfExp(body=body, orelse=orelse):
            return _may_be_none(body) or _may_be_none(orelse)
        case ast.BoolOp(values=values):
            return any(_may_be_none(v) for v in values)
    return is_none(value)


def _is_plain(test: ast.expr) -> bool:
    """Whether a test may be evaluated before the rest of its statement: names, attributes and
    constants, compared or negated."""
    return all(
        isinstance(
            node,
            ast.Name
            | ast.Attribute
            | ast.Constant
            | ast.Compare
            | ast.UnaryOp
            | ast.BoolOp
            | ast.expr_context
            | ast.cmpop
            | ast.unaryop
            | ast.boolop,
        )
        for node in ast.walk(test)
    )


def _is_used_in(side: ast.expr, left: list[Use]) -> bool:
    """Whether a branch of a conditional expression holds one of these uses."""
    return any(node is use.node for use in left for node in ast.walk(side))


def _surely_needs(thing: Thing, side: ast.expr, left: list[Use]) -> bool:
    """Whether a branch of a conditional expression that uses the thing does so surely."""
    return not _is_used_in(side, left) or any(
        use.sure and needs_value(use) for use in uses(thing, [side])
    )
