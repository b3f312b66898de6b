"""Types of expressions, from what is known of torch, of the classes under the path and of the code
around."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from torchscript_fix.facts.annotations import annotation_type
from torchscript_fix.facts.bindings import Binding, bindings
from torchscript_fix.facts.calls import called_at
from torchscript_fix.facts.held import (
    held_by_attribute,
    held_by_definition,
    module_classes,
)
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.signatures import (
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
    is_super_call,
    self_attribute,
)
from torchscript_fix.facts.unify import (
    NONE,
    UNKNOWN,
    added,
    element_of,
    joined,
    known,
    optional,
    part_of,
    parts,
    required,
)

T = TypeVar("T")

Question = tuple[FunctionFacts, str]

CIRCULAR: str | None = UNKNOWN
"""What a question about a type is answered with while it is being answered."""


@dataclass
class _ForNow:
    """An answer that hangs on others that are not settled."""

    answer: Callable[[], object]
    circular: object
    read: dict[Question, object]
    """What it hangs on, and what was known of that at the time."""
    found: Any


class _Methods(dict[type, str]):
    """Class of node to the name of what tells the type of such a node: `_call` for a Call."""

    def __missing__(self, kind: type) -> str:
        name = self[kind] = f"_{kind.__name__.lower()}"
        return name


_methods = _Methods()


class Expressions(ABC):
    """Types of one project, each asked for once.

    Code that calls itself, or round in a circle, makes questions that hang on themselves. Such a
    question counts as `circular` while it is being answered for the first time, which leaves
    everything possible; what hangs on it is then asked again with what came out, round by round,
    until nothing changes. So a circle costs a little more than its questions, and an answer does
    not depend on which of them was asked first, but where the code contradicts itself.
    """

    def __init__(self) -> None:
        self._answers: dict[Question, Any] = {}
        """What is settled."""
        self._for_now: dict[Question, _ForNow] = {}
        """What hangs on a circle, as far as it is known now; inner questions first."""
        self._asked: set[Question] = set()
        """What is being answered."""
        self._later: dict[Question, Callable[[], object]] = {}
        """What so many questions hang on, one on the other, that it is answered for itself."""
        self._read: dict[Question, object] = {}
        """What the answer at hand hangs on so far that is not settled."""

    def once(self, question: Question, answer: Callable[[], T], circular: T) -> T:
        """Answer a question, or remember the answer; `circular` leaves everything possible."""
        if question in self._answers:
            known: T = self._answers[question]
            return known
        if not self._asked:
            return self._settled(question, answer, circular)
        if question in self._for_now:
            found: T = self._for_now[question].found
            self._read[question] = found
            return found
        is_too_deep = len(self._asked) > DEEPEST
        if question in self._asked or is_too_deep:
            if question not in self._asked:
                self._later[question] = lambda: self._answered(question, answer, circular)
            self._read[question] = circular
            return circular
        return self._answered(question, answer, circular)

    def _settled(self, question: Question, answer: Callable[[], T], circular: T) -> T:
        """Go round until the answers stay; one that never does is `circular`."""
        # Where a question before this one raised, what hung on it is left.
        self._for_now, self._later, self._read = {}, {}, {}
        self._answered(question, answer, circular)
        restless: set[Question] = set()
        for _ in range(MOST_ROUNDS):
            while self._later:
                left, answered = self._later.popitem()
                if left not in self._for_now and left not in self._answers:
                    answered()
            changes = {
                asked: self._changes(asked)
                for asked in list(self._for_now)
                if self._is_stale(asked)
            }
            restless = {asked for asked, changed in changes.items() if changed}
            if not changes:
                break
        for asked, each in self._for_now.items():
            self._answers[asked] = each.circular if asked in restless else each.found
        self._for_now, self._later, self._read = {}, {}, {}
        settled: T = self._answers[question]
        return settled

    def _is_stale(self, question: Question) -> bool:
        """Whether something that an answer hangs on is known otherwise by now."""
        for read, seen in self._for_now[question].read.items():
            now = self._now(read)
            if now is not seen and now != seen:
                return True
        return False

    def _now(self, question: Question) -> object:
        each = self._for_now.get(question)
        return each.found if each is not None else self._answers.get(question)

    def _changes(self, question: Question) -> bool:
        """Answer a question once more; whether the answer is another."""
        before = self._for_now[question]
        return bool(self._answered(question, before.answer, before.circular) != before.found)

    def _answered(self, question: Question, answer: Callable[[], T], circular: T) -> T:
        """Answer a question: for good, where the answer hangs on nothing that is not settled."""
        around, self._read = self._read, {}
        self._asked.add(question)
        try:
            found = answer()
        finally:
            self._asked.discard(question)
            read, self._read = self._read, around
        if read:
            self._for_now[question] = _ForNow(answer, circular, read, found)
            self._read[question] = found
        else:
            self._for_now.pop(question, None)
            self._answers[question] = found
        return found

    @abstractmethod
    def of_parameter(self, function: FunctionFacts, name: str) -> str | None:
        """The type of a parameter, None left aside."""

    def of(self, node: ast.expr | None, function: FunctionFacts) -> str | None:
        """The type of an expression, parts of it perhaps `?`; None where it is not known."""
        method = getattr(self, _methods[node.__class__], None)
        found: str | None = method(node, function) if method else None
        return found

    def _used(self, node: ast.expr | None, function: FunctionFacts) -> str | None:
        """The type of an expression whose value is put to use, so that it cannot be None there."""
        kind = self.of(node, function)
        return required(kind) if kind is not None else None

    def _constant(self, node: ast.Constant, function: FunctionFacts) -> str | None:
        name = type(node.value).__name__
        return {"NoneType": NONE}.get(
            name, name if name in {"int", "float", "bool", "str"} else None
        )

    def _joinedstr(self, node: ast.JoinedStr, function: FunctionFacts) -> str | None:
        return "str"

    def _name(self, node: ast.Name, function: FunctionFacts) -> str | None:
        name = node.id
        return self.once((function, name), lambda: self._of_name(name, function), CIRCULAR)

    def _of_name(self, name: str, function: FunctionFacts) -> str | None:
        types = [self._of_binding(b, function) for b in bindings(function).get(name, ())]
        if any(p.arg == name for p in function.parameters):
            types.append(self._declared(function, name))
        found = joined(types)
        if found is not None and found.startswith("List[") and UNKNOWN in found:
            found = joined([found, *self._put_into(name, function)])
        return found

    def _of_binding(self, binding: Binding, function: FunctionFacts) -> str | None:
        steps = binding.steps
        if steps[:1] == ("element",):
            kind, steps = self._element(binding.value, function), steps[1:]
        else:
            kind = self.of(binding.value, function)
        for step in steps:
            kind = element_of(kind) if step == "element" else part_of(kind, int(step))
        return kind

    def _declared(self, function: FunctionFacts, name: str) -> str | None:
        """The type of a parameter as its function sees it, Optional where None is its default."""
        found = self.of_parameter(function, name)
        default = function.defaults.get(name)
        if default is None or found is None or found == UNKNOWN:
            return found
        return optional(found) if self.of(default, function) == NONE else found

    def _put_into(self, name: str, function: FunctionFacts) -> Iterator[str | None]:
        """List types that `name.append(x)`, `name.extend(xs)`, `name += xs` show."""
        for node in function.own_nodes:
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
            base = self._used(node.value, function)
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
        return self.once(
            (function, f"self.{name}"),
            lambda: joined([self._of_definition(definition) for definition in definitions]),
            CIRCULAR,
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
            return joined([self.returned_by(callee) for callee in callees])
        layer = self.layer(func, function)
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
        base = self._used(func.value, function)
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
        return self.once((callee, "return"), lambda: self._of_returns(callee), CIRCULAR)

    def _of_returns(self, callee: FunctionFacts) -> str | None:
        if _is_generator(callee):
            return None
        return joined([self.of(value, callee) if value else NONE for value in callee.returns])

    def layer(self, func: ast.expr, function: FunctionFacts) -> Signature | None:
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
        left, right = self._used(node.left, function), self._used(node.right, function)
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
            return added(left, right)
        return None

    def _unaryop(self, node: ast.UnaryOp, function: FunctionFacts) -> str | None:
        return "bool" if isinstance(node.op, ast.Not) else self._used(node.operand, function)

    def _compare(self, node: ast.Compare, function: FunctionFacts) -> str | None:
        if all(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in node.ops):
            return "bool"
        types = {self.of(part, function) for part in (node.left, *node.comparators)}
        if "Tensor" in types:
            return "Tensor"
        return "bool" if types <= {"int", "float", "bool", "str"} else None

    def _boolop(self, node: ast.BoolOp, function: FunctionFacts) -> str | None:
        return joined([self.of(value, function) for value in node.values])

    def _ifexp(self, node: ast.IfExp, function: FunctionFacts) -> str | None:
        return joined([self.of(node.body, function), self.of(node.orelse, function)])

    def _namedexpr(self, node: ast.NamedExpr, function: FunctionFacts) -> str | None:
        return self.of(node.value, function)

    def _list(self, node: ast.List, function: FunctionFacts) -> str | None:
        element = joined([self.of(element, function) for element in node.elts])
        return f"List[{UNKNOWN if element in {None, NONE} else element}]"

    def _tuple(self, node: ast.Tuple, function: FunctionFacts) -> str | None:
        elements = [self.of(element, function) or UNKNOWN for element in node.elts]
        if not elements or any(isinstance(element, ast.Starred) for element in node.elts):
            return None
        found = f"Tuple[{', '.join(elements)}]"
        return found if len(found) <= LONGEST else None

    def _dict(self, node: ast.Dict, function: FunctionFacts) -> str | None:
        keys = joined([self.of(key, function) for key in node.keys])
        values = joined([self.of(value, function) for value in node.values])
        return f"Dict[{keys}, {values}]" if keys and values else None

    def _listcomp(self, node: ast.ListComp, function: FunctionFacts) -> str | None:
        element = self.of(node.elt, function)
        return f"List[{UNKNOWN if element in {None, NONE} else element}]"

    def _subscript(self, node: ast.Subscript, function: FunctionFacts) -> str | None:
        base = self._used(node.value, function)
        if indexes_tensor(node.slice):
            return "Tensor" if base in {None, UNKNOWN, "Tensor"} else None
        if base is None or base == "Tensor":
            return base
        if isinstance(node.slice, ast.Slice):
            return base if base.startswith("List[") or base == "str" else None
        head, inside = parts(base)
        if head == "Tuple":
            index = _integer(node.slice)
            return part_of(base, index) if index is not None else None
        return known(inside[-1]) if head in {"List", "Dict"} else None

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
        return element_of(self._used(node, function))


DEEPEST = 40
"""How many questions may hang on one another before one is answered for itself: Python's own depth
ends at 1,000 calls."""
MOST_ROUNDS = 12
"""How often a circle is gone round; two or three times is usual, and one more for each DEEPEST
questions that hang on one another."""
LONGEST = 500
"""Letters of a type that someone may want to write; longer are those that grow with each round."""

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

TRANSPARENT = words("""
    staticmethod classmethod export no_grad inference_mode enable_grad autocast script ignore unused
    custom_fwd
    """)
"""Decorators under which a function takes and returns what it says."""


@remembered
def _is_generator(function: FunctionFacts) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in function.own_nodes)


def indexes_tensor(index: ast.expr) -> bool:
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
