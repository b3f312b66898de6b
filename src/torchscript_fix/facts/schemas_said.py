"""What the compiler said about arguments that do not fit a schema, read from its message.

The form is that of `checkSchema…` in torch/csrc/jit/frontend/schema_matching.cpp: the schema of
each candidate, then "Expected a value of type 'A' for argument 'b' but instead found type 'C'."
"""

import ast
import re
from dataclasses import dataclass

from torchscript_fix.facts.calls import passed_by
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.static import FunctionFacts

_SCHEMA = re.compile(r"^\s*(?P<name>[\w:.]+)\((?P<parameters>.*)\) -> .*$", re.M)
_MISMATCH = re.compile(
    r"Expected a value of type '(?P<wanted>[^']+)' for argument '(?P<argument>[^']+)' "
    r"but instead found type '(?P<found>[^']+)'"
)
_ALIAS = re.compile(r"\([a-z!>* |-]*\)")


@dataclass(frozen=True)
class Mismatch:
    """One argument that does not fit one candidate."""

    callee: str
    """As the schema names it: `pad`, `aten::view`."""
    parameters: tuple[str, ...]
    """Its names of parameters in order, `self` of a module left out."""
    argument: str
    """`<varargs>` where a number stands among several that make up a list."""
    wanted: str
    found: str


def mismatches(message: str) -> tuple[Mismatch, ...]:
    """All of a message, each with the schema that stands above it."""
    schemas = list(_SCHEMA.finditer(message))
    found = []
    for match in _MISMATCH.finditer(message):
        above = [schema for schema in schemas if schema.start() < match.start()]
        if above:
            schema = above[-1]
            parameters = _parameters(schema["parameters"])
            found.append(
                Mismatch(
                    schema["name"], parameters, match["argument"], match["wanted"], match["found"]
                )
            )
    return tuple(found)


def _parameters(text: str) -> tuple[str, ...]:
    names = []
    for index, part in enumerate(_split(_ALIAS.sub("", text))):
        words = part.partition("=")[0].split()
        if len(words) < 2:  # `*`, or nothing
            continue
        if index == 0 and words[-1] == "self" and words[0].startswith("__torch__"):
            continue
        names.append(words[-1])
    return tuple(names)


def _split(text: str) -> list[str]:
    """At the commas that stand in no brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts]


def argument_of(call: ast.Call, mismatch: Mismatch, function: FunctionFacts) -> ast.expr | None:
    """What a call passes for the argument that does not fit; None where it does not show."""
    bound = int(_is_method(call, mismatch, function))
    position = dict(zip(mismatch.parameters, range(-bound, len(call.args)), strict=False))
    return passed_by(call, mismatch.argument, position.get(mismatch.argument))


def _is_method(call: ast.Call, mismatch: Mismatch, function: FunctionFacts) -> bool:
    """Whether the Tensor before the dot is the schema's first argument, `self`."""
    return (
        mismatch.callee.startswith("aten::") or mismatch.parameters[:1] == ("self",)
    ) and not function.file.dotted(call.func).startswith("torch.")


def call_at(located: Located) -> ast.Call | None:
    """The call whose name, or the whole of which, the compiler underlined."""
    node = located.node
    if isinstance(node, ast.Expr | ast.Return | ast.Assign):
        node = node.value
    if isinstance(node, ast.Call):
        return node
    if node is None or located.function is None:
        return None
    parent = located.function.file.parents.get(node)
    return parent if isinstance(parent, ast.Call) and parent.func is node else None
