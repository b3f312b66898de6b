"""An argument that is no Tensor says what it is: `def shuffle(x, groups: int)`.

## What the compiler says

TorchScript takes a parameter without an annotation for a Tensor. A default of another type is
refused ("Expected a default value of type Tensor (inferred) on parameter "eps""), so is a call that
passes something else ("Expected a value of type 'Tensor (inferred)' for argument 'groups' but
instead found type 'int'"), and what only a number, list or text can do ("Tensor (inferred) cannot
be used as a tuple", "all inputs of range must be ints, found Tensor (inferred) in argument 0").

## What is written instead

    def channel_shuffle(x, groups: int):
    def forward(self, x, size: List[int], eps: float = 1e-5):

The type is the one that cases passed. Where none ran, it is the type of the default, if what the
callers under the path pass and how the function uses the argument agree with it. int and float
together become `Union[int, float, complex]`, which is the compiler's type for a number that stays
what it is; tuples of different lengths become a list. The type is spelled as the file spells its
types, the import added where it belongs.

An annotation that is there is corrected where the compiler stops at it: `Any`, and a type that a
case has denied by passing another.

An annotation changes nothing in Python. In TorchScript it narrows: a rewrite whose type only a case
shows is `narrowing`; one that the default shows as well is `safe`.

## When it holds back

- Cases passed a Tensor and something else, a list where the default is a number, or what
  TorchScript has no type for.
- The default is of one type, and the callers or the uses say another.

A parameter that may be None is the business of optional-argument. Functions that scripting never
reaches, and those with a `# type:` comment, stay as they are.
"""

import ast
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.editing.edit import AnnotateParameter
from torchscript_fix.facts.annotations import annotation_type, takes_no_annotation
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.facts.types import parameter_type, type_of
from torchscript_fix.facts.unify import NONE, seen_together
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

INFERRED = "Tensor (inferred)"
NAMED = re.compile(r"Inferred (?:the value for argument )?'(\w+)'|on parameter \"(\w+)\"")
"""How the compiler names the parameter that it took for a Tensor."""
ANY = ("found type 'Any'", "'Any' object", "of type Any")
CONTRADICTED = re.compile(
    r"forward\(\) Expected a value of type '[^']+' for argument '(\w+)' but instead found type"
)
"""What a module says that is called with something else than its annotation names."""
CALLED = re.compile(r"^(\w+)\(", re.MULTILINE)
"""The signature of the function that was called, at the head of a message."""


@dataclass(frozen=True)
class _Found:
    """The type for a parameter, and how sure it is."""

    kind: str
    safety: Safety


@dataclass(frozen=True)
class _Doubt:
    """Why no type is given to a parameter, and what a case would have to show."""

    reason: str
    decided_by: str | None = None


