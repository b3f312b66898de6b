"""Static types of expressions and of parameters, in TorchScript's spelling.

`type_of(expression, function)` answers from what is known of torch, of the classes under the path
and of the code around; `parameter_type(function, name)` weighs the evidence for a parameter that
may have no annotation: what cases observed, what its callers pass, how its function uses it. Both
say None rather than guess.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal

from torchscript_fix.facts.annotations import annotation_type
from torchscript_fix.facts.bindings import bindings, names
from torchscript_fix.facts.calls import call_sites, called_at, passed_by
from torchscript_fix.facts.expressions import CIRCULAR, TRANSPARENT, Expressions, indexes_tensor
from torchscript_fix.facts.held import (
    is_surely,
)
from torchscript_fix.facts.kinds import INDEXABLE
from torchscript_fix.facts.nodes import FunctionNode, own_nodes
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.signatures import (
    SIZES,
    TENSOR_ONLY,
    function_signature,
    method_signature,
    words,
)
from torchscript_fix.facts.static import (
    FunctionFacts,
    Project,
    self_attribute,
)
from torchscript_fix.facts.unify import (
    NONE,
    UNKNOWN,
    joined,
    required,
    unified,
)
from torchscript_fix.source import Parsed

Source = Literal["observed", "annotation", "call", "use", "likely"]
"""Where evidence comes from. `likely` is a sum with a Tensor, where a number could stand, or a
default, beside which callers may pass something else."""

NEVER_TENSORS = frozenset({"dtype", "device", "layout", "memory_format"})


@dataclass(frozen=True)
class Evidence:
    """One sign of what type a parameter has; `line` is where it shows in its file."""

    type: str
    source: Source
    words: str
    line: int


@dataclass(frozen=True)
class ParameterType:
    """What the evidence for a parameter comes to: a type (None left aside), or why there is none.

    `type` is what stands inside `Optional[…]`; `because` is a clause for people in either case.
    """

    type: str | None
    because: str
    evidence: tuple[Evidence, ...]


def type_of(expression: ast.expr, function: FunctionFacts) -> str | None:
    """The type of an expression that stands in `function`: "Tensor", "int", "List[int]",
    "Tuple[Tensor, Tensor]", "Optional[Tensor]", "None", …; None where it is not known."""
    return _whole(_inference(function.file.project).of(expression, function))


def parameter_type(function: FunctionFacts, parameter: str) -> ParameterType:
    """The type of a parameter, None left aside, from the best evidence there is.

    An observed type beats an annotation, an annotation beats what calls pass and how the body
    uses it. Evidence that disagrees decides nothing.
    """
    found = _inference(function.file.project).parameter(function, parameter)
    return replace(found, type=_whole(found.type))


@remembered
def _rebound_at(function: FunctionFacts, name: str) -> int:
    """The line from which on a name means something else than what was passed."""
    lines = [
        node.lineno
        for node in names(function).get(name, ())
        if isinstance(node.ctx, ast.Store) and not _keeps_type(node, function)
    ]
    return min(lines, default=10**9)


def _keeps_type(node: ast.Name, function: FunctionFacts) -> bool:
    """`if mask is None: mask = …`: TorchScript wants what is assigned to be of its type."""
    above = function.file.ancestors(node)
    return any(isinstance(a, ast.If) and _tested_for_none(a.test) == node.id for a in above)


@remembered
def _read_as_passed(function: FunctionFacts, name: str) -> tuple[ast.Name, ...]:
    """Where a parameter is read that is still what was passed."""
    last = _rebound_at(function, name)
    return tuple(
        place
        for place in names(function).get(name, ())
        if isinstance(place.ctx, ast.Load) and place.lineno <= last
    )


def _instead_of_none(function: FunctionFacts, name: str) -> Sequence[ast.expr]:
    """What a name is given where it is None: `if mask is None: mask = …`."""
    return _stand_ins(function.file.parsed, function.node).get(name, ())


@remembered
def _stand_ins(parsed: Parsed, function: FunctionNode) -> Mapping[str, Sequence[ast.expr]]:
    found: dict[str, list[ast.expr]] = defaultdict(list)
    for node in own_nodes(parsed, function):
        if isinstance(node, ast.If):
            name = _tested_for_none(node.test)
            if name is not None:
                found[name] += _assigned(node.body, name)
        elif isinstance(node, ast.IfExp):
            name = _tested_for_none(node.test)
            if name is not None:
                found[name].append(node.body)
            elif (name := _tested(node.test)) is not None:
                found[name].append(node.orelse)
    return dict(found)


@remembered
def _inference(project: Project) -> "_Inference":
    return _Inference()


class _Inference(Expressions):
    """Types of one project's expressions and parameters."""

    def of_parameter(self, function: FunctionFacts, name: str) -> str | None:
        # Asked for by itself: what hangs on the type alone is not asked again for other words.
        return self.once(
            (function, f"{name}:"), lambda: self.parameter(function, name).type, CIRCULAR
        )

    def parameter(self, function: FunctionFacts, name: str) -> ParameterType:
        circular = ParameterType(UNKNOWN, "it is passed round in a circle", ())
        return self.once((function, f"{name}="), lambda: self._weigh(function, name), circular)

    def _weigh(self, function: FunctionFacts, name: str) -> ParameterType:
        observed = self._observed(function, name)
        if observed is not None:
            return observed
        node = next((p for p in function.parameters if p.arg == name), None)
        declared = annotation_type(node.annotation, function.file) if node else None
        if declared is not None and required(declared) != NONE:
            words = "its annotation says so"
            evidence = Evidence(required(declared), "annotation", words, function.node.lineno)
            return ParameterType(evidence.type, words, (evidence,))
        uses = list(self._from_uses(function, name))
        if _is_told_apart(function, name):
            uses = []
        default = self._from_default(function, name)
        if default is not None and default.type in NUMBERS:
            # What is added to a Tensor may be a number, and here it is one.
            uses = [each for each in uses if each.source != "likely"]
        found = _verdict([*self._from_calls(function, name), *uses, *filter(None, [default])])
        return self._left_out(function, name, found)

    def _observed(self, function: FunctionFacts, name: str) -> ParameterType | None:
        project = function.file.project
        seen = project.observed.argument_types(function.file.path, function.qualname, name)
        values = sorted({required(kind) for kind in seen} - {NONE})
        if not values:
            return None
        line = function.node.lineno
        evidence = tuple(Evidence(v, "observed", f"a case passed {v}", line) for v in values)
        together = joined(values)
        if together is not None and UNKNOWN not in together:
            return ParameterType(together, f"a case passed {together}", evidence)
        if UNKNOWN in values:
            return ParameterType(None, "a case passed what TorchScript has no type for", evidence)
        return ParameterType(None, f"cases passed {' and '.join(values)}", evidence)

    def _left_out(self, function: FunctionFacts, name: str, found: ParameterType) -> ParameterType:
        """Where nothing speaks for a type or against one, and a case ran without the argument, it
        stays what the compiler takes it for: a Tensor, now one that may be missing."""
        project = function.file.project
        seen = project.observed.argument_types(function.file.path, function.qualname, name)
        if found.type is not None or found.evidence:
            return found
        for place in names(function).get(name, ()):
            parent = function.file.parents[place]
            if _takes_no_tensor(parent, place):
                return ParameterType(None, f"it is no Tensor at `{_short(function, parent)}`", ())
        if seen != {NONE}:
            return found
        wanted = _wanted_by_the_compiler(function, name)
        if wanted is not None:
            words = f"a case left it out, and where it is passed on, the compiler wants {wanted}"
            evidence = Evidence(wanted, "observed", words, function.node.lineno)
            return ParameterType(wanted, words, (evidence,))
        words = "a case left it out, and unannotated it is a Tensor to the compiler"
        kind, parts = "Tensor", _unpacked_into(function, name)
        if parts is not None:
            words = f"a case left it out, and it is unpacked into {parts}, Tensors to the compiler"
            kind = f"Tuple[{', '.join(['Tensor'] * parts)}]"
        evidence = Evidence(kind, "observed", words, function.node.lineno)
        return ParameterType(kind, words, (evidence,))

    def _from_default(self, function: FunctionFacts, name: str) -> Evidence | None:
        default = function.defaults.get(name)
        kind = self.of(default, function) if default is not None else None
        if default is None or kind in {None, NONE, UNKNOWN}:
            return None
        return Evidence(
            kind or "", "likely", f"its default is {_short(function, default)}", default.lineno
        )

    def _from_calls(self, function: FunctionFacts, name: str) -> Iterator[Evidence]:
        for site in call_sites(function) if function.decorators <= TRANSPARENT else ():
            passed = _passed(function, name, site.call)
            if passed is None or site.function is None:
                continue
            found = self.of(passed, site.function)
            if found is not None and found not in {NONE, UNKNOWN}:
                words = f"{site.function.qualname} passes {_short(site.function, passed)}"
                yield Evidence(required(found), "call", words, site.call.lineno)

    def _from_uses(self, function: FunctionFacts, name: str) -> Iterator[Evidence]:
        for place in _read_as_passed(function, name):
            for kind, source, shown in self._shown_by(place, function):
                yield Evidence(kind, source, shown, place.lineno)
        for value in _instead_of_none(function, name):
            yield from self._stand_in(value, function)

    def _stand_in(self, value: ast.expr, function: FunctionFacts) -> Iterator[Evidence]:
        kind = self.of(value, function)
        if kind is not None and kind not in {NONE, UNKNOWN} and not kind.startswith("Optional["):
            yield Evidence(
                kind, "use", f"{_short(function, value)} stands in for None", value.lineno
            )

    def _shown_by(
        self, node: ast.expr, function: FunctionFacts
    ) -> Iterator[tuple[str, Source, str]]:
        """What the place of an expression shows of the type that stands there."""
        parent = function.file.parents[node]
        match parent:
            case ast.Attribute(attr=attr):
                found = "Tensor" if attr in TENSOR_ONLY else METHODS_OF.get(attr)
                if found is not None:
                    yield found, "use", f"`{_text(node)}.{attr}`"
            case ast.Call() | ast.keyword():
                found = self._demanded(node, function)
                if found is not None and found != SIZES:
                    yield found, "use", f"it is passed to {_short(function, parent)}"
                elif isinstance(parent, ast.Call) and self._is_arithmetic(parent, function):
                    yield "Tensor", "likely", _added_at(function, parent)
            case ast.Slice():
                yield "int", "use", f"it bounds a slice at {_short(function, parent)}"
            case ast.Subscript(value=value, slice=index) if index is node:
                if self._indexable(value, function):
                    yield "int", "use", f"it indexes {_short(function, value)}"
            case ast.Subscript(value=value, slice=index) if value is node:
                found = self._shown_by_index(parent, index, function)
                if found is not None:
                    yield found, "use", f"`{_short(function, parent)}`"
            case ast.Compare():
                yield from self._shown_by_comparison(node, parent, function)
            case ast.BinOp(left=left, right=right, op=op):
                other = right if left is node else left
                if isinstance(op, ast.MatMult):
                    yield "Tensor", "use", f"`{_short(function, parent)}`"
                elif isinstance(op, ast.Add | ast.Sub):  # what is multiplied is as often a number
                    kind = self._compiled(other, function)
                    if kind == "Tensor" or (
                        kind in {"int", "float"} and self._demanded(parent, function) == "Tensor"
                    ):
                        yield "Tensor", "likely", _added_at(function, parent)
            case ast.UnaryOp(op=ast.Invert()):
                yield "Tensor", "use", f"`{_short(function, parent)}`"
            case ast.List() | ast.Tuple() if self._demanded(parent, function) == "List[Tensor]":
                yield "Tensor", "use", "it is one of the tensors of a list"

    def _compiled(self, node: ast.expr, function: FunctionFacts) -> str | None:
        """The type of an operand, a Tensor where it is a parameter of which nothing is said: that
        is what the compiler takes it for, and as anything else it would not compile."""
        kind = self.of(node, function)
        if kind is not None or not isinstance(node, ast.Name) or not function.scripted:
            return kind
        parameter = next((p for p in function.parameters if p.arg == node.id), None)
        if parameter is None or parameter.annotation is not None or node.id in function.defaults:
            return None
        silent = not self.parameter(function, node.id).evidence
        return "Tensor" if silent and node.id not in bindings(function) else None

    def _indexable(self, node: ast.expr, function: FunctionFacts) -> bool:
        name = self_attribute(node)
        return name is not None and is_surely(function.attribute(name), INDEXABLE)

    def _is_arithmetic(self, call: ast.Call, function: FunctionFacts) -> bool:
        """`torch.add(x, y)`, whose second argument may be a number."""
        dotted = function.file.dotted(call.func)
        return dotted in ARITHMETIC and self.of(call.args[0], function) == "Tensor"

    def _shown_by_index(
        self, parent: ast.Subscript, index: ast.expr, function: FunctionFacts
    ) -> str | None:
        if indexes_tensor(index) or isinstance(index, ast.Compare):
            return "Tensor"
        if isinstance(index, ast.Constant) and isinstance(index.value, str):
            return f"Dict[str, {self._demanded(parent, function) or UNKNOWN}]"
        if isinstance(index, ast.Slice):
            demanded = self._demanded(parent, function)
            return "List[int]" if demanded == SIZES else demanded
        return None

    def _shown_by_comparison(
        self, node: ast.expr, parent: ast.Compare, function: FunctionFacts
    ) -> Iterator[tuple[str, Source, str]]:
        match parent:
            case ast.Compare(ops=[ast.Eq() | ast.NotEq()], comparators=[other]):
                others = [parent.left if other is node else other]
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[inside]) if (
                isinstance(inside, ast.List | ast.Tuple | ast.Set) and parent.left is node
            ):
                others = [element for element in inside.elts if self.of(element, function) != NONE]
            case _:
                others = []
        if others and all(self.of(other, function) == "str" for other in others):
            yield "str", "use", f"`{_short(function, parent)}`"
        elif any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in parent.ops):
            return
        elif self._demanded(parent, function) == "Tensor":
            yield "Tensor", "use", f"`{_short(function, parent)}` is used as a Tensor"

    def _demanded(self, node: ast.expr, function: FunctionFacts) -> str | None:
        """The type that the place of an expression demands."""
        parent = function.file.parents[node]
        match parent:
            case ast.Call(args=args) if node in args:
                if any(isinstance(arg, ast.Starred) for arg in args):
                    return None
                return self._taken(parent, args.index(node), None, function)
            case ast.keyword(arg=str(name)):
                call = function.file.parents[parent]
                assert isinstance(call, ast.Call)
                return self._taken(call, None, name, function)
            case ast.Attribute(attr=attr) if attr in TENSOR_ONLY:
                return "Tensor"
            case ast.UnaryOp(op=ast.Invert()):
                return "Tensor"
            case ast.BinOp(left=left, right=right):
                other = right if left is node else left
                return "Tensor" if self.of(other, function) == "Tensor" else None
        return None

    def _taken(
        self, call: ast.Call, position: int | None, keyword: str | None, function: FunctionFacts
    ) -> str | None:
        """What a call takes at a position or under a keyword."""
        dotted = function.file.dotted(call.func)
        if dotted == "range":
            return "int"
        signature = function_signature(dotted)
        if signature is None:
            callees = called_at(function, call)
            if callees:
                return joined([self._taken_by(c, position, keyword) for c in callees])
            signature = self.layer(call.func, function)
        if signature is None and isinstance(call.func, ast.Attribute):
            base = self._used(call.func.value, function)
            if base == "Tensor" or (base in {None, UNKNOWN} and call.func.attr in TENSOR_ONLY):
                signature = method_signature(call.func.attr)
                if call.func.attr in SIZES_APART and len(call.args) > 1:
                    return "int"
        if signature is None:
            return None
        found = signature.takes(position, keyword)
        if (
            position is not None
            and signature.takes(0, None) == SIZES
            and len(call.args) > 1
            and dotted.rpartition(".")[2] in SIZES_APART
        ):
            return "int"
        return found

    def _taken_by(
        self, callee: FunctionFacts, position: int | None, keyword: str | None
    ) -> str | None:
        name = keyword
        if position is not None:
            positional = _positional(callee)
            name = positional[position] if position < len(positional) else None
        if name is None or all(p.arg != name for p in callee.parameters):
            return None
        if not callee.decorators <= TRANSPARENT:
            return None
        return self.of_parameter(callee, name)


