"""An argument that may be None says so: `x2=None` becomes `x2: Optional[Tensor] = None`.

## What the compiler says

TorchScript takes a parameter without an annotation for a Tensor. With `x2=None` the model may
still compile, and then fail when it runs without the argument ("Expected a proper Tensor but got
None"), when a caller in the model leaves it out ("Unsupported value kind: Tensor"), or when it is
saved ("strides() called on an undefined Tensor"). `size: int = None` is refused at once ("Expected
a default value of type int").

## What is written instead

    def forward(self, x, x2: Optional[Tensor] = None):
        if self.need_x2:
            assert x2 is not None
            x = F.interpolate(x, x2.size()[2:])

A parameter that a case passed None for is treated alike, whatever its default: `drop_prob=0.0`
becomes `drop_prob: Optional[float] = 0.0`.

The type inside Optional is the one that a case observed, else the one that the annotation names,
else what the callers under the path pass and how the function uses the argument, if all of these
agree. It is spelled as the file spells its types, the import added where it belongs.

The assert stands at the head of the innermost branch that uses the argument as a value, and only
where None would have raised anyway: what was a TypeError or an AttributeError is then an
AssertionError. Where a test says it already (`is None`, `is not None`, an early return), there is
none. `x2 == None` becomes `x2 is None`, which is what was meant and what the compiler understands.

## When it holds back

- No fact shows the type, or facts disagree: a `--case` that passes the argument decides it.
- The annotation is no type of TorchScript (`np.ndarray`, a class that is not scripted).
- The argument is keyword-only, or the function takes `*args` or `**kwargs`: no annotation makes
  these compile.
- It is used where no assert fits: in a lambda, in one arm of an `and` chain, in a `try`.

Functions that scripting never reaches, and those with a `# type:` comment, stay as they are.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import AnnotateParameter, Edit, ReplaceExpression
from torchscript_fix.facts.annotations import annotation_type, says_optional, takes_no_annotation
from torchscript_fix.facts.narrowing import Narrowing, narrow
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import ParameterType, parameter_type
from torchscript_fix.facts.unify import NONE, NUMBER, required
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit.spelling import Spelled, SpellingError, spelled, spelled_optional
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

NUMBERS = frozenset({"bool", "int", "float", NUMBER})
SIZED = frozenset({"str", "List", "Dict", "Tuple"})


class OptionalArgument(Rule):
    """Annotates parameters whose default is None, and asserts them where they are used."""

    name = "optional-argument"
    summary = "x2=None becomes x2: Optional[Tensor] = None, asserted where it is used as a value."
    messages = (
        "Expected a proper Tensor but got None",
        "Unsupported value kind: Tensor",
        "strides() called on an undefined Tensor",
        "Expected a default value of type",
        "but instead found type 'NoneType'",
        "but instead found type 'Optional[",
    )
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a parameter, or why it stays."""
        mentioned = "None" in facts.text or "Optional" in facts.text
        if not mentioned and not facts.project.observed.functions:
            return
        for function in facts.functions_in_question:
            candidates = [p for p in function.parameters if _may_be_none(function, p)]
            if candidates and function.scripted and not takes_no_annotation(function):
                for parameter in candidates:
                    yield from _found(function, parameter)


def _may_be_none(function: FunctionFacts, parameter: ast.arg) -> bool:
    if is_none(parameter.annotation):
        return False  # it is None, and nothing else
    if is_none(function.defaults.get(parameter.arg)):
        return True
    if parameter.annotation is not None and says_optional(parameter.annotation, function.file):
        return True
    file = function.file
    return NONE in file.project.observed.argument_types(file.path, function.qualname, parameter.arg)


def _found(function: FunctionFacts, parameter: ast.arg) -> Iterator[Rewrite | HeldBack]:
    name = parameter.arg
    annotated = _annotation(function, parameter)
    if isinstance(annotated, HeldBack):
        yield annotated
        return
    kind = _kind(function, parameter)
    if kind is None:
        return
    narrowing = narrow(function, name, number=kind in NUMBERS)
    if annotated is None and not narrowing.edits and not narrowing.obstacles:
        return
    if narrowing.obstacles:
        first = narrowing.obstacles[0]
        yield _held(function, first.node, first.reason)
        return
    edits: list[Edit] = [_truth_of(edit, name, kind) for edit in narrowing.edits]
    if annotated is not None:
        edits = [
            *annotated.imports,
            AnnotateParameter(parameter, annotated.code),
            *edits,
        ]
    yield Rewrite(
        rule=OptionalArgument.name,
        path=function.file.path,
        line=parameter.lineno,
        function=function.qualname,
        summary=_summary(name, annotated, narrowing),
        safety=Safety.SAFE,
        edits=tuple(edits),
    )


