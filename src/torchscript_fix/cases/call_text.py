"""An expression as it stands at a call site, written anew so that it means the same elsewhere.

`Generator(config.conv_dim, args.c_dim)` in `train.py` becomes text that can be evaluated among the
names of the module that defines Generator: constants, names of settings, local variables, what
callers pass and what configuration files hold are followed to literals, classes and functions are
spelled as that module can reach them. What is left open inside of a call is a `GUESS`.
"""

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torchscript_fix.cases.config_files import ConfigFiles
from torchscript_fix.cases.names import Names
from torchscript_fix.cases.settings import Settings, folded, literal
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute

DEEPEST = 14
LONGEST = 2_000
MOST_STEPS = 4_000
"""Expressions that are looked at for one text."""
GUESS = "_GUESS"
"""`_GUESS('vocab_size')` stands for what is to be guessed by name (`verify/worker/explore.py`)."""

_SAME = frozenset(
    {"to", "cuda", "cpu", "eval", "train", "float", "double", "apply", "half", "requires_grad_"}
)
"""Methods of a Module that return it."""
_OF_TENSORS = frozenset(
    {
        *("unsqueeze", "squeeze", "view", "reshape", "permute", "transpose", "float", "long"),
        *("int", "bool", "repeat", "expand", "to", "cuda", "cpu", "type", "contiguous", "double"),
        *("normal_", "uniform_", "requires_grad_", "detach", "clone", "fill_", "random_"),
    }
)
"""Methods of a tensor that are written as they stand."""
_PLAIN_CALLS = {
    "int": int,
    "float": float,
    "str": str,
    "len": len,
    "bool": bool,
    "tuple": tuple,
    "list": list,
    "max": max,
    "min": min,
    "sum": sum,
    "abs": abs,
    "round": round,
}
_ITERATING = frozenset({"range", "enumerate", "zip", "sorted", "reversed", *_PLAIN_CALLS})
"""Functions that are written as they stand, with what they are given."""
_LOADERS = frozenset({"load", "safe_load", "full_load", "unsafe_load"})
_WRAPPERS = frozenset(
    {"EasyDict", "edict", "Munch", "munchify", "AttrDict", "Box", "DotMap", "to_container", "dict"}
)
"""What is put around a mapping of settings, which it is given first."""
_OF_THE_MACHINE = {
    "torch.device": "torch.device('cpu')",
    "torch.cuda.is_available": "False",
    "torch.cuda.device_count": "0",
}
"""What cases run on."""
_OF_A_TENSOR = frozenset({"shape", "size", "dtype", "device", "data", "T", "ndim"})
"""Attributes that are no settings, whatever is called so elsewhere."""
_DOES_MORE = re.compile(r"parse_|argv|\bopen\(|makedirs|\bload\(|\.to\(|print\(|write|environ")
"""What a function does that is not called to see what it gives."""
_OF_STRINGS = frozenset({"lower", "upper", "strip", "title", "replace", "split", "rstrip"})
_WHERE_IT_RUNS = frozenset({"device", "requires_grad", "map_location", "non_blocking"})


@dataclass(frozen=True)
class Scope:
    """Where an expression stands."""

    file: FileFacts
    function: FunctionFacts | None


@dataclass(frozen=True)
class Known:
    """What expressions are followed through."""

    names: Names
    settings: Settings
    configs: ConfigFiles
    callers: Mapping[str, Sequence[tuple[ast.Call, Scope]]]
    """Dotted name of a function, or of a class for its constructor, to the calls of it."""
    builders: frozenset[str] = frozenset()
    """Dotted names of functions that give a Module."""


