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
import re
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field

from torchscript_fix.facts.annotations import annotation_type, takes_no_annotation
from torchscript_fix.facts.observed import NOTHING
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project
from torchscript_fix.facts.types import parameter_type, type_of
from torchscript_fix.facts.unify import NONE, seen_together
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Declined, Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.declare import SAID_ANY, declare_parameter, says_any
from torchscript_fix.kit.spelling import spelled

INFERRED = "Tensor (inferred)"
NAMED = re.compile(r"(?:Inferred (?:the value for argument )?'|on parameter \")(\w+)['\"]")
"""How the compiler names the parameter that it took for a Tensor."""
DENIED = "forward() Expected a value of type"
CONTRADICTED = re.compile(
    r"forward\(\) Expected a value of type '[^']+' for argument '(\w+)' but instead found type"
)
"""What a module says that is called with something else than its annotation names."""
CALLED = re.compile(r"^(\w+)\(", re.MULTILINE)
"""The signature of the function that was called, at the head of a message."""


@dataclass(frozen=True)
class _Argument(Site[ast.arg]):
    """A parameter that has no annotation, or one that is denied."""

    is_asked: bool = field(default=False, compare=False)
    """Whether it is said why it stays."""


class ArgumentType(SiteRule[_Argument]):
    name = "argument-type"
    summary = "groups becomes groups: int, where what is passed is no Tensor."
    messages = (INFERRED, "because it was not annotated with an explicit type", DENIED, *SAID_ANY)
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[_Argument]:
        named, pointed_at = _named_by_the_compiler(file.project), set(_pointed_at(file))
        vague, contradicted = any(file.diagnosed(SAID_ANY)), set(_contradicted(file))
        for function in file.functions_in_question:
            called = named.get(function.name, frozenset())
            if not (function.scripted or called) or takes_no_annotation(function):
                continue
            for parameter in function.parameters:
                name, there = parameter.arg, parameter.annotation
                if there is None:
                    is_named = name in called or (function, name) in pointed_at
                    is_asked = is_named or name in function.defaults
                    yield _Argument(parameter, function, None, is_asked)
                elif (function, name) in contradicted or (vague and says_any(there, file)):
                    yield _Argument(parameter, function)

    def fix(self, site: _Argument) -> Fix | None:
        with nullcontext() if site.is_asked else suppress(Declined):
            is_new = site.node.annotation is None
            found = _type_of(site) if is_new else _type_passed(site)
            if found is not None:
                annotation, why = spelled(found[0], site.file, site.line), ", as cases passed it"
                summary = f"{site.node.arg}: {annotation.code}{'' if is_new else why}"
                edits = declare_parameter(site.node, annotation)
                return Fix(summary, edits, found[1])
        return None


def _type_passed(site: _Argument) -> tuple[str, Safety] | None:
    """The type that cases passed, where an annotation denies it."""
    name, seen = site.node.arg, site.observed.arguments.get(site.node.arg, NOTHING)
    kind = seen_together(seen)
    if kind is None or kind == NONE or name in site.function.defaults:
        return None
    declared = annotation_type(site.node.annotation, site.file)
    return (kind, Safety.NARROWING) if declared not in seen else None


def _type_of(site: _Argument) -> tuple[str, Safety] | None:
    """The type of a parameter that is no Tensor, and how sure it is; None where it is one, or may
    be None. Raises Declined."""
    name, function = site.node.arg, site.function
    default = function.defaults.get(name)
    if is_none(default):
        return None
    seen = site.observed.arguments.get(name, NOTHING)
    shown = type_of(default, function) if default is not None else None
    shown = None if shown == "Tensor" else shown  # `np.sqrt(2)` looks like one
    if site.observed.inexpressible.get(name) == frozenset({"numpy.float64"}):
        # It is a Python float as well, and the compiler takes it for one.
        seen = (seen - {"?"}) | {"float"}
    if not seen:
        return _from_default(site, shown) if default is not None else None
    if NONE in seen or seen == {"Tensor"}:
        return None
    if shown == "int" and seen == {"float"}:
        return "float", Safety.NARROWING  # the compiler takes an int for its default
    if shown is not None and "?" not in shown:
        seen |= {shown}  # a default that no case used is compiled all the same
    kind = seen_together(seen)
    if kind is not None:
        return kind, Safety.SAFE if kind == shown else Safety.NARROWING
    passed = " and ".join(sorted(seen - {"?"}))
    beside = f" beside {passed}" if passed else ""
    unknown = f"{name} was passed what TorchScript has no type for{beside}"
    require("?" not in "".join(seen), unknown)
    raise Declined(f"{name} was {passed}, which is no one type to TorchScript")


def _from_default(site: _Argument, shown: str | None) -> tuple[str, Safety] | None:
    """The type of a default, where what calls and uses show agrees with it. Raises Declined."""
    name, case = site.node.arg, site.a_case
    if shown is None or "?" in shown:
        raise Declined(f"the type of the default of {name} is not known", case)
    # A use that would want a Tensor, as `x < threshold` does, takes a number as well.
    evidence = [
        each
        for each in parameter_type(site.function, name).evidence
        if each.source == "call" or (each.source == "use" and each.type != "Tensor")
        if "?" not in each.type
    ]
    others = [each for each in evidence if each.type != shown]
    if not others:
        return shown, Safety.SAFE
    if shown == "int" and {(each.type, each.source) for each in others} == {("float", "use")}:
        # An int default is taken for a float, and nothing asks for the int that it is.
        return ("float", Safety.SAFE) if others == evidence else None
    words, kind = others[0].words, others[0].type
    raise Declined(f"the default of {name} is {shown}, but {words} says {kind}", case)


@remembered
def _named_by_the_compiler(project: Project) -> dict[str, frozenset[str]]:
    """Name of a function to the parameters of which the compiler complained as it was called."""
    found: dict[str, frozenset[str]] = {}
    for diagnosis in project.diagnosed.diagnoses:
        if INFERRED in diagnosis.message:
            for called in CALLED.findall(diagnosis.message):
                found[called] = found.get(called, NOTHING).union(NAMED.findall(diagnosis.message))
    return found


def _pointed_at(file: FileFacts) -> Iterator[tuple[FunctionFacts | None, str]]:
    """The parameters that the compiler names, or underlines, in a file."""
    for located in file.diagnosed((INFERRED,)):
        for name in NAMED.findall(located.message):
            yield located.function, name
        for node in ast.walk(located.node) if located.node is not None else ():
            if isinstance(node, ast.Name):
                yield located.function, node.id


def _contradicted(file: FileFacts) -> Iterator[tuple[FunctionFacts | None, str]]:
    """The parameters for which a case passed something else than their annotation names."""
    for located in file.diagnosed((DENIED,)):
        forward = located.owner.method("forward") if located.owner is not None else None
        for name in CONTRADICTED.findall(located.message):
            yield located.function or forward, name
