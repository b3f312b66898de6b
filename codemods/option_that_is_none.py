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
from collections.abc import Iterator
from functools import partial

from torchscript_fix.editing.edit import AnnotateParameter, Edit, ReplaceExpression
from torchscript_fix.facts.annotations import takes_no_annotation
from torchscript_fix.facts.bindings import is_bound_above, names
from torchscript_fix.facts.calls import call_sites
from torchscript_fix.facts.diagnosed import Located, ways_to
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.facts.types import argument
from torchscript_fix.facts.unify import NONE
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.fold import is_test, tests_before, truth

Option = tuple[FunctionFacts, str]
"""A function and a parameter of it."""

JOINED = ("Previous return statement", "Return value was annotated", "Type mismatch: ")
"""What is said of one way through a function because of what another one gives."""


class OptionThatIsNone(SiteRule[Site[ast.arg]]):
    name = "option-that-is-none"
    summary = "cache=None, which nobody sets, becomes cache: None = None."
    # It helps against whatever is said of what is left out; these are what is said most often.
    messages = (
        "Tensor (inferred)",
        "Optional[",
        "NoneType",
        "has no attribute",
        "Expected a value of type",
        "cannot be used as",
        "Type mismatch",
        "Previous return statement",
    )
    safety = Safety.NARROWING
    last_resort = True

    def sites(self, file: FileFacts) -> Iterator[Site[ast.arg]]:
        for function, name in _options(file.project):
            yield Site(next(each for each in function.parameters if each.arg == name), function)

    def fix(self, site: Site[ast.arg]) -> Fix:
        name, function = site.node.arg, site.function
        require(not takes_no_annotation(function), "the function has its types in a comment")
        edits = (AnnotateParameter(site.node, "None"), *_decided_tests(function, name))
        return Fix(f"{name}: None, which it was in every case", edits)


# ------------------------------------------------------------------------------ which they are


@remembered
def _options(project: Project) -> dict[Option, None]:
    """The options that keep code from being compiled, and those that are passed on as one."""
    found: dict[Option, None] = {}
    for diagnosis in project.diagnosed.unanswered:
        file = project.files.get(diagnosis.path) if diagnosis.path is not None else None
        if file is not None:
            for function, node in _places(project.diagnosed.located(diagnosis, file), project):
                found.update(dict.fromkeys(_leaving_out(node, function)))
    todo = list(found)
    while todo:
        new = [option for option in _passed_on_as(*todo.pop()) if option not in found]
        found.update(dict.fromkeys(new))
        todo += new
    return found


def _places(located: Located, project: Project) -> Iterator[tuple[FunctionFacts, ast.AST]]:
    yield from ways_to(located, project)
    if located.function is not None and located.message.startswith(JOINED):
        for node in located.function.own_nodes:
            if isinstance(node, ast.Return):
                yield located.function, node


def _leaving_out(node: ast.AST, function: FunctionFacts) -> Iterator[Option]:
    """The options of a function for which a node, or a branch of it, is never reached."""
    options = _always_none(function)
    tests = [(each.test, each.never_if) for each in tests_before(node, function)]
    if isinstance(node, ast.If):
        tests = [(node.test, True), (node.test, False), *tests]
    elif isinstance(node, ast.expr) and is_test(node, function.file):
        tests = [(node, True), (node, False), *tests]
    for test, value in tests:
        if options and truth(test, partial(_of_option, options=options)) is value:
            for name in dict.fromkeys(n.id for n in ast.walk(test) if isinstance(n, ast.Name)):
                if name in options and not is_bound_above(test, name, function):
                    yield function, name


def _of_option(test: ast.expr, options: frozenset[str]) -> bool | None:
    """The truth of a test where all of these names are None; None where it depends on more."""
    match test:
        case ast.Name(id=name) | ast.Call(
            func=ast.Name(id="isinstance"), args=[ast.Name(id=name), _]
        ) if (name in options):
            return False
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[other]):
            if name in options and (is_none(other) or _is_text(other)):
                return isinstance(op, ast.Is | ast.Eq) is is_none(other)
    return None


@remembered
def _always_none(function: FunctionFacts) -> frozenset[str]:
    """The parameters that had no other value than None in any case."""
    seen = function.file.project.observed
    path, qualname = function.file.path, function.qualname
    return frozenset(
        each.arg
        for each in function.parameters
        if seen.argument_types(path, qualname, each.arg) == {NONE}
        and is_none(function.defaults.get(each.arg, ast.Constant(None)))
        and not is_none(each.annotation)
    )


def _passed_on_as(function: FunctionFacts, name: str) -> Iterator[Option]:
    """The options of callers that are passed on as this one: they are Optional to the compiler
    unless they are None as well."""
    for site in call_sites(function):
        passed = argument(site.call, function, name)
        options = _always_none(site.function) if site.function is not None else frozenset[str]()
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
                    yield ReplaceExpression(parent, f"{name} {'is' if equal else 'is not'} None")
                elif place in (left, other) and (_is_text(left) or _is_text(other)):
                    code = f"({file.segment(parent)} if {name} is not None else {not equal})"
                    yield ReplaceExpression(parent, code)
            case _ if isinstance(place.ctx, ast.Load) and is_test(place, file):
                yield ReplaceExpression(place, f"({name} if {name} is not None else False)")


def _is_text(side: ast.expr) -> bool:
    return isinstance(side, ast.Constant) and isinstance(side.value, str)