NUMBERS = frozenset({"Tensor", "int", "float", "bool", UNKNOWN})
"""What arithmetic with a Tensor leaves possible."""

ARITHMETIC = frozenset({"torch.add", "torch.sub"})

METHODS_OF = {
    "append": "List[?]",
    "extend": "List[?]",
    "keys": "Dict[?, ?]",
    "items": "Dict[?, ?]",
    "lower": "str",
    "upper": "str",
    "startswith": "str",
    "endswith": "str",
}
"""What has a method of this name, of all the types that TorchScript has."""

SIZES_APART = words("""
    view reshape permute repeat expand zeros ones rand randn empty new_zeros new_ones
    """)
"""What takes sizes as one list or one by one."""


def argument(call: ast.Call, function: FunctionFacts, parameter: str) -> ast.expr | None:
    """The expression that a call passes for a parameter; None where it passes none, or where a
    starred argument hides it."""
    positional = _positional(function)
    position = positional.index(parameter) if parameter in positional else None
    return passed_by(call, parameter, position)


@remembered
def _passed(function: FunctionFacts, parameter: str, call: ast.Call) -> ast.expr | None:
    return argument(call, function, parameter)


@remembered
def _positional(function: FunctionFacts) -> list[str]:
    keyword_only = {arg.arg for arg in function.node.args.kwonlyargs}
    return [p.arg for p in function.parameters if p.arg not in keyword_only]


