"""Who would notice that an attribute is None where it was missing before.

`hasattr` flips, `add_module` and its like raise KeyError, a whole model that was pickled before has
no such attribute. What is found here holds for every object of the name: which class it belongs to
is not told apart.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.facts.nodes import nodes_in
from torchscript_fix.facts.remembered import remembered, remembered_of_text
from torchscript_fix.facts.static import ClassFacts, FileFacts, Project

REGISTERS = frozenset({"add_module", "register_module", "register_buffer", "register_parameter"})
NAMESPACES = frozenset({"_modules", "_parameters", "_buffers", "__dict__"})
PICKLING = frozenset({"save", "load", "dump", "dumps", "loads"})
HOOKS = frozenset({"__getattr__", "__getattribute__", "__setattr__", "__dir__"})


@dataclass(frozen=True)
class Presence:
    """What the files of a project ask about attributes by name.

    `names` maps an attribute's name to the words that notice it; `patterns` are names put together
    at run time (`f"layer{i}"`); `whole_models` says where a model is pickled as a whole.
    """

    names: dict[str, str]
    patterns: tuple[tuple[re.Pattern[str], str], ...]
    whole_models: str | None

    def notices(self, name: str) -> str | None:
        """What would notice a None attribute of this name, in words; None where nothing would."""
        if name in self.names:
            return self.names[name]
        for pattern, words in self.patterns:
            if pattern.fullmatch(name):
                return words
        return self.whole_models


@remembered
def presence(project: Project) -> Presence:
    """What all files of a project ask about attributes."""
    names: dict[str, str] = {}
    patterns: list[tuple[re.Pattern[str], str]] = []
    whole: str | None = None
    for file in project.everywhere:
        for asked, words, line in _asked_in(file):
            where = f"{words} at {file.path.name}:{line}"
            if isinstance(asked, str):
                names.setdefault(asked, where)
            else:
                patterns.append((asked, where))
        if whole is None and _may_pickle_a_model(file):
            calls = (node for node in file.nodes if isinstance(node, ast.Call))
            pickling = (call for call in calls if _pickles_model(file, call))
            line = next((call.lineno for call in pickling), 0)
            whole = f"a whole model is pickled at {file.path.name}:{line}" if line else None
    return Presence(names, tuple(patterns), whole)


@remembered_of_text
def _asked_in(file: FileFacts) -> tuple[tuple[str | re.Pattern[str], str, int], ...]:
    """What a file asks of attributes: the name, in which words, and the line."""
    return tuple(
        # Only expressions ask, and they have lines; the union of all nodes does not say so.
        (asked, words, node.lineno)  # type: ignore[attr-defined]
        for node in file.nodes
        for asked, words in _asked(node)
    )


@remembered_of_text
def _may_pickle_a_model(file: FileFacts) -> bool:
    """Whether something that is called a model is written, or read, by a function that is called as
    one of those that pickle, or that was imported by name."""
    named = {
        alias.asname or alias.name
        for node in file.nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for node in file.nodes:
        match node:
            case ast.Call(func=func, args=[about, *_]) if _is_called_model(about):
                pass
            case ast.Assign(targets=targets, value=ast.Call(func=func)) if any(
                map(_is_called_model, targets)
            ):
                pass
            case _:
                continue
        if isinstance(func, ast.Attribute) and func.attr in PICKLING:
            return True
        if isinstance(func, ast.Name) and ("*" in named or func.id in named):
            return True
    return False


def _asked(node: ast.AST) -> Iterator[tuple[str | re.Pattern[str], str]]:
    match node:
        case ast.Call(func=ast.Name(id="hasattr" | "delattr" as func), args=[_, name]):
            yield from _named(name, func)
        case ast.Call(func=ast.Name(id="getattr"), args=[_, name, _]):
            yield from _named(name, "getattr with a default")
        case ast.Call(func=ast.Name(id="setattr"), args=[_, name, _]):
            if not isinstance(name, ast.Constant):
                yield from _named(name, "setattr")
        case ast.Call(func=ast.Attribute(value=owner, attr=register), args=[name, *_]):
            # On `self`, by a literal, it is a definition, which the class itself knows of.
            on_self = isinstance(owner, ast.Name) and owner.id == "self"
            if register in REGISTERS and not (on_self and isinstance(name, ast.Constant)):
                yield from _named(name, register)
            if register in {"__delattr__", "pop"}:
                yield from _named(name, register)
        case ast.Compare(left=name, ops=[ast.In() | ast.NotIn()], comparators=[place]):
            if any(isinstance(n, ast.Attribute) and n.attr in NAMESPACES for n in ast.walk(place)):
                yield from _named(name, "a look into the attributes")
        case ast.Delete(targets=targets):
            for target in targets:
                if isinstance(target, ast.Attribute):
                    yield target.attr, "del"
        case ast.Try(body=body, handlers=handlers):
            if any(_catches_attribute_error(handler) for handler in handlers):
                for inner in (n for statement in body for n in ast.walk(statement)):
                    if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Load):
                        yield inner.attr, "except AttributeError"


def _named(name: ast.expr, words: str) -> Iterator[tuple[str | re.Pattern[str], str]]:
    """The name asked for; of one that is put together, what it may be. Of one that is a variable
    nothing is said: nearly all of these look at other objects."""
    match name:
        case ast.Constant(value=str(text)):
            yield text, words
        case ast.JoinedStr(values=values):
            parts = [
                re.escape(str(v.value)) if isinstance(v, ast.Constant) else ".*" for v in values
            ]
            yield re.compile("".join(parts)), words
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            pieces = [re.escape(part) for part in re.split(r"%[\d.]*[a-z]", text)]
            yield re.compile(".*".join(pieces)), words
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Add()):
            yield re.compile(re.escape(text) + ".*"), words
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            pieces = [re.escape(part) for part in re.split(r"\{[^}]*\}", text)]
            yield re.compile(".*".join(pieces)), words


def _catches_attribute_error(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    return caught is not None and any(
        isinstance(n, ast.Name) and n.id == "AttributeError" for n in ast.walk(caught)
    )


def notices_by_itself(cls: ClassFacts, name: str) -> str | None:
    """What in a class, its bases or subclasses would notice a None attribute of this name."""
    family = (*cls.mro, *cls.subclasses)
    for other in family:
        for hook in sorted(HOOKS & other.methods.keys()):
            return f"{other.qualname} has its own {hook}"
        if other.method(name) is not None:
            return f"{other.qualname} has a method or property of that name"
        if _asks_by_variable(other):
            return f"{other.qualname} looks at its attributes by a name that is not a literal"
    return None


@remembered
def _asks_by_variable(cls: ClassFacts) -> bool:
    return any(_looks_at_all(node) for node in nodes_in(cls.node))


def _looks_at_all(node: ast.AST) -> bool:
    """`hasattr(self, name)` with a name from anywhere, `self.__dict__`, `vars(self)`."""
    match node:
        case ast.Call(
            func=ast.Name(id="hasattr" | "setattr"), args=[ast.Name(id="self"), name, *_]
        ):
            return isinstance(name, ast.Name)
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="self"), attr=register), args=[name, *_]
        ):
            return register in REGISTERS and isinstance(name, ast.Name)
        case ast.Call(func=ast.Name(id="vars" | "dir"), args=[ast.Name(id="self")]):
            return True
        case ast.Attribute(value=ast.Name(id="self"), attr="__dict__"):
            return True
    return False


# -------------------------------------------------------------------------------- pickles

MODEL = re.compile(
    r"(?:^|_)(?:model|net|network|module|generator|discriminator|backbone)\w*$", re.I
)
NOT_A_MODEL = re.compile(
    r"state|dict|optim|sched|param|name|path|file|info|cfg|config|result", re.I
)


def _pickles_model(file: FileFacts, call: ast.Call) -> bool:
    """`torch.save(model, path)`, `model = torch.load(path)`; what is called a model counts as one,
    `model.state_dict()` and dictionaries do not."""
    dotted = file.dotted(call.func)
    if dotted in {"torch.save", "pickle.dump", "pickle.dumps", "joblib.dump"} and call.args:
        return _is_called_model(call.args[0])
    if dotted in {"torch.load", "pickle.load", "pickle.loads", "joblib.load"}:
        parent = file.parents.get(call)
        return isinstance(parent, ast.Assign) and any(
            _is_called_model(target) for target in parent.targets
        )
    return False


def _is_called_model(node: ast.expr) -> bool:
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(MODEL.search(name)) and not NOT_A_MODEL.search(name)
