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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from torchscript_fix.editing.edit import Edit, GuardBody, GuardRest
from torchscript_fix.editing.places import is_elif
from torchscript_fix.facts.diagnosed import Diagnosis
from torchscript_fix.facts.flags import is_final
from torchscript_fix.facts.ran import Ran, ran_in
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project, self_attribute
from torchscript_fix.kit.spelling import SpellingError, spelled_is_scripting
from torchscript_fix.line_map import line_now
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

LONGEST_TEST = 60
OF_THE_PARSER = frozenset(
    {"varargs", "keyword-expansion", "lambda-def", "comprehension", "unsupported-syntax"}
)
"""Kinds of what is refused (torch/jit/frontend.py) before branches are told apart."""
OF_RETURNS = "Previous return statement returned a value of type"
OF_ARMS = ("in the true branch", "in the false branch")


class BranchLeftToPython(Rule):
    """Leaves branches to Python that no case takes."""

    name: ClassVar[str] = "branch-left-to-python"
    summary: ClassVar[str] = (
        "A branch that no case took, and that does not compile, raises where it is scripted."
    )
    # It helps against whatever is said of such a branch; these are what is said most often.
    messages: ClassVar[tuple[str, ...]] = (
        OF_RETURNS,
        "is set to type",
        "has no attribute or method",
        "Python builtin",
    )
    safety: ClassVar[Safety] = Safety.NARROWING
    last_resort: ClassVar[bool] = True

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a branch."""
        branches: list[Branch] = []
        for diagnosis in facts.project.diagnosed.unanswered:
            found = _branch_of(diagnosis, facts.project)
            if isinstance(found, Branch) and found not in branches:
                branches.append(found)
            elif isinstance(found, HeldBack) and found.path == facts.path:
                yield found
        for branch in branches:
            inside = any(branch.is_within(other) for other in branches)
            if branch.function.file is facts and not inside:
                yield _left_to_python(branch)


# ------------------------------------------------------------------------ where it does not compile


@dataclass(frozen=True, eq=False)
class Place:
    """A node on the way to what does not compile."""

    function: FunctionFacts
    node: ast.AST


def _branch_of(diagnosis: Diagnosis, project: Project) -> "Branch | HeldBack | None":
    """The branch without which the compiler would not come to a diagnosis: the innermost on its
    way. None where there is none, or where it is left to Python already."""
    held: HeldBack | None = None
    for place in _ways(diagnosis, project):
        if _is_settled(place):
            return None
        found = _smallest(place)
        if isinstance(found, Branch):
            return found
        held = held or found
    return held


def _ways(diagnosis: Diagnosis, project: Project) -> Iterator[Place]:
    """What the compiler complains of, what it contradicts, and the calls that lead there."""
    file = project.files.get(diagnosis.path) if diagnosis.path is not None else None
    if file is not None and diagnosis.kind not in OF_THE_PARSER:
        located = project.diagnosed.located(diagnosis, file)
        if located.function is not None:
            node = located.node or _statement_at(located.function, located.line)
            if node is not None:
                this = Place(located.function, node)
                yield from _earlier_returns(diagnosis, this)
                if OF_RETURNS not in diagnosis.message or not _is_returned(
                    "found", diagnosis, this
                ):
                    yield this
                yield from _contradicted(diagnosis, located.function, node)
    for caller in diagnosis.chain:
        file = project.files.get(caller.path)
        function = file.functions.get(caller.function) if file is not None else None
        if file is not None and function is not None:
            original = project.diagnosed.originals.get(file.path, file.text)
            node = _statement_at(function, line_now(original, file.text, caller.line))
            if node is not None:
                yield Place(function, node)


def _statement_at(function: FunctionFacts, line: int) -> ast.stmt | None:
    """The innermost statement of a function at a line."""
    statements = [
        node
        for node in function.nodes
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line)
    ]
    return statements[-1] if len(statements) > 1 else None


def _earlier_returns(diagnosis: Diagnosis, this: Place) -> Iterator[Place]:
    """The `return` that another is measured by, unless that one is what cases return."""
    function = this.function
    if OF_RETURNS not in diagnosis.message:
        return
    wanted = diagnosis.involved["wanted"]
    if _is_returned("wanted", diagnosis, this) or not isinstance(this.node, ast.stmt | ast.expr):
        return
    found = [node for node in function.nodes if isinstance(node, ast.Return)]
    is_settled = False
    for node in sorted(found, key=lambda node: node.lineno):
        place = Place(function, node)
        if node.lineno >= this.node.lineno:
            return
        if _is_settled(place):
            is_settled = True
        elif not _is_left_out(place):
            kind = _kind(node.value)
            if wanted.startswith(kind) if kind else not is_settled:
                yield place
                return


def _is_returned(role: str, diagnosis: Diagnosis, this: Place) -> bool:
    """Whether a type in a diagnosis is what cases saw the function return."""
    file = this.function.file
    returned = file.project.observed.return_types(file.path, this.function.qualname)
    return diagnosis.involved.get(role) in returned


def _kind(value: ast.expr | None) -> str:
    """How the type of an expression begins, where that can be seen."""
    match value:
        case ast.Tuple():
            return "Tuple["
        case ast.List() | ast.ListComp():
            return "List["
        case ast.Dict() | ast.DictComp():
            return "Dict["
    return ""


def _is_left_out(place: Place) -> bool:
    """Whether a flag decides for the compiler, too, if it comes to a place."""
    owner = place.function.owner
    for around in _around(place):
        if isinstance(around, ast.If) and owner is not None:
            test = around.test
            if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
                test = test.operand
            name = self_attribute(test)
            if name is not None and is_final(name, owner):
                return True
    return False


def _contradicted(diagnosis: Diagnosis, function: FunctionFacts, node: ast.AST) -> Iterator[Place]:
    """Other branches that a diagnosis is about: what one leaves in a variable is measured by what
    another does."""
    if any(words in diagnosis.message for words in OF_ARMS):
        while isinstance(node, ast.If):
            yield Place(function, node.body[0])
            if node.orelse and not is_elif(node, node.orelse[0]):
                yield Place(function, node.orelse[0])
            node = node.orelse[0] if node.orelse and is_elif(node, node.orelse[0]) else ast.Pass()


def _is_settled(place: Place) -> bool:
    """Whether it is told apart already what is scripted."""
    return any(
        isinstance(around, ast.If) and "is_scripting" in _asked_by([around.test])
        for around in _around(place)
    )


def _around(place: Place) -> Iterator[ast.AST]:
    """The nodes around a place in its function, innermost first."""
    for around in place.function.file.ancestors(place.node):
        if around is place.function.node:
            return
        yield around


def _asked_by(tests: Sequence[ast.expr]) -> set[str]:
    """The last parts of all names in tests."""
    nodes = [node for test in tests for node in ast.walk(test)]
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


# ------------------------------------------------------------------------ which branch never ran


@dataclass(frozen=True)
class Branch:
    """Statements that one or several tests decide about."""

    function: FunctionFacts
    statements: tuple[ast.stmt, ...]
    owner: ast.If
    """The `if` that holds the statements, or that stands before them."""
    block: Literal["body", "orelse", "behind"]
    tests: tuple[ast.expr, ...]
    is_negated: bool
    """Whether it is come to where none of the tests holds; where the only one does, otherwise."""

    def is_within(self, other: "Branch") -> bool:
        """Whether it is a part of another."""
        if self == other or self.function is not other.function:
            return False
        start, end = other.statements[0].lineno, other.statements[-1].end_lineno or 0
        return start <= self.statements[0].lineno and (self.statements[-1].end_lineno or 0) <= end

    @property
    def condition(self) -> str:
        """The tests in short, as they are shown to people."""
        text = " or ".join(map(ast.unparse, self.tests))
        if self.is_negated:
            text = _negated(self.tests[0]) if len(self.tests) == 1 else f"not ({text})"
        if len(text) > LONGEST_TEST:
            text = f"{text[:LONGEST_TEST].rstrip()}..."
        return text.encode("ascii", "replace").decode()


def _negated(test: ast.expr) -> str:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return ast.unparse(test.operand)
    if isinstance(test, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        return f"not {ast.unparse(test)}"
    return f"not ({ast.unparse(test)})"


def _smallest(place: Place) -> Branch | HeldBack | None:
    """The smallest branch around a place that never ran, though its function did; or why one that
    there is was left alone."""
    function = place.function
    observed = function.file.project.observed.function(function.file.path, function.qualname)
    if observed is None:
        return None  # it never ran itself: the calls that lead here tell more
    ran = ran_in(function)
    held: HeldBack | None = None
    for branch in _candidates(place, ran):
        obstacle = _obstacle(branch, ran)
        if obstacle is not None:
            held = held or _held(branch, obstacle)
        elif ran is not None and ran.is_never(branch.statements):
            return branch
    return held


def _candidates(place: Place, ran: Ran | None) -> Iterator[Branch]:
    """The branches around a place, innermost first. What is defined in the function is one with
    the statement that defines it."""
    around = [*_around(place), place.function.node]
    inner = [n for n in around[:-1] if isinstance(n, ast.FunctionDef | ast.Lambda | ast.ClassDef)]
    below = inner[-1] if inner else place.node
    for outer in around[around.index(below) + 1 :] if inner else around:
        for name in ("body", "orelse", "finalbody"):
            block = getattr(outer, name, None)
            if isinstance(block, list) and below in block:
                rest = _rest(place.function, block, below, ran)
                if rest is not None:
                    yield rest
                if isinstance(outer, ast.If) and not (
                    name == "orelse" and is_elif(outer, block[0])
                ):
                    yield _arm(place.function, outer, name)
        below = outer


def _arm(function: FunctionFacts, owner: ast.If, block: str) -> Branch:
    if block == "body":
        return Branch(function, tuple(owner.body), owner, "body", (owner.test,), False)
    return Branch(function, tuple(owner.orelse), owner, "orelse", _chain(function, owner), True)


def _chain(function: FunctionFacts, owner: ast.If) -> tuple[ast.expr, ...]:
    """The tests of an `if` and its `elif`s, up to one of them."""
    above = function.file.parents.get(owner)
    if isinstance(above, ast.If) and owner in above.orelse and is_elif(above, owner):
        return (*_chain(function, above), owner.test)
    return (owner.test,)


def _rest(
    function: FunctionFacts, block: list[ast.stmt], below: ast.AST, ran: Ran | None
) -> Branch | None:
    """The statements to the end of a block that never ran, with one of them in question, because
    each case left by the `if` before them: one that the user wrote, and that did run."""
    if ran is None:
        return None
    at = next((i for i in range(1, len(block)) if ran.is_never(block[i:])), len(block))
    if below not in block[at:]:
        return None
    before = block[at - 1]
    if not isinstance(before, ast.If) or before.lineno not in ran.lines & ran.kept:
        return None
    tests = []
    end = before
    while True:
        tests.append(end.test)
        if not _leaves(end.body):
            return None
        if not (end.orelse and is_elif(end, end.orelse[0])):
            break
        assert isinstance(end.orelse[0], ast.If)
        end = end.orelse[0]
    return Branch(function, tuple(block[at:]), before, "behind", tuple(tests), True)


def _leaves(block: list[ast.stmt]) -> bool:
    """Whether nothing gets to the end of a block."""
    last = block[-1]
    if isinstance(last, ast.If):
        return bool(last.orelse) and _leaves(last.body) and _leaves(last.orelse)
    if isinstance(last, ast.With):
        return _leaves(last.body)
    return isinstance(last, ast.Return | ast.Raise | ast.Continue | ast.Break)


def _obstacle(branch: Branch, ran: Ran | None) -> str | None:
    """Why a branch stays as it is, though it may be that it never ran."""
    if ran is None:
        return "which lines of this function ran is not known"
    asked = _asked_by(branch.tests)
    if "training" in asked:
        return "whether it is trained is decided where the model is used"
    if "is_tracing" in asked:
        return "whether it is traced is decided where the model is used"
    if branch.block == "body" and branch.statements[0].lineno == branch.owner.test.end_lineno:
        return "it stands on the line of its `if`, and lines do not tell whether it ran"
    return None


def _held(branch: Branch, reason: str) -> HeldBack:
    file, line = branch.function.file, branch.statements[0].lineno
    return HeldBack(BranchLeftToPython.name, file.path, line, branch.function.qualname, reason)


# ----------------------------------------------------------------------------- leaving it to Python


def _left_to_python(branch: Branch) -> Rewrite | HeldBack:
    function = branch.function
    try:
        is_scripting = spelled_is_scripting(function)
    except SpellingError as error:
        return _held(branch, str(error))
    guard = f"not {is_scripting.code}"
    otherwise = f"raise NotImplementedError({_quoted(f'not scripted: {branch.condition}')})"
    edit: Edit
    if branch.block == "behind":
        edit = GuardRest(branch.statements[0], guard, otherwise)
    else:
        edit = GuardBody(branch.owner, guard, branch.block, otherwise)
    return Rewrite(
        BranchLeftToPython.name,
        function.file.path,
        branch.statements[0].lineno,
        function.qualname,
        f"left to Python, since no case came there: {branch.condition}",
        Safety.NARROWING,
        (*is_scripting.imports, edit),
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