def _verdict(found: list[Evidence]) -> ParameterType:
    """What calls and uses come to. Arithmetic alone speaks only where nothing else does."""
    for sources in ({"call", "use"}, {"likely"}):
        speaking = [evidence for evidence in found if evidence.source in sources]
        if not speaking:
            continue
        kind = UNKNOWN
        for evidence in speaking:
            together = unified(kind, evidence.type)
            if together is None:
                return ParameterType(None, _contradiction(speaking, evidence), tuple(found))
            kind = together
        likely = [e for e in found if e.source == "likely" and e.type != kind]
        doubts = likely if kind not in NUMBERS else []
        if doubts:
            return ParameterType(
                None, _contradiction([*speaking, *doubts], doubts[0]), tuple(found)
            )
        if UNKNOWN not in kind:
            return ParameterType(kind, speaking[0].words, tuple(found))
    return ParameterType(None, "nothing in the path shows its type", tuple(found))


_WANTED = re.compile(
    r"Expected a value of type 'Optional\[(?P<wanted>[\w\[\], ]+)\]' for argument '\w+' "
    r"but instead found type '(?:Optional\[Tensor\]|Tensor(?: \(inferred\))?)'"
)


def _wanted_by_the_compiler(function: FunctionFacts, name: str) -> str | None:
    """What the compiler said that it wants where a parameter is passed on, which it took for a
    Tensor as nothing else was known; None where it did not, or said several things."""
    found: set[str] = set()
    for located in function.file.diagnosed(("Expected a value of type 'Optional[",)):
        if located.function is not function or located.node is None:
            continue
        around = (located.node, *islice(function.file.ancestors(located.node), 1))
        call = next((node for node in around if isinstance(node, ast.Call)), None)
        given = [*call.args, *(k.value for k in call.keywords)] if call is not None else []
        if any(isinstance(each, ast.Name) and each.id == name for each in given):
            found |= {said["wanted"] for said in _WANTED.finditer(located.message)}
    return found.pop() if len(found) == 1 else None


