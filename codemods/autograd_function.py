"""A function with a backward of its own gets a forward that TorchScript can save.

## What the compiler says

"Could not export Python function call 'Swish'": `Swish.apply(x)`, of a torch.autograd.Function,
compiles and runs, and cannot be saved, since it goes back to Python. Where the Function is a class
inside the module's class, the compiler says "type object 'F' has no attribute '__globals__'".

## What is written instead

    def swish(i):
        if not torch.jit.is_scripting():
            return Swish.apply(i)
        return i * torch.sigmoid(i)

and `swish(x)` where `Swish.apply(x)` stood. Eager code does what it did, gradients and memory
included. The scripted module computes the same outputs by the statements of `forward`, without
those that keep something for `backward`; its gradients are those of autograd, which is why the
rewrite is `narrowing`: the same for inference, and for training where `backward` is the derivative.

## When it holds back

- `forward` gives back its argument as it is, rounds, or compares: then `backward` is not its
  derivative but stands in for one (a straight-through estimator, a reversed or scaled gradient).
  A person has to decide whether the scripted module is ever trained.
- `forward` asks `ctx` for something, takes `*args`, or is called with them.
- The Function stands in another file than its call.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import (
    AddImport,
    Edit,
    InsertBefore,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import parameter_type
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

NAMED = re.compile(r"(?:Could not export Python function call|type object) '(?P<name>\w+)'")
FUNCTION_BASES = frozenset({"torch.autograd.Function", "torch.autograd.function.Function"})
KEEPING = frozenset(
    {"save_for_backward", "mark_non_differentiable", "mark_dirty", "set_materialize_grads"}
)
"""Methods of the context that only `backward`, or autograd around it, has a use for."""
FLAT = frozenset({"sign", "round", "floor", "ceil", "trunc", "argmax", "argmin", "bernoulli"})
FLAT |= frozenset({"heaviside", "histc", "one_hot"}) | {f"{name}_" for name in FLAT}
"""What is constant nearly everywhere, so that autograd would find no gradient in it."""
PURE = words("""
    sigmoid tanh exp log pow sqrt rsqrt softmax log_softmax softplus relu size sum mean max min
    clamp abs clone detach float where ones_like zeros_like matmul mm bmm type_as view reshape
    permute transpose unsqueeze squeeze len
    """)
"""What may be left out where nobody reads its result."""
SAME_VALUE = frozenset({"view_as", "clone", "contiguous", "view", "detach", "alias"})


class AutogradFunction(Rule):
    name: ClassVar[str] = "autograd-function"
    summary: ClassVar[str] = "A torch.autograd.Function gets a forward that can be saved."
    messages: ClassVar[tuple[str, ...]] = (
        "Could not export Python function call",
        "has no attribute '__globals__'",
    )
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        told: set[str] = set()
        for place in self.diagnosed(facts):
            named = NAMED.search(place.message)
            cls = _named_class(place, facts, named["name"]) if named is not None else None
            if cls is None or cls.qualname in told:
                continue
            told.add(cls.qualname)
            forward = cls.methods.get("forward")
            if forward is None or not cls.outside_bases & FUNCTION_BASES:
                continue
            finding = _answer(cls, forward, facts, place.line)
            if finding is not None:
                yield finding


def _named_class(place: Located, facts: FileFacts, name: str) -> ClassFacts | None:
    """The class that the compiler speaks of: one inside the module's class, one that the file has
    under this name, or the only one of the name under an alias of its `apply`."""
    for around in place.owner.mro if place.owner is not None else ():
        inside = around.file.classes.get(f"{around.qualname}.{name}")
        if inside is not None:
            return inside
    project = facts.project
    found = project.classes.get(facts.dotted(ast.Name(name, ast.Load())))
    named = [cls for cls in project.classes.values() if cls.node.name == name]
    return found or (named[0] if len(named) == 1 else None)


def _answer(
    cls: ClassFacts, forward: FunctionFacts, facts: FileFacts, line: int
) -> Rewrite | HeldBack | None:
    uses = _Uses.of(cls, facts)
    if not uses.calls and uses.alias is None:
        return None
    reason = _refusal(cls, forward, facts, uses)
    if reason is None:
        try:
            return _rewrite(cls, forward, uses)
        except _CannotStandAloneError as error:
            reason = str(error)
        except SpellingError as error:
            reason = str(error)
    return HeldBack(AutogradFunction.name, facts.path, line, cls.qualname, reason)


# ------------------------------------------------------------------------ what is found


@dataclass(frozen=True)
class _Uses:
    """Where a file calls a Function: `Swish.apply(x)`, or gives its `apply` a name of its own."""

    calls: tuple[ast.Call, ...]
    alias: ast.Assign | None

    @classmethod
    def of(cls, function: ClassFacts, facts: FileFacts) -> "_Uses":
        calls = [
            node
            for node in facts.nodes
            if isinstance(node, ast.Call)
            and _is_apply(node.func, function, facts)
            and not _stays(node, function, facts)
        ]
        aliases = [
            node
            for node in facts.tree.body
            if isinstance(node, ast.Assign) and _is_apply(node.value, function, facts)
        ]
        alias = aliases[0] if len(aliases) == 1 else None
        return cls(tuple(calls), alias)

    @property
    def name(self) -> str | None:
        """The name that the file has for the `apply`."""
        match self.alias:
            case ast.Assign(targets=[ast.Name(id=name)]):
                return name
        return None


def _is_apply(node: ast.expr, cls: ClassFacts, facts: FileFacts) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr != "apply":
        return False
    name = self_attribute(node.value)
    if name is None:
        return facts.project.classes.get(facts.dotted(node.value)) is cls
    # A class inside the module's class, reached through the module.
    around = next((o for o in facts.ancestors(node) if isinstance(o, ast.ClassDef)), None)
    return name == cls.node.name and facts.parents.get(cls.node) is around


def _stays(call: ast.Call, cls: ClassFacts, facts: FileFacts) -> bool:
    """Whether a call is in the Function itself, or where scripted code never comes."""
    return any(
        outer is cls.node or (isinstance(outer, ast.If) and "is_scripting" in ast.dump(outer.test))
        for outer in facts.ancestors(call)
    )


def _refusal(cls: ClassFacts, forward: FunctionFacts, facts: FileFacts, uses: _Uses) -> str | None:
    """Why no forward can be taken out of a Function, or None."""
    spec = forward.node.args
    if cls.file is not facts:
        return f"{cls.qualname} stands in another file than its call"
    if uses.alias is not None and uses.name is None:
        return f"{cls.qualname}.apply is given several names at once"
    if spec.vararg or spec.kwarg or spec.kwonlyargs or spec.posonlyargs:
        return f"{cls.qualname}.forward takes *args or keyword-only arguments"
    if any(
        isinstance(arg, ast.Starred) or call.keywords for call in uses.calls for arg in call.args
    ):
        return f"{cls.qualname}.apply is called with * or keywords"
    if _is_not_its_derivative(forward):
        return (
            f"{cls.qualname}.backward stands in for a derivative that its forward does not have: "
            "what the scripted module is trained with, a person decides"
        )
    return None


def _is_not_its_derivative(forward: FunctionFacts) -> bool:
    """Whether what `forward` gives back is an argument as it came, or is flat nearly everywhere."""
    parameters = {parameter.arg for parameter in forward.parameters}
    for value in forward.returns:
        if value is None or _is_as_it_came(value, parameters, forward):
            return True
        for node in _made_of(value, forward):
            match node:
                case ast.Call(func=ast.Attribute(attr=attr)) if attr in FLAT:
                    return True
    return False


def _is_as_it_came(value: ast.expr, parameters: set[str], forward: FunctionFacts) -> bool:
    match value:
        case ast.Name(id=name):
            given = forward.assignments.get(name, [])
            if name in parameters and not given:
                return True
            return any(v is not None and _is_as_it_came(v, parameters, forward) for v in given[:1])
        case ast.Call(func=ast.Attribute(value=inner, attr=attr)) if attr in SAME_VALUE:
            return isinstance(inner, ast.Name) and inner.id in parameters
    return False


def _made_of(value: ast.expr, forward: FunctionFacts) -> Iterator[ast.AST]:
    """The nodes of a value, and of the values of the locals in it."""
    todo: list[ast.AST] = [value]
    seen: set[str] = set()
    while todo:
        for node in ast.walk(todo.pop()):
            yield node
            if isinstance(node, ast.Name) and node.id not in seen:
                seen.add(node.id)
                todo += [v for v in forward.assignments.get(node.id, []) if v is not None]


# ------------------------------------------------------------------------ what is written


def _rewrite(cls: ClassFacts, forward: FunctionFacts, uses: _Uses) -> Rewrite:
    facts = cls.file
    name = uses.name or free_name(_candidates(cls), _all_names(facts))
    code, imports = _standing_alone(cls, forward, name)
    edits: list[Edit] = [*imports, AddImport("torch")]
    if uses.alias is not None:
        edits.append(ReplaceStatement(uses.alias, code))
    else:
        edits.append(InsertBefore(_outermost(cls), code))
    edits += [ReplaceExpression(call.func, name) for call in uses.calls]
    return Rewrite(
        AutogradFunction.name,
        facts.path,
        cls.node.lineno,
        cls.qualname,
        f"{name}() is {cls.qualname}.apply, and its forward where it is scripted",
        Safety.NARROWING,
        tuple(edits),
    )


def _outermost(cls: ClassFacts) -> ast.ClassDef:
    """The class itself, or the one that it stands in."""
    classes = [node for node in cls.file.ancestors(cls.node) if isinstance(node, ast.ClassDef)]
    return classes[-1] if classes else cls.node


def _candidates(cls: ClassFacts) -> list[str]:
    """`fast_swish` for FastSwishFunction, and for a Function inside a module FastSwish."""
    name = _outermost(cls).name
    spelled_out = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).strip("_").lower()
    short = re.sub(r"_?(autograd|auto|implementation|function|func|fn|op)$", "", spelled_out)
    return [
        name for name in (short, spelled_out, f"{spelled_out}_forward") if name != cls.node.name
    ]


def _all_names(facts: FileFacts) -> set[str]:
    names = {*facts.imports, *facts.classes, *facts.functions}
    names |= {node.id for node in facts.nodes if isinstance(node, ast.Name)}
    return names | {node.arg for node in facts.nodes if isinstance(node, ast.arg)}


class _CannotStandAloneError(Exception):
    """Why a `forward` cannot do without its context."""


def _standing_alone(
    cls: ClassFacts, forward: FunctionFacts, name: str
) -> tuple[str, list[AddImport]]:
    """The function that has the statements of `forward`, and the imports of its annotations."""
    context = None if "setup_context" in cls.methods else forward.node.args.args[0].arg
    arguments = forward.node.args.args[0 if context is None else 1 :]
    imports: list[AddImport] = []
    spelled_out = []
    for argument in arguments:
        annotation, more = _annotation(forward, argument)
        imports += more
        default = forward.defaults.get(argument.arg)
        text = f"{argument.arg}: {annotation}" if annotation else argument.arg
        equals = " = " if annotation else "="
        spelled_out.append(
            text if default is None else f"{text}{equals}{cls.file.segment(default)}"
        )
    passed = ", ".join(argument.arg for argument in arguments)
    body = _body(forward, context)
    lines = [
        f"def {name}({', '.join(spelled_out)}):",
        "    if not torch.jit.is_scripting():",
        f"        return {cls.qualname}.apply({passed})",
        *(f"    {line}" if line else "" for line in body),
    ]
    return "\n".join(lines), imports


def _annotation(forward: FunctionFacts, argument: ast.arg) -> tuple[str, list[AddImport]]:
    """The annotation of a parameter: the one that it has, else what was observed, if no Tensor."""
    file = forward.file
    if argument.annotation is not None:
        return file.segment(argument.annotation), []
    types = file.project.observed.argument_types(file.path, forward.qualname, argument.arg)
    kind = parameter_type(forward, argument.arg).type
    default = forward.defaults.get(argument.arg)
    if kind is None and default is not None and not is_none(default):
        kind = _plain_type(default)
    if kind in {None, "Tensor"} and "None" not in types:
        return "", []
    optional = "None" in types or is_none(default)
    found = spelled(f"Optional[{kind}]" if optional else kind or "", file, forward.node.lineno)
    return found.code, list(found.imports)


def _plain_type(default: ast.expr) -> str | None:
    try:
        kind = type(ast.literal_eval(default)).__name__
    except ValueError:
        return None
    return kind if kind in {"bool", "int", "float", "str"} else None


def _body(forward: FunctionFacts, context: str | None) -> list[str]:
    """The statements of `forward` without what it keeps for `backward`."""
    kept = _names_kept(forward, context)
    lines: list[list[str]] = []
    made: list[list[ast.stmt]] = []
    for statement in forward.node.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # the docstring stays where it is
        if any(isinstance(n, ast.Name) and n.id == context for n in ast.walk(statement)):
            copy = ast.parse(ast.unparse(statement)).body
            left = _WithoutContext(context or "", kept).of(copy)
            whole = [ast.unparse(ast.fix_missing_locations(part)) for part in left]
            lines.append([line for text in whole for line in text.split("\n")])
        else:
            left = [statement]
            lines.append(_dedented(forward.file, statement))
        made.append(left)
    idle = _idle(made)
    return [line for index, part in enumerate(lines) if index not in idle for line in part]


def _idle(made: Sequence[Sequence[ast.stmt]]) -> set[int]:
    """The places of assignments that only `backward` had a use for."""
    idle: set[int] = set()
    while True:
        read = {
            node.id
            for index, statements in enumerate(made)
            for statement in statements
            for node in ast.walk(statement)
            if index not in idle and isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        more = {
            index
            for index, statements in enumerate(made)
            if index not in idle and _makes_only(statements, read)
        }
        if not more:
            return idle
        idle |= more


def _makes_only(statements: Sequence[ast.stmt], read: set[str]) -> bool:
    """Whether this does nothing but give a value to a name that is not read."""
    match statements:
        case [ast.Assign(targets=[ast.Name(id=name)], value=value)] if name not in read:
            return not any(_has_effects(node) for node in ast.walk(value))
    return False


def _has_effects(node: ast.AST) -> bool:
    """Whether evaluating this may change something or draw a random number."""
    if not isinstance(node, ast.Call):
        return False
    name = ast.unparse(node.func).rpartition(".")[2]
    return name.endswith("_") or name not in PURE


def _dedented(file: FileFacts, statement: ast.stmt) -> list[str]:
    first, *rest = file.segment(statement).split("\n")
    if any(
        isinstance(node, ast.Constant) and "\n" in str(node.value) for node in ast.walk(statement)
    ):
        return ast.unparse(statement).split("\n")
    return [first, *(line[statement.col_offset :] for line in rest)]


def _names_kept(forward: FunctionFacts, context: str | None) -> frozenset[str]:
    """The attributes of the context that `forward` itself reads again."""
    return frozenset(
        node.attr
        for node in forward.nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == context
        and isinstance(node.ctx, ast.Load)
        and node.attr not in KEEPING
    )


class _WithoutContext(ast.NodeTransformer):
    """Statements without their context: what is only kept goes, what is read is a local."""

    def __init__(self, context: str, kept: frozenset[str]) -> None:
        self.context = context
        self.kept = kept

    def of(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """Raises _CannotStandAloneError where one of them asks the context for something."""
        module = self.visit(ast.Module(list(statements), []))
        assert isinstance(module, ast.Module)
        for node in ast.walk(module):
            if isinstance(node, ast.Name) and node.id == self.context:
                raise _CannotStandAloneError("forward needs its context for more than keeping")
        return module.body

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        match node.value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attr)):
                if name == self.context and attr in KEEPING:
                    return None
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        match node.targets:
            case [ast.Attribute(value=ast.Name(id=name), attr=attr)] if name == self.context:
                if attr not in self.kept or ast.unparse(node.value) == attr:
                    return None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        made = self.generic_visit(node)
        assert isinstance(made, ast.If)
        if not made.body and not made.orelse:
            return None
        made.body = made.body or [ast.Pass()]
        return made

    def visit_With(self, node: ast.With) -> ast.AST | None:
        made = self.generic_visit(node)
        assert isinstance(made, ast.With)
        return made if made.body else None

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == self.context:
            if node.attr not in self.kept or node.attr in {"saved_tensors", "needs_input_grad"}:
                raise _CannotStandAloneError(f"forward asks for {self.context}.{node.attr}")
            return ast.Name(node.attr, node.ctx)
        return self.generic_visit(node)