def _kind(function: FunctionFacts, parameter: ast.arg) -> str | None:
    """The type inside Optional; None where the annotation says Optional of what the compiler does
    not know."""
    if says_optional(parameter.annotation, function.file):
        declared = annotation_type(parameter.annotation, function.file)
        return required(declared) if declared is not None else None
    return parameter_type(function, parameter.arg).type


def _truth_of(edit: Edit, name: str, kind: str) -> Edit:
    """An Edit that tests the truth of a list or text in the way that the compiler knows."""
    test = f"{name} is not None and"
    match edit:
        case ReplaceExpression(expression=expression, code=code) if kind.partition("[")[0] in SIZED:
            if code in {f"{test} {name}", f"({test} {name})"}:
                counted = code.replace(f"{test} {name}", f"{test} len({name}) > 0")
                return ReplaceExpression(expression, counted)
    return edit


def _summary(name: str, annotated: Spelled | None, narrowing: Narrowing) -> str:
    said = f"{name}: {annotated.code} = None" if annotated is not None else ""
    asserted = f"{name} asserted not to be None" if narrowing.asserts else ""
    return ", ".join(filter(None, [said, asserted])) or f"{name} is tested by `is None`"


def _annotation(function: FunctionFacts, parameter: ast.arg) -> Spelled | HeldBack | None:
    """The annotation that a parameter needs; None where it has one that says Optional."""
    there = parameter.annotation
    if says_optional(there, function.file):
        return None
    reason = _never_compiles(function, parameter)
    if reason:
        return _held(function, parameter, reason)
    found = parameter_type(function, parameter.arg)
    if there is not None and annotation_type(there, function.file) is None and not observed(found):
        written = function.file.segment(there)
        return _held(function, parameter, f"its annotation {written} is no type of TorchScript")
    if found.type is None:
        return _undecided(function, parameter, found)
    try:
        return _spelled(function.file, parameter, found)
    except SpellingError as error:
        return _held(function, parameter, str(error))


def observed(found: ParameterType) -> bool:
    """Whether a case decided it."""
    return any(evidence.source == "observed" for evidence in found.evidence)


def _never_compiles(function: FunctionFacts, parameter: ast.arg) -> str | None:
    spec = function.node.args
    if parameter in spec.kwonlyargs:
        return "keyword-only arguments with a default do not compile, with or without annotation"
    if parameter in spec.posonlyargs:
        return "positional-only arguments do not compile, with or without annotation"
    if spec.vararg is not None or spec.kwarg is not None:
        star = f"*{spec.vararg.arg}" if spec.vararg is not None else f"**{_arg(spec.kwarg)}"
        return f"{function.name} takes {star}, which does not compile"
    return None


def _arg(node: ast.arg | None) -> str:
    return node.arg if node is not None else ""


def _spelled(file: FileFacts, parameter: ast.arg, found: ParameterType) -> Spelled:
    there, line = parameter.annotation, parameter.lineno
    assert found.type is not None
    if there is None or annotation_type(there, file) != found.type:
        return spelled_optional(spelled(found.type, file, line), file, line)
    if isinstance(there, ast.Constant) and isinstance(there.value, str):
        # Inside quotes the compiler knows `Optional[...]` and no `... | None`.
        segment = file.segment(there)
        quote = segment[-1]
        inside = spelled_optional(Spelled(there.value), file, line)
        code = inside.code
        if "|" in code:
            inside = spelled(f"Optional[{found.type}]", file, line)
            code = f"Optional[{there.value}]"
        return Spelled(f"{quote}{code}{quote}", inside.imports)
    written = file.segment(there)
    if file.dotted(there) == "torch.Size":
        return spelled_optional(spelled(found.type, file, line), file, line)
    return spelled_optional(Spelled(written), file, line)


def _undecided(function: FunctionFacts, parameter: ast.arg, found: ParameterType) -> HeldBack:
    return _held(
        function,
        parameter,
        f"the type of {parameter.arg} is not known: {found.because}",
        decided_by=f"a --case that passes {parameter.arg} to {function.qualname}",
    )


def _held(
    function: FunctionFacts, where: ast.AST, reason: str, decided_by: str | None = None
) -> HeldBack:
    return HeldBack(
        rule=OptionalArgument.name,
        path=function.file.path,
        line=getattr(where, "lineno", function.node.lineno),
        function=function.qualname,
        reason=reason,
        decided_by=decided_by,
    )
