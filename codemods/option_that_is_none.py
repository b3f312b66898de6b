"""An option that nobody sets is None by declaration: `cache=None` becomes `cache: None = None`.

## What the compiler says

Anything at all, of what stands under `if cache is not None:`. The compiler takes a parameter
without an annotation for a Tensor, and compiles what is done with it; what it really is when it is
given, no case shows. Where it is a dictionary, a function or an object, there may be no annotation
with which that would compile.

## What is written instead

    def forward(self, x, cache: None = None):
        if cache is not None:
            x = cache["k"].attend(x)

What is None by its type decides the test while compiling, and the branch is left out. So it is
with the parameters that callers pass on as the option. A test of its truth becomes one that is
decided, too, and the same for every value: `(cache if cache is not None else False)`.

Nothing changes in Python. The scripted module takes nothing but None there: the rewrite is
`narrowing`, and a last resort. It stays only for cases that do not compile with what the other
rules make of the parameter (`Optional[Tensor]`).

## When it holds back

Where the function has its types in a comment. Nothing is done where a case gave the option another
value than None, or where none ran.
"""

import ast
from collections.abc import Iterator, Sequence
from typing import ClassVar

from torchscript_fix.editing.edit import AnnotateParameter, Edit, ReplaceExpression
from torchscript_fix.facts.annotations import takes_no_annotation
from torchscript_fix.facts.bindings import names
from torchscript_fix.facts.calls import call_sites
from torchscript_fix.facts.diagnosed import Located, ways_to
from torchscript_fix.facts.observed import NOTHING
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.facts.types import argument
from torchscript_fix.facts.unify import NONE
from torchscript_fix.facts.uses import is_none
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

Option = tuple[FunctionFacts, str]
"""A function and a parameter of it."""

JOINED = ("Previous return statement", "Return value was annotated", "Type mismatch: ")
"""What is said of one way through a function because of what another one gives."""