class ArgumentType(Rule):
    """Annotates parameters that are no Tensors."""

    name = "argument-type"
    summary = "groups becomes groups: int, where what is passed is no Tensor."
    messages = (
        INFERRED,
        "because it was not annotated with an explicit type",
        "forward() Expected a value of type",
        *ANY,
    )
    safety = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a parameter; why it stays, where the compiler stopped at it."""
        named = _named_by_the_compiler(facts.project)
        pointed_at = _pointed_at(facts)
        vague = any(facts.diagnosed(ANY))
        contradicted = _contradicted(facts)
        for function in facts.functions_in_question:
            called = named.get(function.name, frozenset())
            if not (function.scripted or called) or takes_no_annotation(function):
                continue
            for parameter in function.parameters:
                if parameter.annotation is not None:
                    if _is_denied(function, parameter, vague, contradicted):
                        yield from _corrected(function, parameter)
                    continue
                wanted = parameter.arg in called or (function, parameter.arg) in pointed_at
                finding = _finding(function, parameter, wanted)
                if finding is not None:
                    yield finding


def _finding(
    function: FunctionFacts, parameter: ast.arg, wanted: bool
) -> Rewrite | HeldBack | None:
    """What is to be said of a parameter without an annotation; `wanted` where the compiler stopped
    at it."""
    found = _type_of(function, parameter)
    if isinstance(found, _Found):
        try:
            annotation = spelled(found.kind, function.file, parameter.lineno)
        except SpellingError as error:
            found = _Doubt(str(error))
        else:
            return Rewrite(
                rule=ArgumentType.name,
                path=function.file.path,
                line=parameter.lineno,
                function=function.qualname,
                summary=f"{parameter.arg}: {annotation.code}",
                safety=found.safety,
                edits=(*annotation.imports, AnnotateParameter(parameter, annotation.code)),
            )
    if found is None or not (wanted or parameter.arg in function.defaults):
        return None
    return HeldBack(
        rule=ArgumentType.name,
        path=function.file.path,
        line=parameter.lineno,
        function=function.qualname,
        reason=found.reason,
        decided_by=found.decided_by,
    )


def _is_denied(
    function: FunctionFacts,
    parameter: ast.arg,
    vague: bool,
    contradicted: set[tuple[FunctionFacts, str]],
) -> bool:
    """Whether an annotation is not the type of what is passed: it says Any, which the compiler can
    do nothing with, or a case passed something else."""
    if (function, parameter.arg) in contradicted:
        return True
    annotation = parameter.annotation
    return vague and annotation is not None and function.file.dotted(annotation) == "typing.Any"


def _corrected(function: FunctionFacts, parameter: ast.arg) -> Iterator[Rewrite]:
    """The type that cases passed, in the place of an annotation that denies it."""
    file = function.file
    seen = file.project.observed.argument_types(file.path, function.qualname, parameter.arg)
    declared = annotation_type(parameter.annotation, file)
    kind = seen_together(seen)
    if kind is None or kind == NONE or parameter.arg in function.defaults or declared in seen:
        return
    with contextlib.suppress(SpellingError):
        annotation = spelled(kind, file, parameter.lineno)
        yield Rewrite(
            rule=ArgumentType.name,
            path=file.path,
            line=parameter.lineno,
            function=function.qualname,
            summary=f"{parameter.arg}: {annotation.code}, as cases passed it",
            safety=Safety.NARROWING,
            edits=(*annotation.imports, AnnotateParameter(parameter, annotation.code)),
        )


def _contradicted(facts: FileFacts) -> set[tuple[FunctionFacts, str]]:
    """The parameters for which a case passed something else than their annotation names."""
    found: set[tuple[FunctionFacts, str]] = set()
    for located in facts.diagnosed(("forward() Expected a value of type",)):
        function = located.function
        if function is None and located.owner is not None:
            function = located.owner.method("forward")
        if function is not None and function.file is facts:
            found |= {(function, name) for name in CONTRADICTED.findall(located.message)}
    return found


def _type_of(function: FunctionFacts, parameter: ast.arg) -> _Found | _Doubt | None:
    """The type of a parameter that is no Tensor; None where it is one, or may be None."""
    name = parameter.arg
    default = function.defaults.get(name)
    if is_none(default):
        return None
    file = function.file
    seen = file.project.observed.argument_types(file.path, function.qualname, name)
    shown = type_of(default, function) if default is not None else None
    shown = None if shown == "Tensor" else shown  # `np.sqrt(2)` looks like one
    calls = file.project.observed.function(file.path, function.qualname)
    if calls is not None and calls.inexpressible.get(name) == frozenset({"numpy.float64"}):
        # It is a Python float as well, and the compiler takes it for one.
        seen = (seen - {"?"}) | {"float"}
    if not seen:
        return _from_default(function, name, shown) if default is not None else None
    if NONE in seen or seen == {"Tensor"}:
        return None
    if shown == "int" and seen == {"float"}:
        return _Found("float", Safety.NARROWING)  # the compiler takes an int for its default
    if shown is not None and "?" not in shown:
        # A default that no case used is compiled all the same.
        seen = seen | {shown}
    kind = seen_together(seen)
    if kind is not None:
        return _Found(kind, Safety.SAFE if kind == shown else Safety.NARROWING)
    passed = " and ".join(sorted(seen - {"?"}))
    if "?" in "".join(seen):
        beside = f" beside {passed}" if passed else ""
        return _Doubt(f"{name} was passed what TorchScript has no type for{beside}")
    return _Doubt(f"{name} was {passed}, which is no one type to TorchScript")


def _from_default(function: FunctionFacts, name: str, shown: str | None) -> _Found | _Doubt | None:
    """The type of a default, where what calls and uses show agrees with it."""
    # A use that would want a Tensor, as `x < threshold` does, takes a number as well.
    by_case = f"a --case that runs {function.qualname}"
    if shown is None or "?" in shown:
        return _Doubt(f"the type of the default of {name} is not known", by_case)
    evidence = [
        each
        for each in parameter_type(function, name).evidence
        if each.source == "call" or (each.source == "use" and each.type != "Tensor")
    ]
    evidence = [each for each in evidence if "?" not in each.type]
    others = [each for each in evidence if each.type != shown]
    if not others:
        return _Found(shown, Safety.SAFE)
    if shown == "int" and {(each.type, each.source) for each in others} == {("float", "use")}:
        # An int default is taken for a float, and nothing asks for the int that it is.
        return _Found("float", Safety.SAFE) if len(others) == len(evidence) else None
    other = others[0]
    return _Doubt(f"the default of {name} is {shown}, but {other.words} says {other.type}", by_case)


@remembered
def _named_by_the_compiler(project: Project) -> dict[str, frozenset[str]]:
    """Name of a function to the parameters of which the compiler complained as it was called."""
    found: dict[str, set[str]] = {}
    for diagnosis in project.diagnosed.diagnoses:
        if INFERRED not in diagnosis.message:
            continue
        names = {one or other for one, other in NAMED.findall(diagnosis.message)}
        for called in CALLED.findall(diagnosis.message):
            found.setdefault(called, set()).update(names)
    return {name: frozenset(parameters) for name, parameters in found.items()}


def _pointed_at(facts: FileFacts) -> set[tuple[FunctionFacts, str]]:
    """The parameters that the compiler names, or underlines, in a file."""
    found: set[tuple[FunctionFacts, str]] = set()
    for located in facts.diagnosed((INFERRED,)):
        if located.function is None:
            continue
        for one, other in NAMED.findall(located.message):
            found.add((located.function, one or other))
        if located.node is not None:
            names = [node.id for node in ast.walk(located.node) if isinstance(node, ast.Name)]
            found |= {(located.function, name) for name in names}
    return found