def _takes_no_tensor(parent: ast.AST, name: ast.Name) -> bool:
    """Whether a name is called, or passed on as what is never a Tensor."""
    match parent:
        case ast.Call(func=func):
            return func is name
        case ast.keyword(arg=arg):
            return arg in NEVER_TENSORS
    return False


def _unpacked_into(function: FunctionFacts, name: str) -> int | None:
    """How many names `a, b = name` binds, where it is the same number everywhere."""
    counts = {
        len(target.elts)
        for place in names(function).get(name, ())
        if isinstance(parent := function.file.parents[place], ast.Assign)
        for target in parent.targets
        if isinstance(target, ast.Tuple | ast.List)
        and all(isinstance(element, ast.Name) for element in target.elts)
    }
    return counts.pop() if len(counts) == 1 else None


def _is_told_apart(function: FunctionFacts, name: str) -> bool:
    """Whether the function asks with `isinstance` which of several types it was given."""
    return any(
        isinstance(parent := function.file.parents[place], ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id == "isinstance"
        for place in names(function).get(name, ())
    )


def _contradiction(speaking: list[Evidence], last: Evidence) -> str:
    first = next(evidence for evidence in speaking if evidence.type != last.type)
    return f"{first.words} says {first.type}, {last.words} says {last.type}"


def _whole(kind: str | None) -> str | None:
    return None if kind is None or UNKNOWN in kind else kind


def _tested_for_none(test: ast.expr) -> str | None:
    """`x` for `x is None`."""
    match test:
        case ast.Compare(
            left=ast.Name(id=name),
            ops=[ast.Is() | ast.Eq()],
            comparators=[ast.Constant(value=None)],
        ):
            return name
    return None


def _tested(test: ast.expr) -> str | None:
    """`x` for `x is not None` and `x`."""
    match test:
        case ast.Compare(left=ast.Name(id=name), comparators=[ast.Constant(value=None)]):
            return name
        case ast.Name(id=name):
            return name
    return None


def _assigned(body: list[ast.stmt], name: str) -> Iterator[ast.expr]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=n)], value=value) if n == name:
                yield value


def _text(node: ast.AST) -> str:
    return ast.unparse(node)


def _added_at(function: FunctionFacts, node: ast.AST) -> str:
    return f"it is added to a Tensor at `{_short(function, node)}`"


def _short(function: FunctionFacts, node: ast.AST) -> str:
    """A node's code, cut to what fits into a sentence."""
    return _shortened(function.file.parsed, node)


@remembered
def _shortened(parsed: Parsed, node: ast.AST) -> str:
    text = ast.unparse(node).replace("\n", " ")
    return text if len(text) <= 50 else f"{text[:47]}..."
