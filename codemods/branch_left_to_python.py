"""A branch that no case ever took, and that does not compile, is left to Python.

## What the compiler says

Anything at all, once no other rule has an answer: the branch returns a list where the other one
returns a Tensor ("Previous return statement returned a value of type"), calls what is not there
("has no attribute or method"), or works with NumPy ("Python builtin … is currently not supported").
Scripting compiles every branch, whether a model takes it or not.

## What is written instead

    if self.mode == 0:                      if self.mode == 0:
        return self.weird(x)                    if not torch.jit.is_scripting():
    return self.conv(x)                             return self.weird(x)
                                                else:
                                                    raise NotImplementedError(
                                                        "not scripted: self.mode == 0")
                                            return self.conv(x)

Python goes the way that it always went. The scripted model does not compile that branch, and says
so where it comes to it: it never goes another way. So too for what stands under `elif` and `else`,
and for what follows an `if` whose branches all return, where every case took one of them.

## When it holds back

- A case took the branch, or it is not known which lines ran: in a generator, in a function that ran
  100,000 lines, on the line of its `if`.
- The test asks for `self.training`, which cases do not choose, or whether the model is traced.
- What does not compile is the test itself, or is nothing that TorchScript's parser can read: that
  it reads in every branch.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from torchscript_fix.editing.edit import Edit, GuardBody, GuardRest
from torchscript_fix.editing.places import is_elif
from torchscript_fix.facts.diagnosed import Diagnosis, callers_of, statement_at
from torchscript_fix.facts.flags import flags_of, is_final
from torchscript_fix.facts.flow import block_around, exits
from torchscript_fix.facts.ran import Ran, ran_in
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.kit import Fix, Safety, SiteRule, require
from torchscript_fix.kit.fold import around
from torchscript_fix.kit.sites import InFunction
from torchscript_fix.kit.spelling import spelled_is_scripting

LONGEST_TEST = 60
OF_THE_PARSER = words("varargs keyword-expansion lambda-def comprehension unsupported-syntax")
"""Kinds of what is refused (torch/jit/frontend.py) before branches are told apart."""
OF_RETURNS = "Previous return statement returned a value of type"
OF_ARMS = ("in the true branch", "in the false branch")


@dataclass(frozen=True)
class Branch(InFunction):
    """Statements that one or several tests decide about."""

    function: FunctionFacts
    statements: tuple[ast.stmt, ...]
    owner: ast.If
    """The `if` that holds the statements, or that stands before them."""
    block: Literal["body", "orelse"] | None
    """Where it holds them; None where it stands before them."""
    tests: tuple[ast.expr, ...]
    """In the body the one that holds; otherwise those of which none does."""

    @property
    def line(self) -> int:
        return self.statements[0].lineno

    def is_within(self, other: "Branch") -> bool:
        """Whether it is a part of another."""
        end, its_end = (each.statements[-1].end_lineno or 0 for each in (self, other))
        inside = other.line <= self.line and end <= its_end
        return inside and self != other and self.function is other.function

    @property
    def condition(self) -> str:
        """The tests in short, as they are shown to people."""
        text = " or ".join(map(ast.unparse, self.tests))
        match self.tests:
            case _ if self.block == "body":
                pass
            case [ast.UnaryOp(op=ast.Not(), operand=operand)]:
                text = ast.unparse(operand)
            case [ast.Name() | ast.Attribute() | ast.Call() | ast.Subscript()]:
                text = f"not {text}"
            case _:
                text = f"not ({text})"
        short = text if len(text) <= LONGEST_TEST else f"{text[:LONGEST_TEST].rstrip()}..."
        return short.encode("ascii", "replace").decode()

    @property
    def obstacle(self) -> str | None:
        """Why it stays as it is, though it may be that it never ran."""
        asked = _asked_by(self.tests)
        if ran_in(self.function) is None:
            return "which lines of this function ran is not known"
        for word, what in (("training", "trained"), ("is_tracing", "traced")):
            if word in asked:
                return f"whether it is {what} is decided where the model is used"
        if self.block == "body" and self.line == self.owner.test.end_lineno:
            return "it stands on the line of its `if`, and lines do not tell whether it ran"
        return None


class BranchLeftToPython(SiteRule[Branch]):
    name = "branch-left-to-python"
    summary = "A branch that no case took, and that does not compile, raises where it is scripted."
    # It helps against whatever is said of such a branch; these are what is said most often.
    messages = (OF_RETURNS, "is set to type", "has no attribute or method", "Python builtin")
    safety = Safety.NARROWING
    last_resort = True

    def sites(self, file: FileFacts) -> Iterator[Branch]:
        project = file.project
        found = (_branch_of(diagnosis, project) for diagnosis in project.diagnosed.unanswered)
        branches = dict.fromkeys(branch for branch in found if branch is not None)
        outer = [branch for branch in branches if branch.obstacle is None]
        for branch in branches:
            if branch.obstacle is not None or not any(map(branch.is_within, outer)):
                yield branch

    def fix(self, site: Branch) -> Fix:
        require(site.obstacle is None, site.obstacle or "")
        is_scripting = spelled_is_scripting(site.function)
        guard, condition = f"not {is_scripting.code}", site.condition
        otherwise = f"raise NotImplementedError({json.dumps(f'not scripted: {condition}')})"
        edit: Edit = GuardRest(site.statements[0], guard, otherwise)
        if site.block is not None:
            edit = GuardBody(site.owner, guard, site.block, otherwise)
        summary = f"left to Python, since no case came there: {condition}"
        return Fix(summary, [*is_scripting.imports, edit])


# ------------------------------------------------------------------------ where it does not compile


def _branch_of(diagnosis: Diagnosis, project: Project) -> Branch | None:
    """The branch without which the compiler would not come to a diagnosis: the innermost on its
    way that never ran though its function did, or else the first that cannot be left to Python.
    None where there is none, or where it is left to it already."""
    held: Branch | None = None
    for function, node in _ways(diagnosis, project):
        if "is_scripting" in _asked_by(_tests_around(node, function)):
            return None
        if (function.file.path, function.qualname) in project.observed.functions:
            ran = ran_in(function)  # the calls that lead to what never ran itself tell more
            for branch in _branches_around(node, function, ran):
                if branch.obstacle is not None:
                    held = held or branch
                elif ran is not None and ran.is_never(branch.statements):
                    return branch
    return held


def _ways(diagnosis: Diagnosis, project: Project) -> Iterator[tuple[FunctionFacts, ast.AST]]:
    """What the compiler complains of, what it contradicts, and the calls that lead there."""
    file = project.files.get(diagnosis.path) if diagnosis.path is not None else None
    if file is not None and diagnosis.kind not in OF_THE_PARSER:
        located = project.diagnosed.located(diagnosis, file)
        function = located.function
        if function is not None:
            node = located.node or statement_at(located.line, function)
            for each in _involved(diagnosis, node, function) if node is not None else ():
                yield function, each
    yield from callers_of(diagnosis, project)


def _involved(diagnosis: Diagnosis, node: ast.AST, function: FunctionFacts) -> Iterator[ast.AST]:
    """A node that is complained of, the `return` that it is measured by, and other branches that
    leave something else in a variable; not what cases return."""
    returned = function.file.project.observed.return_types(function.file.path, function.qualname)
    wanted, found = (diagnosis.involved.get(role) for role in ("wanted", "found"))
    of_returns = OF_RETURNS in diagnosis.message
    if of_returns and wanted not in returned and isinstance(node, ast.stmt | ast.expr):
        yield from _measuring(wanted or "", node.lineno, function)
    if not of_returns or found not in returned:
        yield node
    if any(words in diagnosis.message for words in OF_ARMS) and isinstance(node, ast.If):
        for arm in _chain_from(node):
            yield from (arm.body[0], *([] if _elif_of(arm) else arm.orelse[:1]))


def _measuring(wanted: str, line: int, function: FunctionFacts) -> Iterator[ast.Return]:
    """The `return` above a line by which those behind it are measured: the first one of a type."""
    returns = (node for node in function.nodes if isinstance(node, ast.Return))
    is_settled = False
    for node in sorted(returns, key=lambda each: each.lineno):
        tests = _tests_around(node, function)
        if "is_scripting" in _asked_by(tests):
            is_settled = True
        elif node.lineno < line and not any(_is_final(test, function) for test in tests):
            kind = type(node.value).__name__.removesuffix("Comp")
            shows = kind in {"Tuple", "List", "Dict"}
            if wanted.startswith(f"{kind}[") if shows else not is_settled:
                yield node
                return


def _is_final(test: ast.expr, function: FunctionFacts) -> bool:
    """Whether a flag decides a test for the compiler."""
    flags, owner = flags_of(test) or (), function.owner
    return owner is not None and len(flags) == 1 and all(is_final(each, owner) for each in flags)


def _tests_around(node: ast.AST, function: FunctionFacts) -> list[ast.expr]:
    return [each.test for each in around(node, function) if isinstance(each, ast.If)]


def _asked_by(tests: Iterable[ast.expr]) -> set[str]:
    """The last parts of all names in tests."""
    nodes = [node for test in tests for node in ast.walk(test)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


# ------------------------------------------------------------------------ which branches there are


def _branches_around(node: ast.AST, function: FunctionFacts, ran: Ran | None) -> Iterator[Branch]:
    """The branches around a node, innermost first. What is defined in the function is one with the
    statement that defines it."""
    outer = [node, *around(node, function), function.node]
    inner = [n for n in outer[1:-1] if isinstance(n, ast.FunctionDef | ast.Lambda | ast.ClassDef)]
    start = outer.index(inner[-1]) if inner else 0
    for below, owner in zip(outer[start:], outer[start + 1 :], strict=False):
        block = block_around(owner, below)
        yield from _rest(function, block, below, ran)
        if isinstance(owner, ast.If) and block is owner.body:
            yield Branch(function, tuple(block), owner, "body", (owner.test,))
        elif isinstance(owner, ast.If) and block is owner.orelse and _elif_of(owner) is None:
            yield Branch(function, tuple(block), owner, "orelse", _chain_to(owner, function))


def _rest(
    function: FunctionFacts, block: Sequence[ast.stmt], below: ast.AST, ran: Ran | None
) -> Iterator[Branch]:
    """The statements to the end of a block that never ran, with one of them in question, because
    each case left by the `if` before them: one that the user wrote, and that did run."""
    never = (i for i in range(1, len(block)) if ran is not None and ran.is_never(block[i:]))
    at = next(never, len(block))
    match block[:at], block[at:]:
        case [*_, ast.If() as before], rest if ran is not None and below in rest:
            chain = list(_chain_from(before))
            leave = all(exits(each.body) for each in chain)
            if leave and before.lineno in ran.lines & ran.kept:
                yield Branch(function, tuple(rest), before, None, tuple(e.test for e in chain))


def _elif_of(owner: ast.If) -> ast.If | None:
    match owner.orelse:
        case [ast.If() as following, *_] if is_elif(owner, following):
            return following
    return None


def _chain_from(owner: ast.If | None) -> Iterator[ast.If]:
    """An `if` and the `elif`s behind it."""
    while owner is not None:
        yield owner
        owner = _elif_of(owner)


def _chain_to(owner: ast.If, function: FunctionFacts) -> tuple[ast.expr, ...]:
    """The tests of an `if` and its `elif`s, up to one of them."""
    above = function.file.parents[owner]
    if isinstance(above, ast.If) and _elif_of(above) is owner:
        return (*_chain_to(above, function), owner.test)
    return (owner.test,)
