"""What builds a model: Modules that can be called, and functions that give one."""

import ast
import re
from collections.abc import Collection

from torchscript_fix.facts.static import ClassFacts, FunctionFacts

MOST_METHODS = 2
"""Methods of one class that are called in place of its forward."""
_REGISTERS = re.compile(r"(?i)regist|cache|model|backbone|arch|export|api|no_grad")
"""Decorators of a builder that leave it a function to be called."""


def is_model(cls: ClassFacts) -> bool:
    """Whether it is a Module that can be called: it has a forward of its own or of a base under
    the path, or is a Sequential."""
    has_forward = cls.method("forward") is not None or any(
        base.startswith("torch.nn.") and base.rpartition(".")[2] not in _WITHOUT_FORWARD
        for base in cls.outside_bases
    )
    is_wrapper = any(base.endswith("DataParallel") for base in cls.outside_bases)
    return cls.is_module and has_forward and not _is_abstract(cls) and not is_wrapper


def methods_in_place_of_forward(cls: ClassFacts, called: Collection[str]) -> list[str]:
    """What a Module without a forward to be called is called by: those of its methods that code
    outside of Modules calls, that take something and give something. A base class of others, and
    one that is never called so, has none."""
    if not cls.is_module or cls.subclasses or is_model(cls):
        return []
    found = [
        name
        for name, method in cls.methods.items()
        if name in called
        and not name.startswith("_")
        and method.parameters
        and not method.decorators & {"staticmethod", "classmethod", "property"}
        and any(value is not None for value in method.returns)
        and name != "forward"
    ]
    return sorted(found, key=lambda name: not _METHOD.fullmatch(name))[:MOST_METHODS]


_METHOD = re.compile(r"act|infer(ence)?|encode|predict|generate|sample|evaluate|step|extract\w*")
"""Names of methods that models are called by."""
_WITHOUT_FORWARD = frozenset({"Module", "ModuleList", "ModuleDict", "ParameterList", "Parameter"})


def needs_no_argument(cls: ClassFacts) -> bool:
    constructor = cls.method("__init__")
    if constructor is None:
        return cls.outside_bases - {"object"} <= {"torch.nn.Module"}
    return not required(constructor)


def required(function: FunctionFacts) -> bool:
    """Whether a parameter must be given."""
    return any(parameter.arg not in function.defaults for parameter in function.parameters)


def _is_abstract(cls: ClassFacts) -> bool:
    if any(base.startswith("abc.") for base in cls.outside_bases):
        return True
    forward = cls.method("forward")
    body = forward.node.body if forward is not None else []
    return bool(body) and isinstance(body[-1], ast.Raise) and len(body) <= 2


def is_builder(function: FunctionFacts, builds: bool) -> bool:
    if isinstance(function.node, ast.AsyncFunctionDef) or function.name.startswith("test"):
        return False
    if any(_is_given_back(value, function) for value in function.returns):
        return False  # what fuses, freezes or converts a model builds none
    if not all(_REGISTERS.search(decorator) for decorator in function.decorators):
        return False  # a command, a fixture: whatever calls it is not this code
    return builds or builds_a_model(function)


def _is_given_back(value: ast.expr | None, function: FunctionFacts) -> bool:
    """Whether a function returns what it was given, as it was given."""
    if not isinstance(value, ast.Name) or function.assignments.get(value.id):
        return False
    names = {parameter.arg for parameter in function.parameters}
    return value.id in names and value.id not in function.defaults


def builds_a_model(function: FunctionFacts, depth: int = 4) -> bool:
    """Whether its annotation, or a return statement, shows that it gives a Module."""
    annotation = function.node.returns
    if annotation is not None and _is_module_class(_named(annotation, function), function):
        return True
    return any(_gives_a_module(value, function, depth) for value in function.returns)


def item_of(function: FunctionFacts, depth: int = 4) -> str:
    """`[0]` where it returns a tuple that begins with a model, or what another function returns
    so."""
    for value in function.returns:
        if isinstance(value, ast.Tuple):
            return "[0]"
        if isinstance(value, ast.Call) and depth:
            dotted = function.file.dotted(value.func)
            callee = function.file.project.functions.get(dotted)
            if callee is not None and item_of(callee, depth - 1):
                return "[0]"
    return ""


def _gives_a_module(value: ast.expr | None, function: FunctionFacts, depth: int = 4) -> bool:
    """Whether an expression is a call of a Module's class or of what builds one, or a name bound
    to such a call, or a tuple that begins with it."""
    if depth == 0:
        return False
    match value:
        case ast.Tuple(elts=[first, *_]):
            return _gives_a_module(first, function, depth - 1)
        case ast.IfExp(body=body, orelse=orelse):
            return any(_gives_a_module(v, function, depth - 1) for v in (body, orelse))
        case ast.Call(func=ast.Name(id="cls")):
            return function.owner is not None and function.owner.is_module
        case ast.Call(func=ast.Attribute(value=inner, attr="to" | "cuda" | "eval" | "cpu")):
            return _gives_a_module(inner, function, depth - 1)
        case ast.Call(func=func):
            dotted = function.file.dotted(func)
            callee = function.file.project.functions.get(dotted)
            if callee is not None and callee is not function:
                return builds_a_model(callee, depth - 1)
            return _is_module_class(dotted, function)
        case ast.Name(id=name):
            bound = function.assignments.get(name, [])
            return any(_gives_a_module(v, function, depth - 1) for v in bound)
    return False


def _named(annotation: ast.expr, function: FunctionFacts) -> str:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return ""
    return function.file.dotted(annotation)


def _is_module_class(dotted: str, function: FunctionFacts) -> bool:
    cls = function.file.project.classes.get(dotted)
    if cls is not None:
        return cls.is_module
    last = dotted.rpartition(".")[2]
    return dotted.startswith("torch.nn.") and dotted.count(".") == 2 and last[:1].isupper()