class OptionThatIsNone(Rule):
    name: ClassVar[str] = "option-that-is-none"
    summary: ClassVar[str] = "cache=None, which nobody sets, becomes cache: None = None."
    # It helps against whatever is said of what is left out; these are what is said most often.
    messages: ClassVar[tuple[str, ...]] = (
        "Tensor (inferred)",
        "Optional[",
        "NoneType",
        "has no attribute",
        "Expected a value of type",
        "cannot be used as",
        "Type mismatch",
        "Previous return statement",
    )
    safety: ClassVar[Safety] = Safety.NARROWING
    last_resort: ClassVar[bool] = True

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a parameter."""
        for function, name in _options(facts.project):
            if function.file is facts:
                yield _declared(function, name)


def _declared(function: FunctionFacts, name: str) -> Rewrite | HeldBack:
    rule, path = OptionThatIsNone.name, function.file.path
    parameter = next(each for each in function.parameters if each.arg == name)
    line = parameter.lineno
    if takes_no_annotation(function):
        reason = "the function has its types in a comment"
        return HeldBack(rule, path, line, function.qualname, reason)
    edits = (AnnotateParameter(parameter, "None"), *_decided_tests(function, name))
    summary = f"{name}: None, which it was in every case"
    return Rewrite(rule, path, line, function.qualname, summary, Safety.NARROWING, edits)


# ------------------------------------------------------------------------------ which they are


@remembered
def _options(project: Project) -> tuple[Option, ...]:
    """The options that keep code from being compiled, and those that are passed on as one."""
    found: dict[Option, None] = {}
    for diagnosis in project.diagnosed.unanswered:
        file = project.files.get(diagnosis.path) if diagnosis.path is not None else None
        if file is not None:
            located = project.diagnosed.located(diagnosis, file)
            for function, node in _places(located, project):
                found.update(dict.fromkeys(_leaving_out(node, function)))
    todo = list(found)
    while todo:
        for option in _passed_on_as(*todo.pop()):
            if option not in found:
                found[option] = None
                todo.append(option)
    return tuple(found)


def _places(located: Located, project: Project) -> Iterator[tuple[FunctionFacts, ast.AST]]:
    yield from ways_to(located, project)
    function = located.function
    if function is not None and located.message.startswith(JOINED):
        for node in function.own_nodes:
            if isinstance(node, ast.Return):
                yield function, node


def _leaving_out(node: ast.AST, function: FunctionFacts) -> Iterator[Option]:
    """The options of a function for which a node, or a branch of it, is never reached."""
    options = _always_none(function)
    if not options:
        return
    tested = node.test if isinstance(node, ast.If) else node
    if isinstance(tested, ast.expr) and (tested is not node or _is_test(tested, function.file)):
        yield from _deciding(tested, function, options, None)
    below = node
    for around in function.file.ancestors(node):
        for test, value in _tests_before(below, around):
            yield from _deciding(test, function, options, value)
        if around is function.node:
            return
        below = around


def _tests_before(below: ast.AST, around: ast.AST) -> Iterator[tuple[ast.expr, bool]]:
    """The tests directly around or before a node, each with the value that keeps it from being
    reached."""
    match around:
        case ast.IfExp(test=test, body=body, orelse=orelse) if below in (body, orelse):
            yield test, below is orelse
        case ast.BoolOp(op=op, values=values) if isinstance(below, ast.expr):
            for earlier in values[: values.index(below)]:
                yield earlier, isinstance(op, ast.Or)
        case ast.If(test=test, body=body, orelse=orelse) if below is not test:
            yield test, below in orelse
    for part in ("body", "orelse"):
        block = getattr(around, part, None)
        if isinstance(block, list) and below in block:
            for statement in block[: block.index(below)]:
                if isinstance(statement, ast.If) and _leaves(statement.body):
                    yield statement.test, True


def _leaves(block: Sequence[ast.stmt]) -> bool:
    return isinstance(block[-1], ast.Return | ast.Raise)


def _deciding(
    test: ast.expr, function: FunctionFacts, options: frozenset[str], value: bool | None
) -> Iterator[Option]:
    """The options in a test that has a `value` where they are None; any, where that is None."""
    said = _when_none(test, options)
    if said is None or said is (not value if value is not None else None):
        return
    for name in dict.fromkeys(n.id for n in ast.walk(test) if isinstance(n, ast.Name)):
        if name in options and not _is_bound_before(test, name, function):
            yield function, name


def _is_bound_before(test: ast.expr, name: str, function: FunctionFacts) -> bool:
    return any(
        isinstance(each.ctx, ast.Store) and each.lineno < test.lineno
        for each in names(function).get(name, ())
    )


def _when_none(test: ast.expr, options: frozenset[str]) -> bool | None:
    """The truth of a test where all of these names are None; None where it depends on more."""
    match test:
        case ast.Name(id=name):
            return False if name in options else None
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            said = _when_none(operand, options)
            return None if said is None else not said
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[other]):
            if name in options and (is_none(other) or _is_text(other)):
                return isinstance(op, ast.Is | ast.Eq) is is_none(other)
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), _]):
            return False if name in options else None
        case ast.BoolOp(op=op, values=values):
            decisive = isinstance(op, ast.Or)
            truths = {_when_none(value, options) for value in values}
            if decisive in truths:
                return decisive
            return None if None in truths else not decisive
    return None


@remembered
def _always_none(function: FunctionFacts) -> frozenset[str]:
    """The parameters that had no other value than None in any case."""
    file = function.file
    seen = file.project.observed.function(file.path, function.qualname)
    if seen is None:
        return frozenset()
    return frozenset(
        each.arg
        for each in function.parameters
        if seen.arguments.get(each.arg, NOTHING) == {NONE}
        and is_none(function.defaults.get(each.arg, ast.Constant(None)))
        and not is_none(each.annotation)
    )


def _passed_on_as(function: FunctionFacts, name: str) -> Iterator[Option]:
    """The options of callers that are passed on as this one: they are Optional to the compiler
    unless they are None as well."""
    for site in call_sites(function):
        passed = argument(site.call, function, name)
        options = _always_none(site.function) if site.function is not None else frozenset()
        if site.function is not None and isinstance(passed, ast.Name) and passed.id in options:
            yield site.function, passed.id


# ------------------------------------------------------------------------------------- its tests


def _decided_tests(function: FunctionFacts, name: str) -> Iterator[Edit]:
    """The tests of an option that say nothing to the compiler, as ones that it decides."""
    file = function.file
    for place in names(function).get(name, ()):
        parent = file.parents[place]
        match parent:
            case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[other]):
                equal = isinstance(op, ast.Eq)
                if left is place and is_none(other):
                    word = "is" if equal else "is not"
                    yield ReplaceExpression(parent, f"{name} {word} None")
                elif place in (left, other) and _is_text(left, other):
                    said = file.segment(parent)
                    code = f"({said} if {name} is not None else {not equal})"
                    yield ReplaceExpression(parent, code)
            case _ if isinstance(place.ctx, ast.Load) and _is_test(place, file):
                yield ReplaceExpression(place, f"({name} if {name} is not None else False)")


def _is_text(*sides: ast.expr) -> bool:
    return any(isinstance(side, ast.Constant) and isinstance(side.value, str) for side in sides)


def _is_test(node: ast.expr, file: FileFacts) -> bool:
    """Whether only the truth of an expression counts."""
    match file.parents[node]:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp() as both:
            return _is_test(both, file)
        case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
            return test is node
    return False