class Writer:
    """Writes expressions for one module, `target`; notes where settings came from."""

    def __init__(
        self, known: Known, target: FileFacts, assumes: tuple[str, str] = ("", "")
    ) -> None:
        """`assumes` is an expression, and the string that it is taken to give."""
        self._known, self._target, self._assumes = known, target, assumes
        self._names, self._project = known.names, known.names.project
        self._settings = known.settings
        self.sources: dict[str, None] = {}
        """Names of files whose settings were used."""
        self._inside: set[int] = set()
        """Expressions that are being written: what leads to itself leads nowhere."""
        self._bound: list[str] = []
        """Names that a comprehension around binds."""
        self._steps = 0
        self._objects = 0

    def text(self, node: ast.expr, scope: Scope, depth: int = 0) -> str:
        """The source of what an expression gives; "" where that is not known."""
        if not depth:
            self._steps = 0
        self._steps += 1
        if depth > DEEPEST or id(node) in self._inside or self._steps > MOST_STEPS:
            return ""
        self._inside.add(id(node))
        try:
            made = self._made(node, scope, depth)
        finally:
            self._inside.discard(id(node))
        return made if len(made) <= LONGEST else ""

    def _made(self, node: ast.expr, scope: Scope, depth: int) -> str:
        plain = self._plain(node, scope)
        if plain:
            return plain
        assumed, key = self._assumes
        may_be_it = bool(assumed) and isinstance(node, ast.Attribute | ast.Subscript | ast.Name)
        if may_be_it and ast.unparse(node) == assumed:
            return repr(key)
        match node:
            case ast.Name():
                return self._of_name(node, scope, depth)
            case ast.Attribute():
                return self._of_attribute(node, scope, depth)
            case ast.Call():
                return self._of_call(node, scope, depth)
            case ast.Subscript():
                return self._of_subscript(node, scope, depth)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return self._of_items(node, items, scope, depth)
            case ast.Dict():
                return self._of_dictionary(node, scope, depth)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                return self._of_comprehension(node, scope, depth)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                known = self._value(test, scope, depth)
                chosen = orelse if known is not None and not known[0] else body
                return self.text(chosen, scope, depth + 1)
            case ast.BoolOp(op=ast.Or(), values=values):
                return self._of_either(values, scope, depth)
            case ast.Starred(value=value):
                inner = self.text(value, scope, depth + 1)
                return f"*{inner}" if inner else ""
            case ast.BinOp() | ast.UnaryOp() | ast.Compare():
                return self._of_operands(node, scope, depth)
        return ""

    def _plain(self, node: ast.expr, scope: Scope) -> str:
        """A literal; of the name of a configuration file, where that lies."""
        plain = literal(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            path = self._known.configs.path(node.value, scope.file.path)
            return repr(path) if path else plain
        return plain

    # --------------------------------------------------------------------------------- names

    def _of_name(self, node: ast.Name, scope: Scope, depth: int) -> str:
        if node.id in self._bound:
            return node.id
        function = scope.function
        if function is not None:
            assigned = _but_around(node, function.assignments.get(node.id, ()))
            found = self._of_values(node.id, assigned, scope, depth)
            found = found or self._of_unpacked(node.id, scope, depth)
            if found:
                return self._changed_later(found, node, scope, depth)
            if node.id in {parameter.arg for parameter in function.parameters}:
                return self._of_parameter(node.id, function, scope, depth)
        known = self.spelled(self._names.dotted(node, scope.file))
        if known:
            return known
        values, where = self._constants(node.id, scope)
        found = self._of_values(node.id, _but_around(node, values), where, depth)
        found = found or self._of_unpacked(node.id, Scope(scope.file, None), depth)
        if found:
            return self._changed_later(found, node, where, depth)
        return self._setting(node.id, scope)

    def _of_unpacked(self, name: str, scope: Scope, depth: int) -> str:
        """`model, columns = build()`: what the function returns at that place."""
        for unpacked, index in self._names.unpacked(name, scope.file, scope.function):
            if not isinstance(unpacked, ast.Call):
                whole = self.text(unpacked, scope, depth + 1)
                parts = _parsed(whole) if whole else None
                if isinstance(parts, ast.Tuple | ast.List) and index < len(parts.elts):
                    return ast.unparse(parts.elts[index])
                continue
            function = self._names.function(self._names.dotted(unpacked.func, scope.file))
            for value in function.returns if function is not None else ():
                if isinstance(value, ast.Tuple) and index < len(value.elts):
                    assert function is not None
                    where = Scope(function.file, function)
                    found = self.text(value.elts[index], where, depth + 1)
                    if found:
                        return found
        return ""

    def _of_values(
        self, name: str, values: Iterable[ast.expr | None], scope: Scope, depth: int
    ) -> str:
        """The first of the values of a name that is known, and not just None."""
        nothing = ""
        for value in values:
            found = self.text(value, scope, depth + 1) if value is not None else ""
            if found and found != "None":
                return found
            nothing = nothing or found
        return nothing or self._opened(name, scope, depth)

    def _of_parameter(self, name: str, function: FunctionFacts, scope: Scope, depth: int) -> str:
        """What callers pass for a parameter, else its default, else what settings say."""
        owner = function.owner
        callee = f"{function.file.module}.{function.qualname}"
        if owner is not None and function.name == "__init__":
            callee = owner.dotted
        if owner is None or function.name == "__init__":
            names = [parameter.arg for parameter in function.parameters]
            for call, where in self._known.callers.get(callee, ())[:4]:
                passed = _argument(call, names, name)
                found = self.text(passed, where, depth + 1) if passed is not None else ""
                if found and found != "None":
                    return found
        if name in function.defaults:
            return self.text(function.defaults[name], scope, depth + 1)
        return self._setting(name, scope)

    def _constants(self, name: str, scope: Scope) -> tuple[Sequence[ast.expr], Scope]:
        """What a module gives a name outside of functions, here or where it is imported from."""
        values, file = self._names.constant(name, scope.file)
        return values, Scope(file, None)

    def _opened(self, name: str, scope: Scope, depth: int) -> str:
        """`open(path)`, written as it stands, of a name that `with open(path) as name` binds."""
        for context in self._names.opened(name, scope.file, scope.function):
            return self.text(context, scope, depth + 1)
        return ""

    def _changed_later(self, text: str, node: ast.Name, scope: Scope, depth: int) -> str:
        """What is made, with the attributes that the statements after it set (`config.n = 3`), and
        what they add to a list."""
        if text.startswith(("[", "(")):
            for value in self._names.added(node.id, scope.file, scope.function):
                more = self.text(value, scope, depth + 1)
                text = f"({text} + {more})" if more.startswith(("[", "(")) else text
        if "(" not in text or text.startswith(("torch.", "_GUESS")):
            return text
        changes = []
        for target, value in self._names.changes(node.id, scope.file, scope.function):
            if target.lineno > node.lineno and scope.function is not None:
                continue
            inner = self.text(value, scope, depth + 1) or f"{GUESS}({target.attr!r})"
            holder = ast.unparse(target.value).partition(".")[2]
            changes.append((holder, target.attr, inner))
        if not changes:
            return text
        self._objects += 1
        made = f"_made{self._objects}"
        steps = [
            f"setattr({made}{'.' if holder else ''}{holder}, {name!r}, {inner})"
            for holder, name, inner in changes
        ]
        return f"[{made} := {text}, {', '.join(steps)}, {made}][-1]"

    def spelled(self, dotted: str) -> str:
        """How the target module reaches a class or function: by a name of its own where it has
        one; "" for what is not known to be one."""
        if dotted.startswith("torch."):
            return dotted
        known = self._project.classes.get(dotted) or self._names.function(dotted)
        if known is None:
            return ""
        if known.file is self._target:
            return known.qualname
        first, _, rest = known.qualname.partition(".")
        for name, origin in self._target.imports.items():
            if self._project.canonical(origin) == f"{known.file.module}.{first}":
                return f"{name}.{rest}" if rest else name
        return f"__import__('importlib').import_module({known.file.module!r}).{known.qualname}"

    def _setting(self, name: str, scope: Scope) -> str:
        setting = self._settings.best(name, scope.file.path)
        if setting is None:
            return ""
        self.sources.setdefault(setting.path.name)
        try:
            value = ast.parse(setting.text, mode="eval").body
        except SyntaxError:
            return setting.text
        path = Scope(scope.file, None)
        return self._plain(value, path) or setting.text

    # ---------------------------------------------------------------------------- expressions

    def _of_attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> str:
        known = self.spelled(self._names.dotted(node, scope.file))
        if known:
            return known
        if isinstance(node.value, ast.Name) and node.value.id in self._bound:
            return ast.unparse(node)
        own = self_attribute(node)
        if own is not None and scope.function is not None:
            attribute = scope.function.attribute(own)
            for definition in attribute.definitions if attribute is not None else ():
                where = Scope(definition.function.file, definition.function)
                if definition.value is not None:
                    found = self.text(definition.value, where, depth + 1)
                    if found:
                        return found
        if node.attr in _OF_A_TENSOR:
            return ""
        inside = self._of_mapping(node.value, node.attr, scope, depth)
        return inside or self._setting(node.attr, scope)

    def _of_call(self, node: ast.Call, scope: Scope, depth: int) -> str:
        func = node.func
        loaded = self._of_loader(node, scope, depth)
        if loaded:
            return loaded
        if isinstance(func, ast.Attribute):
            inner = self._of_method(func, node, scope, depth)
            if inner:
                return inner
        if isinstance(func, ast.Name):
            inner = self._of_builtin(func.id, node, scope, depth)
            if inner:
                return inner
        callee = self._callee(node, scope, depth)
        if not callee or callee in _OF_THE_MACHINE:
            return _OF_THE_MACHINE.get(callee, "")
        arguments = self.arguments(node, scope, depth)
        return f"{callee}({', '.join(arguments)})" if arguments is not None else ""

    def _callee(self, node: ast.Call, scope: Scope, depth: int) -> str:
        """What a call calls, as the target module reaches it."""
        found = self._names.callees(node.func, scope.file, scope.function)
        if len(found) > 1:
            key = self._names.key(node.func, scope.file, scope.function)
            chosen = self._value(key, scope, depth)
            found = [each for each in found if chosen is not None and each[1] == str(chosen[0])]
        return self.spelled(found[0][0]) if found and self._may_call(found[0][0]) else ""

    def _may_call(self, dotted: str) -> bool:
        """Whether a function only makes something, as far as its text says."""
        function = self._names.function(dotted)
        if function is None or dotted in self._known.builders:
            return True
        return _DOES_MORE.search(function.file.segment(function.node)) is None

    def _of_builtin(self, name: str, node: ast.Call, scope: Scope, depth: int) -> str:
        if name in _PLAIN_CALLS and not node.keywords:
            plain = self._of_plain_call(name, node.args, scope, depth)
            if plain or name not in _ITERATING:
                return plain
        if name in _ITERATING and not node.keywords:
            texts = [self.text(argument, scope, depth + 1) for argument in node.args]
            return f"{name}({', '.join(texts)})" if texts and all(texts) else ""
        if name == "getattr" and len(node.args) >= 2:
            key = node.args[1]
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found = self._setting(key.value, scope)
                rest = node.args[2:]
                return found or (self.text(rest[0], scope, depth + 1) if rest else "")
        return ""

    def _of_method(self, func: ast.Attribute, node: ast.Call, scope: Scope, depth: int) -> str:
        if func.attr in _SAME and isinstance(func.value, ast.Call | ast.Name):
            inner = self.text(func.value, scope, depth + 1)
            if inner and not inner.startswith("torch."):
                return inner
        if func.attr == "get" and node.args and isinstance(node.args[0], ast.Constant):
            name = str(node.args[0].value)
            found = self._of_mapping(func.value, name, scope, depth) or self._setting(name, scope)
            rest = node.args[1:]
            return found or (self.text(rest[0], scope, depth + 1) if rest else "")
        if func.attr in _OF_STRINGS:
            return self._of_string(func, node, scope, depth)
        if func.attr in _OF_TENSORS and isinstance(func.value, ast.Call | ast.Name):
            inner = self.text(func.value, scope, depth + 1)
            if not inner.startswith("torch."):
                return ""
            if func.attr in ("to", "cuda", "cpu", "requires_grad_", "detach"):
                return inner
            arguments = self.arguments(node, scope, depth)
            return f"{inner}.{func.attr}({', '.join(arguments)})" if arguments is not None else ""
        return ""

    def _of_string(self, func: ast.Attribute, node: ast.Call, scope: Scope, depth: int) -> str:
        """`cfg.arch.lower()`, where the string is known."""
        held = self._value(func.value, scope, depth)
        given = [self._value(argument, scope, depth) for argument in node.args]
        if held is None or not isinstance(held[0], str) or node.keywords or None in given:
            return ""
        try:
            return repr(getattr(held[0], func.attr)(*(each[0] for each in given if each)))
        except (TypeError, ValueError):
            return ""

    def literal(self, node: ast.expr, scope: Scope) -> str:
        """The plain value of an expression, as a string; "" where it is not known."""
        known = self._value(node, scope, 0)
        return str(known[0]) if known is not None else ""

    def arguments(self, call: ast.Call, scope: Scope, depth: int = 0) -> list[str] | None:
        """All arguments of a call, what is not known of a class or function of the project a guess
        by its name, or left out where that need not be given; None where one is not known."""
        function, names = self._called(call, scope)
        may_lack = set(function.defaults) if function is not None else set()
        found = []
        for index, argument in enumerate(call.args):
            text = self.text(argument, scope, depth + 1)
            if not text and index < len(names) and not isinstance(argument, ast.Starred):
                text = f"{GUESS}({names[index]!r})"
            found.append(text)
        for keyword in call.keywords:
            if keyword.arg in _WHERE_IT_RUNS:
                continue
            text = self.text(keyword.value, scope, depth + 1)
            if not text and keyword.arg in may_lack:
                continue
            if not text and keyword.arg in names:
                text = f"{GUESS}({keyword.arg!r})"
            found.append(text and (f"{keyword.arg}={text}" if keyword.arg else f"**{text}"))
        return found if all(found) else None

    def _called(self, call: ast.Call, scope: Scope) -> tuple[FunctionFacts | None, list[str]]:
        """The class's constructor, or the function, of the project that is called, and the names of
        what it takes."""
        dotted = self._names.dotted(call.func, scope.file)
        cls = self._project.classes.get(dotted)
        function = self._names.function(dotted)
        if cls is not None:
            function = cls.method("__init__") or cls.method("__new__")
        elif dotted not in self._known.builders:
            return None, []  # what a function makes of a guess is not known
        names = [each.arg for each in function.parameters] if function is not None else []
        if function is not None and function.name == "__new__" and names[:1] == ["cls"]:
            names = names[1:]
        return function, names

    def _of_plain_call(self, name: str, args: Sequence[ast.expr], scope: Scope, depth: int) -> str:
        values = [self._value(argument, scope, depth) for argument in args]
        known = [value[0] for value in values if value is not None]
        if len(known) != len(values):
            return ""
        try:
            return repr(_PLAIN_CALLS[name](*known))  # type: ignore[operator]  # each takes these
        except (TypeError, ValueError, OverflowError):
            return ""

    def _of_either(self, values: Sequence[ast.expr], scope: Scope, depth: int) -> str:
        """`a or b`: the first that is known and counts as true."""
        last = ""
        for each in values:
            known = self._value(each, scope, depth)
            if known is not None and known[0]:
                return repr(known[0])
            last = last or (repr(known[0]) if known is not None else "")
        return last

    def _of_subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> str:
        key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            inside = self._of_mapping(node.value, key.value, scope, depth)
            return inside or self._setting(key.value, scope)
        holder, index = self._value(node.value, scope, depth), self._value(node.slice, scope, depth)
        if holder is None or index is None:
            return ""
        try:
            return repr(holder[0][index[0]])  # type: ignore[index]  # guarded by the line below
        except (TypeError, LookupError):
            return ""

    def _of_items(self, node: ast.expr, items: Sequence[ast.expr], scope: Scope, depth: int) -> str:
        texts = [self.text(item, scope, depth + 1) for item in items]
        if not all(texts):
            return ""
        inner = ", ".join(texts)
        if isinstance(node, ast.List):
            return f"[{inner}]"
        return f"({inner},)" if len(texts) == 1 else f"({inner})"

    def _of_comprehension(
        self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp, scope: Scope, depth: int
    ) -> str:
        before, clauses = len(self._bound), []
        try:
            for each in node.generators:
                items = self.text(each.iter, scope, depth + 1)
                names = [n.id for n in ast.walk(each.target) if isinstance(n, ast.Name)]
                self._bound += names
                tests = [self.text(test, scope, depth + 1) for test in each.ifs]
                if not items or not all(tests):
                    return ""
                more = "".join(f" if {test}" for test in tests)
                clauses.append(f"for {ast.unparse(each.target)} in {items}{more}")
            element = self.text(node.elt, scope, depth + 1)
        finally:
            del self._bound[before:]
        return f"[{element} {' '.join(clauses)}]" if element else ""

    def _of_operands(self, node: ast.expr, scope: Scope, depth: int) -> str:
        """Arithmetic and comparisons, once what goes into them is known."""
        if isinstance(node, ast.BinOp):
            left, right = self.text(node.left, scope, depth + 1), self.text(
                node.right, scope, depth + 1
            )
            if left and right:
                parts = ast.BinOp(_parsed(left), node.op, _parsed(right))
                return literal(parts) or f"({ast.unparse(ast.fix_missing_locations(parts))})"
        elif isinstance(node, ast.UnaryOp):
            value = self._value(node.operand, scope, depth)
            if value is not None and isinstance(node.op, ast.Not):
                return repr(not value[0])
        elif isinstance(node, ast.Compare) and len(node.ops) == 1:
            left_value = self._value(node.left, scope, depth)
            right_value = self._value(node.comparators[0], scope, depth)
            known = left_value is not None and right_value is not None
            if known and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                equal = left_value == right_value
                return repr(equal == isinstance(node.ops[0], ast.Eq))
        return ""

    def _value(self, node: ast.expr, scope: Scope, depth: int) -> tuple[object] | None:
        """The value of an expression that comes down to a literal."""
        text = self.text(node, scope, depth + 1)
        try:
            return (folded(_parsed(text)),) if text else None
        except (ValueError, SyntaxError):
            return None

    # ------------------------------------------------------------------------------- mappings

    def items(self, node: ast.expr, scope: Scope, depth: int = 0) -> dict[str, str] | None:
        """Name to source of what a mapping of settings holds, as far as it is known; None for what
        is no mapping that is known."""
        if depth > DEEPEST or id(node) in self._inside:
            return None
        self._inside.add(id(node))
        try:
            return self._items(node, scope, depth)
        finally:
            self._inside.discard(id(node))

    def _items(self, node: ast.expr, scope: Scope, depth: int) -> dict[str, str] | None:
        match node:
            case ast.Dict(keys=keys, values=values):
                found: dict[str, str] = {}
                for key, value in zip(keys, values, strict=True):
                    if key is None:
                        found |= self.items(value, scope, depth + 1) or {}
                    elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                        text = self.text(value, scope, depth + 1)
                        found |= {key.value: text} if text else {}
                return found
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                texts = {k.arg: self.text(k.value, scope, depth + 1) for k in keywords if k.arg}
                return {name: text for name, text in texts.items() if text}
            case ast.Call(func=ast.Name(id="vars"), args=[_]):
                return None
            case ast.Name(id=name):
                return self._items_of_name(name, scope, depth)
        value = self._mapping(node, scope, depth)
        if not isinstance(value, dict):
            return None
        return {key: repr(each) for key, each in value.items() if isinstance(key, str)}

    def _items_of_name(self, name: str, scope: Scope, depth: int) -> dict[str, str] | None:
        function = scope.function
        local = function.assignments.get(name, ()) if function is not None else ()
        for value in local:
            found = self.items(value, scope, depth + 1) if value is not None else None
            if found is not None:
                return found
        values, where = self._constants(name, scope)
        for value in values:
            found = self.items(value, where, depth + 1)
            if found is not None:
                return found
        return None

    def _of_mapping(self, holder: ast.expr, key: str, scope: Scope, depth: int) -> str:
        """What a mapping that a configuration file holds has under a key."""
        value = self._mapping(holder, scope, depth)
        if not isinstance(value, dict) or key not in value:
            return ""
        text = repr(value[key])
        return text if len(text) <= LONGEST and literal(_parsed(text)) else ""

    def _mapping(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        """What a configuration file holds, or a part of that; None where it is not known."""
        if depth > DEEPEST:
            return None
        match node:
            case ast.Call(func=func, args=[first, *_]):
                path = self._loaded_from(node, scope, depth)
                if path:
                    self.sources.setdefault(path.rpartition("/")[2])
                    return self._known.configs.loaded(path)
                name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
                if name in _WRAPPERS:
                    return self._mapping(first, scope, depth + 1)
                if name == "getattr" and len(node.args) == 2:
                    return self._part(first, self._value(node.args[1], scope, depth), scope, depth)
            case ast.Subscript(value=holder, slice=key):
                return self._part(holder, self._value(key, scope, depth), scope, depth)
            case ast.Attribute(value=holder, attr=attr):
                own = self_attribute(node)
                if own is None:
                    return self._part(holder, (attr,), scope, depth)
                known = scope.function.attribute(own) if scope.function is not None else None
                for definition in known.definitions if known is not None else ():
                    where = Scope(definition.function.file, definition.function)
                    if definition.value is not None:
                        return self._mapping(definition.value, where, depth + 1)
            case ast.Name(id=name):
                return self._mapping_of_name(name, scope, depth)
        return None

    def _part(self, holder: ast.expr, key: tuple[object] | None, scope: Scope, depth: int) -> Any:
        value = self._mapping(holder, scope, depth + 1)
        if key is None:
            return None
        if isinstance(value, dict):
            return value.get(key[0]) if isinstance(key[0], str) else None
        return self._known.configs.with_key(str(key[0]))

    def _mapping_of_name(self, name: str, scope: Scope, depth: int) -> Any:
        function = scope.function
        if function is not None:
            local = [v for v in function.assignments.get(name, ()) if v is not None]
            for value in local:
                found = self._mapping(value, scope, depth + 1)
                if found is not None:
                    return found
            if name in {parameter.arg for parameter in function.parameters} and not local:
                main = self._configuration_of(function)
                return main if main else self._mapping_of_callers(name, function, depth)
        values, where = self._constants(name, scope)
        found = (self._mapping(value, where, depth + 1) for value in values)
        return next((each for each in found if each is not None), None)

    def _configuration_of(self, function: FunctionFacts) -> Any:
        """What hydra gives a function: `@hydra.main(config_path="conf", config_name="config")`."""
        for decorator in function.node.decorator_list:
            if isinstance(decorator, ast.Call) and "hydra" in ast.unparse(decorator.func):
                given = {k.arg: _text_of(k.value) for k in decorator.keywords}
                name = (given.get("config_name") or "config").removesuffix(".yaml")
                said = f"{given.get('config_path') or '.'}/{name}.yaml"
                path = self._known.configs.path(said, function.file.path)
                if path:
                    self.sources.setdefault(path.rpartition("/")[2])
                    return self._known.configs.loaded(path)
        return None

    def _mapping_of_callers(self, name: str, function: FunctionFacts, depth: int) -> Any:
        owner = function.owner
        callee = f"{function.file.module}.{function.qualname}"
        if owner is not None and function.name == "__init__":
            callee = owner.dotted
        names = [parameter.arg for parameter in function.parameters]
        for call, where in self._known.callers.get(callee, ())[:4]:
            passed = _argument(call, names, name)
            found = self._mapping(passed, where, depth + 1) if passed is not None else None
            if found is not None:
                return found
        return None

    def _loaded_from(self, call: ast.Call, scope: Scope, depth: int) -> str:
        """The configuration file that `yaml.load(open(path))`, or the like, reads."""
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in _LOADERS or not call.args:
            return ""
        module = scope.file.dotted(func.value).rpartition(".")[2].lower()
        if module not in ("yaml", "json", "omegaconf", "ruamel", "toml"):
            return ""
        text = self.text(call.args[0], scope, depth + 1)
        opened = re.fullmatch(r"(?:open\()?('[^'\n]*')(?:, '[^'\n]*')?\)?", text)
        path = ast.literal_eval(opened[1]) if opened is not None else ""
        return path if self._known.configs.path(path, scope.file.path) == path else ""

    def _of_loader(self, call: ast.Call, scope: Scope, depth: int) -> str:
        """What reads a configuration file, to be read again; what opens one, as it stands."""
        if isinstance(call.func, ast.Name) and call.func.id == "open" and call.args:
            path = self.text(call.args[0], scope, depth + 1)
            return f"open({path})" if path else ""
        path = self._loaded_from(call, scope, depth)
        if not path:
            return ""
        self.sources.setdefault(path.rpartition("/")[2])
        if path.endswith(".json"):
            return f"__import__('json').load(open({path!r}))"
        return f"__import__('yaml').safe_load(open({path!r}))"

    def _of_dictionary(self, node: ast.Dict, scope: Scope, depth: int) -> str:
        found = self._items(node, scope, depth + 1)
        if found is None or len(found) < len(node.keys):
            return ""
        return "{" + ", ".join(f"{name!r}: {text}" for name, text in found.items()) + "}"


def _but_around(node: ast.Name, values: Iterable[ast.expr | None]) -> list[ast.expr | None]:
    """The values of a name where it is used, without those that are made of it there or later:
    `model = Wrapper(model)` does not say what is wrapped."""
    return [v for v in values if v is None or not _is_made_of_it(v, node)]


def _is_made_of_it(value: ast.expr, node: ast.Name) -> bool:
    named = [n for n in ast.walk(value) if isinstance(n, ast.Name) and n.id == node.id]
    is_later = value.lineno >= node.lineno
    return bool(named) and (is_later or any(each is node for each in named))


def _argument(call: ast.Call, names: Sequence[str], name: str) -> ast.expr | None:
    """What a call passes for a parameter."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if name in names and names.index(name) < len(call.args):
        passed = call.args[: names.index(name) + 1]
        if not any(isinstance(each, ast.Starred) for each in passed):
            return passed[-1]
    return None


def _text_of(node: ast.expr) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(ast.literal_eval(node)) if is_text else ""


def _parsed(text: str) -> ast.expr:
    return ast.parse(text.lstrip("*"), mode="eval").body
