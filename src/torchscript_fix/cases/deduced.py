"""Cases found in the source: Modules that can be built with no argument. They are never run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, Project


@dataclass(frozen=True)
class DeducedCase:
    """A model that `module:expression` builds; its verdict is `compiles` at best."""

    target: str

    @property
    def name(self) -> str:
        return self.target

    @property
    def module(self) -> str:
        return self.target.partition(":")[0]

    @property
    def expression(self) -> str:
        return self.target.partition(":")[2]


def deduce(project: Project, limit: int) -> tuple[tuple[DeducedCase, ...], int]:
    """At most `limit` cases, and how many more were found.

    Classes whose constructor needs no argument, and functions that need none and whose return
    annotation or `return` statements show that they give a Module. No other function is called.
    """
    found = [case for file in project.files.values() for case in _in_file(file)]
    return tuple(found[:limit]), max(0, len(found) - limit)


def _in_file(file: FileFacts) -> Iterator[DeducedCase]:
    if not all(part.isidentifier() for part in file.module.split(".")):
        return
    for qualname, cls in file.classes.items():
        if _is_model(cls) and _needs_no_argument(cls):
            yield DeducedCase(f"{file.module}:{qualname}()")
    for qualname, function in file.functions.items():
        if "." not in qualname and _builds_a_module(function):
            yield DeducedCase(f"{file.module}:{qualname}()")


def _is_model(cls: ClassFacts) -> bool:
    """Whether it is a Module that has a forward of its own or of a base under the path."""
    return cls.is_module and cls.method("forward") is not None and not _is_abstract(cls)


def _is_abstract(cls: ClassFacts) -> bool:
    if any(base.startswith("abc.") for base in cls.outside_bases):
        return True
    forward = cls.method("forward")
    body = forward.node.body if forward is not None else []
    return bool(body) and isinstance(body[-1], ast.Raise) and len(body) <= 2


def _needs_no_argument(cls: ClassFacts) -> bool:
    constructor = cls.method("__init__")
    if constructor is None:
        outside = cls.outside_bases - {"object"}
        return outside <= {"torch.nn.Module"}
    return not _required(constructor)


def _required(function: FunctionFacts) -> bool:
    """Whether a parameter must be given."""
    return any(parameter.arg not in function.defaults for parameter in function.parameters)


def _builds_a_module(function: FunctionFacts) -> bool:
    if isinstance(function.node, ast.AsyncFunctionDef) or _required(function):
        return False
    if function.node.decorator_list or function.name.startswith("test"):
        return False
    annotation = function.node.returns
    if annotation is not None and _is_module_class(_named(annotation, function), function):
        return True
    returned = function.returns
    return bool(returned) and all(_gives_a_module(value, function) for value in returned)


def _gives_a_module(value: ast.expr | None, function: FunctionFacts, depth: int = 4) -> bool:
    """Whether an expression is a call of a Module's class, or a name bound to such calls alone."""
    if depth == 0:
        return False
    match value:
        case ast.Call(func=func):
            return _is_module_class(function.file.dotted(func), function)
        case ast.Name(id=name):
            bound = function.assignments.get(name, [])
            return bool(bound) and all(_gives_a_module(v, function, depth - 1) for v in bound)
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
