"""Static types of expressions and of parameters, in TorchScript's spelling.

`type_of(expression, function)` answers from what is known of torch, of the classes under the path
and of the code around; `parameter_type(function, name)` weighs the evidence for a parameter that
may have no annotation: what cases observed, what its callers pass, how its function uses it. Both
say None rather than guess.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar, cast

from torchscript_fix.facts.annotations import (
    NONE,
    annotation_type,
    optional,
    parts,
    required,
)
from torchscript_fix.facts.calls import call_sites, called_at
from torchscript_fix.facts.held import (
    held_by_attribute,
    held_by_definition,
    is_surely,
    module_classes,
)
from torchscript_fix.facts.kinds import INDEXABLE, Kind
from torchscript_fix.facts.signatures import (
    SIZES,
    TENSOR_ATTRIBUTES,
    TENSOR_ONLY,
    Signature,
    function_signature,
    layer_signature,
    method_signature,
    words,
)
from torchscript_fix.facts.static import (
    Definition,
    FunctionFacts,
    Project,
    is_super_call,
    self_attribute,
    walk_own,
)

Source = Literal["observed", "annotation", "call", "use", "likely"]
"""Where evidence comes from. `likely` is arithmetic with a Tensor: a number could stand there."""

T = TypeVar("T")

_Question = tuple[FunctionFacts, str]

UNKNOWN = "?"
"""Inside a type: a part of it that is not known. Never handed out."""

CIRCULAR: str | None = UNKNOWN
"""What a question about a type is answered with while it is being answered."""


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
    return _inference(function.file.project).parameter(function, parameter)


@lru_cache(maxsize=1)
def _inference(project: Project) -> "_Inference":
    return _Inference()


@dataclass(frozen=True)
class _Binding:
    """One value of a local name: an expression, or something taken out of it step by step."""

    value: ast.expr | None
    steps: tuple[int | Literal["element"], ...] = ()


class _Inference:
    """Types of one project, each asked for once.

    What is asked for while it is being answered counts as no answer, so recursive code ends. An
    answer that came to be that way holds for the question at hand, and is not kept beyond it.
    """

    def __init__(self) -> None:
        self._answers: dict[_Question, object] = {}
        self._for_now: dict[_Question, object] = {}
        self._asked: set[_Question] = set()
        self._cut = False

    def _once(self, question: _Question, answer: Callable[[], T], circular: T) -> T:
        for answers in (self._answers, self._for_now):
            if question in answers:
                self._cut = self._cut or answers is self._for_now
                return cast(T, answers[question])
        if question in self._asked or len(self._asked) > DEEPEST:
            self._cut = True
            return circular
        outer_cut, self._cut = self._cut, False
        self._asked.add(question)
        try:
            found = answer()
        finally:
            self._asked.discard(question)
        (self._for_now if self._cut else self._answers)[question] = found
        self._cut = self._cut or outer_cut
        if not self._asked:
            self._for_now.clear()
            self._cut = False
        return found

    # Expressions

    def of(self, node: ast.expr | None, function: FunctionFacts) -> str | None:
        if node is None:
            return None
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        found: str | None = method(node, function) if method else None
        return found

    def _constant(self, node: ast.Constant, function: FunctionFacts) -> str | None:
        name = type(node.value).__name__
        return {"NoneType": NONE}.get(
            name, name if name in {"int", "float", "bool", "str"} else None
        )

    def _joinedstr(self, node: ast.JoinedStr, function: FunctionFacts) -> str | None:
        return "str"

    def _name(self, node: ast.Name, function: FunctionFacts) -> str | None:
        name = node.id
        return self._once((function, name), lambda: self._of_name(name, function), CIRCULAR)

    def _of_name(self, name: str, function: FunctionFacts) -> str | None:
        types = [self._of_binding(b, function) for b in _bindings(function).get(name, ())]
        if any(p.arg == name for p in function.parameters):
            types.append(self._declared(function, name))
        found = _joined(types)
        if found is not None and found.startswith("List[") and UNKNOWN in found:
            found = _joined([found, *self._put_into(name, function)])
        return found

    def _of_binding(self, binding: _Binding, function: FunctionFacts) -> str | None:
        steps = binding.steps
        if steps[:1] == ("element",):
            kind, steps = self._element(binding.value, function), steps[1:]
        else:
            kind = self.of(binding.value, function)
        for step in steps:
            kind = _element_of(kind) if step == "element" else _part_of(kind, int(step))
        return kind

    def _declared(self, function: FunctionFacts, name: str) -> str | None:
        """The type of a parameter as its function sees it, Optional where None is its default."""
        found = self.parameter(function, name).type
        default = function.defaults.get(name)
        if default is None or found is None:
            return found
        return optional(found) if self.of(default, function) == NONE else found

    def _put_into(self, name: str, function: FunctionFacts) -> Iterator[str | None]:
        """List types that `name.append(x)`, `name.extend(xs)`, `name += xs` show."""
        for node in _own(function):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=n), attr="append"), args=[x]):
                    if n == name:
                        yield f"List[{self.of(x, function) or UNKNOWN}]"
                case ast.Call(func=ast.Attribute(value=ast.Name(id=n), attr="extend"), args=[x]):
                    if n == name:
                        yield self.of(x, function)
                case ast.AugAssign(target=ast.Name(id=n), op=ast.Add(), value=x):
                    if n == name:
                        yield self.of(x, function)

    def _attribute(self, node: ast.Attribute, function: FunctionFacts) -> str | None:
        name = self_attribute(node)
        if name is not None and function.owner is not None:
            return self._of_attribute(name, function)
        if (
            node.attr in TENSOR_ATTRIBUTES
            and function.file.dotted(node.value).partition(".")[0] != "torch"
        ):
            base = self.of(node.value, function)
            if base == "Tensor" or (base is None and node.attr == "shape"):
                return TENSOR_ATTRIBUTES[node.attr]
        return None

    def _of_attribute(self, name: str, function: FunctionFacts) -> str | None:
        attribute = function.attribute(name)
        if attribute is None:
            return "bool" if name == "training" else None
        kinds = held_by_attribute(attribute).kinds
        if kinds and kinds <= {Kind.PARAMETER, Kind.BUFFER}:
            return "Tensor"
        if not all(definition.how == "assign" for definition in attribute.definitions):
            return None
        definitions = attribute.definitions
        return self._once(
            (function, f"self.{name}"),
            lambda: _joined([self._of_definition(definition) for definition in definitions]),
            None,
        )

    def _of_definition(self, definition: Definition) -> str | None:
        if held_by_definition(definition).kinds <= {Kind.PARAMETER, Kind.BUFFER}:
            return "Tensor"
        return self.of(definition.value, definition.function)

    def _call(self, call: ast.Call, function: FunctionFacts) -> str | None:
        func, file = call.func, function.file
        dotted = file.dotted(func)
        signature = function_signature(dotted)
        if signature is not None:
            return self._returned(signature, call, dotted.rpartition(".")[2], function)
        if dotted in BUILTINS:
            return BUILTINS[dotted]
        if dotted in {"list", "tuple", "sorted", "reversed"} and len(call.args) == 1:
            element = self._element(call.args[0], function)
            return f"List[{element}]" if element else None
        if dotted in {"min", "max", "abs", "round"} and call.args:
            found = {self.of(arg, function) for arg in call.args}
            return found.pop() if len(found) == 1 and found <= {"int", "float"} else None
        callees = called_at(function, call)
        if callees:
            return _joined([self.returned_by(callee) for callee in callees])
        layer = self._layer(func, function)
        if layer is not None:
            return layer.returns
        if isinstance(func, ast.Attribute) and not is_super_call(func):
            return self._of_method(call, func, function)
        return None

    def _returned(
        self, signature: Signature, call: ast.Call, name: str, function: FunctionFacts
    ) -> str | None:
        if any(keyword.arg == "return_indices" for keyword in call.keywords):
            return None
        if name == "where" and len(call.args) == 3:
            return "Tensor"
        if name in {"max", "min", "median", "mode"} and signature.returns is None:
            seconds = call.args[1:] or [k.value for k in call.keywords]
            pair = [self.of(second, function) for second in seconds]
            return (
                "Tensor"
                if not pair or pair == ["Tensor"]
                else ("Tuple[Tensor, Tensor]" if pair[0] in {"int", "bool"} else None)
            )
        return signature.returns

    def _of_method(
        self, call: ast.Call, func: ast.Attribute, function: FunctionFacts
    ) -> str | None:
        base = self.of(func.value, function)
        if func.attr == "size" and base in {None, UNKNOWN, "Tensor"}:
            return "int" if call.args or call.keywords else "List[int]"
        if base is not None and base.startswith("Dict["):
            key, value = parts(base)[1]
            found = {"keys": f"List[{key}]", "values": f"List[{value}]"}
            return {**found, "items": f"List[Tuple[{key}, {value}]]"}.get(func.attr)
        if base == "str":
            return "str" if func.attr in {"lower", "upper", "strip", "format", "replace"} else None
        signature = method_signature(func.attr)
        if signature is None or base not in {None, UNKNOWN, "Tensor"}:
            return None
        if base != "Tensor" and func.attr not in TENSOR_ONLY:
            return None
        if func.attr in {"max", "min", "median", "mode"}:
            return self._returned(
                Signature((), None),
                ast.Call(func, [func.value, *call.args], call.keywords),
                func.attr,
                function,
            )
        return signature.returns

    def returned_by(self, callee: FunctionFacts) -> str | None:
        """What a function gives back, by its annotation or by all of its `return` statements."""
        if callee.name == "__init__" or isinstance(callee.node, ast.AsyncFunctionDef):
            return None
        if not callee.decorators <= TRANSPARENT:
            return None
        if callee.node.returns is not None:
            return annotation_type(callee.node.returns, callee.file)
        return self._once((callee, "return"), lambda: self._of_returns(callee), CIRCULAR)

    def _of_returns(self, callee: FunctionFacts) -> str | None:
        if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own(callee)):
            return None
        return _joined([self.of(value, callee) if value else NONE for value in callee.returns])

    def _layer(self, func: ast.expr, function: FunctionFacts) -> Signature | None:
        """The common signature of the torch layers that a call is known to reach."""
        classes = module_classes(func, function)
        if not classes:
            return None
        if classes == {"torch.nn.Sequential"} and (name := self_attribute(func)) is not None:
            classes = held_by_attribute(function.attribute(name)).elements
            if any("Sequential" in c or layer_signature(c) != PLAIN_LAYER for c in classes):
                return None
        signatures = {layer_signature(dotted) for dotted in classes}
        if any("MaxPool" in c for c in classes) and "return_indices" in function.file.text:
            return None
        return signatures.pop() if len(signatures) == 1 else None

    def _binop(self, node: ast.BinOp, function: FunctionFacts) -> str | None:
        left, right = self.of(node.left, function), self.of(node.right, function)
        if "Tensor" in {left, right}:
            return "Tensor"
        if UNKNOWN in {left, right}:
            return CIRCULAR
        if isinstance(node.op, ast.Div):
            return "float" if {left, right} <= {"int", "float"} else None
        if {left, right} <= {"int", "float"} and not isinstance(node.op, ast.Pow):
            return "float" if "float" in {left, right} else "int"
        if isinstance(node.op, ast.Mod) and left == "str":
            return "str"
        if isinstance(node.op, ast.Mult) and right == "int" and left and left.startswith("List["):
            return left
        if isinstance(node.op, ast.Add):
            return _added(left, right)
        return None

    def _unaryop(self, node: ast.UnaryOp, function: FunctionFacts) -> str | None:
        return "bool" if isinstance(node.op, ast.Not) else self.of(node.operand, function)

    def _compare(self, node: ast.Compare, function: FunctionFacts) -> str | None:
        if all(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops):
            return "bool"
        types = {self.of(part, function) for part in (node.left, *node.comparators)}
        if "Tensor" in types:
            return "Tensor"
        return "bool" if types <= {"int", "float", "bool", "str"} else None

    def _boolop(self, node: ast.BoolOp, function: FunctionFacts) -> str | None:
        return _joined([self.of(value, function) for value in node.values])

    def _ifexp(self, node: ast.IfExp, function: FunctionFacts) -> str | None:
        return _joined([self.of(node.body, function), self.of(node.orelse, function)])

    def _namedexpr(self, node: ast.NamedExpr, function: FunctionFacts) -> str | None:
        return self.of(node.value, function)

    def _list(self, node: ast.List, function: FunctionFacts) -> str | None:
        element = _joined([self.of(element, function) for element in node.elts])
        return f"List[{UNKNOWN if element in {None, NONE} else element}]"

    def _tuple(self, node: ast.Tuple, function: FunctionFacts) -> str | None:
        elements = [self.of(element, function) or UNKNOWN for element in node.elts]
        if not elements or any(isinstance(element, ast.Starred) for element in node.elts):
            return None
        return f"Tuple[{', '.join(elements)}]"

    def _dict(self, node: ast.Dict, function: FunctionFacts) -> str | None:
        keys = _joined([self.of(key, function) for key in node.keys])
        values = _joined([self.of(value, function) for value in node.values])
        return f"Dict[{keys}, {values}]" if keys and values else None

    def _listcomp(self, node: ast.ListComp, function: FunctionFacts) -> str | None:
        element = self.of(node.elt, function)
        return f"List[{UNKNOWN if element in {None, NONE} else element}]"

    def _subscript(self, node: ast.Subscript, function: FunctionFacts) -> str | None:
        base = self.of(node.value, function)
        if _indexes_tensor(node.slice):
            return "Tensor" if base in {None, UNKNOWN, "Tensor"} else None
        if base is None or base == "Tensor":
            return base
        if isinstance(node.slice, ast.Slice):
            return base if base.startswith("List[") or base == "str" else None
        head, inside = parts(base)
        if head == "Tuple":
            index = _integer(node.slice)
            return _part_of(base, index) if index is not None else None
        return _known(inside[-1]) if head in {"List", "Dict"} else None

    # Loops and unpacking

    def _element(self, node: ast.expr | None, function: FunctionFacts) -> str | None:
        """The type of what a loop over an expression gives."""
        if isinstance(node, ast.Call):
            called = function.file.dotted(node.func)
            inside = [self._element(arg, function) or UNKNOWN for arg in node.args]
            if called == "range":
                return "int"
            if called == "enumerate" and inside:
                return f"Tuple[int, {inside[0]}]"
            if called == "zip" and inside:
                return f"Tuple[{', '.join(inside)}]"
            if called in {"reversed", "list", "sorted", "tuple"} and inside:
                return inside[0]
        return _element_of(self.of(node, function))

    # Parameters

    def parameter(self, function: FunctionFacts, name: str) -> ParameterType:
        circular = ParameterType(None, "it is passed round in a circle", ())
        return self._once((function, f"{name}="), lambda: self._weigh(function, name), circular)

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
        uses = self._from_uses(function, name) if not _is_told_apart(function, name) else ()
        found = _verdict([*self._from_calls(function, name), *uses])
        return self._left_out(function, name, found)

    def _observed(self, function: FunctionFacts, name: str) -> ParameterType | None:
        project = function.file.project
        seen = project.observed.argument_types(function.file.path, function.qualname, name)
        values = sorted({required(kind) for kind in seen} - {NONE})
        if not values:
            return None
        line = function.node.lineno
        evidence = tuple(Evidence(v, "observed", f"a case passed {v}", line) for v in values)
        if len(values) == 1 and UNKNOWN not in values[0]:
            return ParameterType(values[0], f"a case passed {values[0]}", evidence)
        what = " and ".join(
            "something without a type in TorchScript" if UNKNOWN in v else v for v in values
        )
        return ParameterType(None, f"cases passed {what}", evidence)

    def _left_out(self, function: FunctionFacts, name: str, found: ParameterType) -> ParameterType:
        """Where nothing speaks for a type or against one, and a case ran without the argument, it
        stays what the compiler takes it for: a Tensor, now one that may be missing."""
        project = function.file.project
        seen = project.observed.argument_types(function.file.path, function.qualname, name)
        if found.type is not None or found.evidence or seen != {NONE}:
            return found
        words = "a case left it out, and unannotated it is a Tensor to the compiler"
        evidence = Evidence("Tensor", "observed", words, function.node.lineno)
        return ParameterType("Tensor", words, (evidence,))

    def _from_calls(self, function: FunctionFacts, name: str) -> Iterator[Evidence]:
        for site in call_sites(function) if function.decorators <= TRANSPARENT else ():
            passed = argument(site.call, function, name)
            if passed is None or site.function is None:
                continue
            found = self.of(passed, site.function)
            if found is not None and found not in {NONE, UNKNOWN}:
                words = f"{site.function.qualname} passes {_short(passed)}"
                yield Evidence(required(found), "call", words, site.call.lineno)

    def _from_uses(self, function: FunctionFacts, name: str) -> Iterator[Evidence]:
        last = self._rebound_at(function, name)
        for place in _names(function).get(name, ()):
            if isinstance(place.ctx, ast.Load) and place.lineno <= last:
                for kind, source, words in self._shown_by(place, function):
                    yield Evidence(kind, source, words, place.lineno)
        for node in _own(function):
            match node:
                case ast.If(test=test) if _tests_none(test, name):
                    for value in _assigned(node.body, name):
                        yield from self._stand_in(value, function)
                case ast.IfExp(test=test, body=body, orelse=orelse):
                    value = body if _tests_none(test, name) else orelse
                    if _mentions_none_test(test, name):
                        yield from self._stand_in(value, function)

    def _stand_in(self, value: ast.expr, function: FunctionFacts) -> Iterator[Evidence]:
        kind = self.of(value, function)
        if kind is not None and kind not in {NONE, UNKNOWN} and not kind.startswith("Optional["):
            yield Evidence(kind, "use", f"{_short(value)} stands in for None", value.lineno)

    def _rebound_at(self, function: FunctionFacts, name: str) -> int:
        """The line from which on the name means something else than what was passed."""
        lines = [
            node.lineno
            for node in _names(function).get(name, ())
            if isinstance(node.ctx, ast.Store) and not self._keeps_type(node, function)
        ]
        return min(lines, default=10**9)

    def _keeps_type(self, node: ast.Name, function: FunctionFacts) -> bool:
        """`if mask is None: mask = …`: TorchScript wants what is assigned to be of its type."""
        above = function.file.ancestors(node)
        return any(isinstance(a, ast.If) and _tests_none(a.test, node.id) for a in above)

    def _shown_by(
        self, node: ast.expr, function: FunctionFacts
    ) -> Iterator[tuple[str, Source, str]]:
        """What the place of an expression shows of the type that stands there."""
        parent = function.file.parents[node]
        words = _short(parent)
        match parent:
            case ast.Attribute(attr=attr):
                found = "Tensor" if attr in TENSOR_ONLY else METHODS_OF.get(attr)
                if found is not None:
                    yield found, "use", f"`{_text(node)}.{attr}`"
            case ast.Call() | ast.keyword():
                found = self._demanded(node, function)
                if found is not None and found != SIZES:
                    yield found, "use", f"it is passed to {words}"
                elif isinstance(parent, ast.Call) and self._is_arithmetic(parent, function):
                    yield "Tensor", "likely", f"arithmetic with a Tensor at `{words}`"
            case ast.Slice():
                yield "int", "use", f"it bounds a slice at {words}"
            case ast.Subscript(value=value, slice=index) if index is node:
                if self._indexable(value, function):
                    yield "int", "use", f"it indexes {_short(value)}"
            case ast.Subscript(value=value, slice=index) if value is node:
                found = self._shown_by_index(parent, index, function)
                if found is not None:
                    yield found, "use", f"`{words}`"
            case ast.Compare():
                yield from self._shown_by_comparison(node, parent, function)
            case ast.BinOp(left=left, right=right, op=op):
                other = right if left is node else left
                if isinstance(op, ast.MatMult):
                    yield "Tensor", "use", f"`{words}`"
                elif isinstance(op, ast.Add | ast.Sub | ast.Mult):
                    kind = self.of(other, function)
                    if kind == "Tensor" or (
                        kind in {"int", "float"} and self._demanded(parent, function) == "Tensor"
                    ):
                        yield "Tensor", "likely", f"arithmetic with a Tensor at `{words}`"
            case ast.UnaryOp(op=ast.Invert()):
                yield "Tensor", "use", f"`{words}`"
            case ast.List() | ast.Tuple() if self._demanded(parent, function) == "List[Tensor]":
                yield "Tensor", "use", "it is one of the tensors of a list"

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
        if _indexes_tensor(index) or isinstance(index, ast.Compare):
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
            yield "str", "use", f"`{_short(parent)}`"
        elif any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in parent.ops):
            return
        elif self._demanded(parent, function) == "Tensor":
            yield "Tensor", "use", f"`{_short(parent)}` is used as a Tensor"

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
                return _joined([self._taken_by(c, position, keyword) for c in callees])
            signature = self._layer(call.func, function)
        if signature is None and isinstance(call.func, ast.Attribute):
            base = self.of(call.func.value, function)
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
        return self.parameter(callee, name).type


DEEPEST = 40
"""How many questions may hang on one another."""

PLAIN_LAYER = Signature((("input", "Tensor"),), "Tensor")

BUILTINS = {
    "len": "int",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "isinstance": "bool",
    "hasattr": "bool",
    "math.sqrt": "float",
    "math.log": "float",
    "math.exp": "float",
    "math.floor": "int",
    "math.ceil": "int",
    "torch.tensor": "Tensor",
    "torch.from_numpy": "Tensor",
    "torch.device": "torch.device",
    "torch.autograd.Variable": "Tensor",
}

NUMBERS = frozenset({"Tensor", "int", "float", "bool", UNKNOWN})
"""What arithmetic with a Tensor leaves possible."""

ARITHMETIC = frozenset({"torch.add", "torch.sub", "torch.mul"})

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

TRANSPARENT = words("""
    staticmethod classmethod export no_grad inference_mode enable_grad autocast script ignore unused
    custom_fwd
    """)
"""Decorators under which a function takes and returns what it says."""

SIZES_APART = words("""
    view reshape permute repeat expand zeros ones rand randn empty new_zeros new_ones
    """)
"""What takes sizes as one list or one by one."""


def argument(call: ast.Call, function: FunctionFacts, parameter: str) -> ast.expr | None:
    """The expression that a call passes for a parameter; None where it passes none, or where a
    starred argument hides it."""
    for keyword in call.keywords:
        if keyword.arg == parameter:
            return keyword.value
    positional = _positional(function)
    if parameter not in positional:
        return None
    position = positional.index(parameter)
    if any(isinstance(arg, ast.Starred) for arg in call.args[: position + 1]):
        return None
    return call.args[position] if position < len(call.args) else None


def _positional(function: FunctionFacts) -> list[str]:
    keyword_only = {arg.arg for arg in function.node.args.kwonlyargs}
    return [p.arg for p in function.parameters if p.arg not in keyword_only]


@lru_cache(maxsize=10_000)
def _own(function: FunctionFacts) -> tuple[ast.AST, ...]:
    """Its nodes without those of functions inside it."""
    return tuple(walk_own(function.node))


@lru_cache(maxsize=10_000)
def _names(function: FunctionFacts) -> dict[str, list[ast.Name]]:
    """Every place where a local name stands."""
    found: dict[str, list[ast.Name]] = defaultdict(list)
    for node in _own(function):
        if isinstance(node, ast.Name):
            found[node.id].append(node)
    return dict(found)


@lru_cache(maxsize=10_000)
def _bindings(function: FunctionFacts) -> dict[str, list[_Binding]]:
    """Every value of each local name."""
    found: dict[str, list[_Binding]] = defaultdict(list)
    for name, binding in _bindings_in(function):
        found[name].append(binding)
    return dict(found)


def _bindings_in(function: FunctionFacts) -> Iterator[tuple[str, _Binding]]:
    """Every value that a function gives to a local name, nested functions left out."""
    for node in _own(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _taken_apart(target, _Binding(value))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _taken_apart(target, _Binding(value))
            case ast.NamedExpr(target=target, value=value):
                yield from _taken_apart(target, _Binding(value))
            case ast.For(target=target, iter=source) | ast.comprehension(
                target=target, iter=source
            ):
                yield from _taken_apart(target, _Binding(source, ("element",)))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                yield name, _Binding(ast.BinOp(ast.Name(name, ast.Load()), op, value))
            case ast.withitem(optional_vars=ast.Name(id=name)):
                yield name, _Binding(None)


def _taken_apart(target: ast.expr, binding: _Binding) -> Iterator[tuple[str, _Binding]]:
    if isinstance(target, ast.Name):
        yield target.id, binding
    elif isinstance(target, ast.Starred):
        yield from _taken_apart(target.value, _Binding(None))
    elif isinstance(target, ast.Tuple | ast.List):
        for position, element in enumerate(target.elts):
            value = binding.value
            if isinstance(value, ast.Tuple | ast.List) and not binding.steps:
                inner = value.elts[position] if position < len(value.elts) else None
                yield from _taken_apart(element, _Binding(inner))
            else:
                yield from _taken_apart(element, _Binding(value, (*binding.steps, position)))


def _known(part: str) -> str | None:
    """A part of a type, taken out."""
    return None if part == UNKNOWN else part


def _element_of(kind: str | None) -> str | None:
    if kind in {None, "Tensor", UNKNOWN}:
        return kind
    head, inside = parts(kind or "")
    if head == "List" or (head == "Tuple" and len(set(inside)) == 1):
        return _known(inside[0])
    return _known(inside[0]) if head == "Dict" else None


def _part_of(kind: str | None, index: int) -> str | None:
    """What unpacking, or a literal index, takes out of a tuple or list."""
    if kind in {None, "Tensor", UNKNOWN}:
        return kind
    head, inside = parts(kind or "")
    if head == "Tuple":
        return _known(inside[index]) if -len(inside) <= index < len(inside) else None
    return _known(inside[0]) if head == "List" else None


def _joined(types: Iterable[str | None]) -> str | None:
    """One type for what has each of `types` on some path; parts that are not known give way."""
    result: str | None = UNKNOWN
    nullable = False
    for kind in types:
        if kind is None or result is None:
            return None
        nullable = nullable or kind == NONE or kind.startswith("Optional[")
        if kind != NONE:
            result = _unified(result, required(kind))
    if result == UNKNOWN:
        return NONE if nullable else UNKNOWN
    return optional(result) if nullable and result is not None else result


def _unified(one: str, other: str) -> str | None:
    """The type that two descriptions of one thing come to; None where they contradict."""
    if other in {one, UNKNOWN}:
        return one
    if one == UNKNOWN:
        return other
    (head, inside), (head_2, inside_2) = parts(one), parts(other)
    if {head, head_2} == {"List", "Tuple"}:
        # A tuple of equals is taken where a list is declared, as `(h, w)` for a size.
        elements = {*inside, *inside_2} - {UNKNOWN}
        return f"List[{elements.pop()}]" if len(elements) == 1 else None
    if head != head_2 or len(inside) != len(inside_2) or not inside:
        return None
    unified = [_unified(a, b) for a, b in zip(inside, inside_2, strict=True)]
    return None if None in unified else f"{head}[{', '.join(filter(None, unified))}]"


def _added(left: str | None, right: str | None) -> str | None:
    if left == right == "str":
        return "str"
    lists = [kind for kind in (left, right) if kind and kind.startswith("List[")]
    if left and right and lists and (left.startswith("List[") or right.startswith("List[")):
        return _unified(left, right)
    return None


def _verdict(found: list[Evidence]) -> ParameterType:
    """What calls and uses come to. Arithmetic alone speaks only where nothing else does."""
    for sources in ({"call", "use"}, {"likely"}):
        speaking = [evidence for evidence in found if evidence.source in sources]
        if not speaking:
            continue
        kind = UNKNOWN
        for evidence in speaking:
            unified = _unified(kind, evidence.type)
            if unified is None:
                return ParameterType(None, _contradiction(speaking, evidence), tuple(found))
            kind = unified
        doubts = [e for e in found if e.source == "likely" and kind not in NUMBERS]
        if doubts:
            return ParameterType(
                None, _contradiction([*speaking, *doubts], doubts[0]), tuple(found)
            )
        if UNKNOWN not in kind:
            return ParameterType(kind, speaking[0].words, tuple(found))
    return ParameterType(None, "nothing in the path shows its type", tuple(found))


def _is_told_apart(function: FunctionFacts, name: str) -> bool:
    """Whether the function asks with `isinstance` which of several types it was given."""
    return any(
        isinstance(parent := function.file.parents[place], ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id == "isinstance"
        for place in _names(function).get(name, ())
    )


def _contradiction(speaking: list[Evidence], last: Evidence) -> str:
    first = next(evidence for evidence in speaking if evidence.type != last.type)
    return f"{first.words} says {first.type}, {last.words} says {last.type}"


def _whole(kind: str | None) -> str | None:
    return None if kind is None or UNKNOWN in kind else kind


def _indexes_tensor(index: ast.expr) -> bool:
    """Whether an index is one that a Tensor alone takes: `[:, None]`, `[..., 0]`."""
    if isinstance(index, ast.Tuple):
        return True
    return isinstance(index, ast.Constant) and (index.value is None or index.value is ...)


def _integer(node: ast.expr) -> int | None:
    match node:
        case ast.Constant(value=int(value)):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
            return -value
    return None


def _tests_none(test: ast.expr, name: str) -> bool:
    """`name is None`."""
    match test:
        case ast.Compare(
            left=ast.Name(id=n), ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)]
        ):
            return n == name
    return False


def _mentions_none_test(test: ast.expr, name: str) -> bool:
    """`name is None` or `name is not None`."""
    match test:
        case ast.Compare(left=ast.Name(id=n), comparators=[ast.Constant(value=None)]):
            return n == name
        case ast.Name(id=n):
            return n == name
    return False


def _assigned(body: list[ast.stmt], name: str) -> Iterator[ast.expr]:
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=n)], value=value) if n == name:
                yield value


def _text(node: ast.AST) -> str:
    return ast.unparse(node)


def _short(node: ast.AST) -> str:
    """A node's code, cut to what fits into a sentence."""
    text = ast.unparse(node).replace("\n", " ")
    return text if len(text) <= 50 else f"{text[:47]}..."
