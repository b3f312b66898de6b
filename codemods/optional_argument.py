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
from dataclasses import replace

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.annotations import annotation_type, says_optional, takes_no_annotation
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.facts.types import parameter_type
from torchscript_fix.facts.unify import NONE, NUMBER, required
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, known, require
from torchscript_fix.kit.declare import declare_parameter
from torchscript_fix.kit.narrowing import narrowed
from torchscript_fix.kit.spelling import Spelled, spelled, spelled_optional

NUMBERS = frozenset({"bool", "int", "float", NUMBER})
SIZED = frozenset({"str", "List", "Dict", "Tuple"})
NEVER = "do not compile, with or without annotation"


class OptionalArgument(SiteRule[Site[ast.arg]]):
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

    def sites(self, file: FileFacts) -> Iterator[Site[ast.arg]]:
        mentioned = "None" in file.text or "Optional" in file.text
        if not mentioned and not file.project.observed.functions:
            return
        for function in file.functions_in_question:
            every = [Site(parameter, function) for parameter in function.parameters]
            found = [site for site in every if _may_be_none(site)]
            if found and function.scripted and not takes_no_annotation(function):
                yield from found

    def fix(self, site: Site[ast.arg]) -> Fix | None:
        name, there, function = site.node.arg, site.node.annotation, site.function
        edits, said = list[Edit](), list[str]()
        if says_optional(there, site.file):
            kind = required(annotation_type(there, site.file) or "")
            if not kind:
                return None  # Optional of what the compiler does not know
        else:
            kind, annotation = _declared(site)
            edits += declare_parameter(site.node, annotation)
            said.append(f"{name}: {annotation.code} = None")
        narrowing = narrowed(function, name, number=kind in NUMBERS)
        edits += (_truth_of(edit, name, kind) for edit in narrowing.edits)
        if narrowing.asserts:
            said.append(f"{name} asserted not to be None")
        return Fix(", ".join(said) or f"{name} is tested by `is None`", edits) if edits else None


def _may_be_none(site: Site[ast.arg]) -> bool:
    name, there = site.node.arg, site.node.annotation
    return not is_none(there) and (  # it is None, and nothing else
        is_none(site.function.defaults.get(name))
        or (there is not None and says_optional(there, site.file))
        or NONE in site.observed.arguments.get(name, ())
    )


def _truth_of(edit: Edit, name: str, kind: str) -> Edit:
    """An Edit that tests the truth of a list or text in the way that the compiler knows."""
    test = f"{name} is not None and {name}"
    is_sized = kind.partition("[")[0] in SIZED
    if is_sized and isinstance(edit, ReplaceExpression) and edit.code in {test, f"({test})"}:
        return replace(
            edit, code=edit.code.replace(test, f"{name} is not None and len({name}) > 0")
        )
    return edit


def _declared(site: Site[ast.arg]) -> tuple[str, Spelled]:
    """The type inside Optional, and the annotation that a parameter needs. Raises Declined."""
    parameter, function, spec = site.node, site.function, site.function.node.args
    only = parameter in spec.kwonlyargs
    require(not only, f"keyword-only arguments with a default {NEVER}")
    require(parameter not in spec.posonlyargs, f"positional-only arguments {NEVER}")
    star = f"*{spec.vararg.arg}" if spec.vararg else f"**{spec.kwarg.arg}" if spec.kwarg else ""
    require(not star, f"{function.name} takes {star}, which does not compile")
    found, there = parameter_type(function, parameter.arg), parameter.annotation
    if there is not None and annotation_type(there, site.file) is None:
        is_seen = any(evidence.source == "observed" for evidence in found.evidence)
        require(is_seen, f"its annotation {site.file.segment(there)} is no type of TorchScript")
    unknown = f"the type of {parameter.arg} is not known: {found.because}"
    decided_by = f"a --case that passes {parameter.arg} to {function.qualname}"
    kind = known(found.type, unknown, decided_by)
    return kind, _spelled(site, kind)


def _spelled(site: Site[ast.arg], kind: str) -> Spelled:
    there, file, line = site.node.annotation, site.file, site.line
    inside = None
    if there is not None and annotation_type(there, file) == kind:
        inside = Spelled(file.segment(there)) if file.dotted(there) != "torch.Size" else None
    match there:
        case ast.Constant(value=str(text)) if inside is not None:
            # Inside quotes the compiler knows `Optional[...]` and no `... | None`.
            quote, optional = inside.code[-1], spelled_optional(Spelled(text), file, line)
            if "|" in optional.code:
                imports = spelled(f"Optional[{kind}]", file, line).imports
                optional = Spelled(f"Optional[{text}]", imports)
            return Spelled(f"{quote}{optional.code}{quote}", optional.imports)
    return spelled_optional(inside or spelled(kind, file, line), file, line)
