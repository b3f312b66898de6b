"""An expression as it stands at a call site, written anew so that it means the same elsewhere.

`Generator(config.conv_dim, args.c_dim)` in `train.py` becomes text that can be evaluated among the
names of the module that defines Generator: constants, names of settings and local variables are
followed to literals, classes and functions are spelled as that module can reach them.
"""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from torchscript_fix.cases.settings import Settings, folded, literal
from torchscript_fix.facts.static import FileFacts, FunctionFacts, Project, self_attribute

DEEPEST = 12
LONGEST = 2_000

_SAME = frozenset({"to", "cuda", "cpu", "eval", "train", "float", "double", "apply", "half"})
"""Methods of a Module that return it."""
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


@dataclass(frozen=True)
class Scope:
    """Where an expression stands."""

    file: FileFacts
    function: FunctionFacts | None


class Writer:
    """Writes expressions for one module, `target`; notes where settings came from."""

    def __init__(self, project: Project, settings: Settings, target: FileFacts) -> None:
        self._project, self._settings, self._target = project, settings, target
        self.sources: dict[str, None] = {}
        """Names of files whose settings were used."""

    def text(self, node: ast.expr, scope: Scope, depth: int = 0) -> str:
        """The source of what an expression gives; "" where that is not known."""
        if depth > DEEPEST:
            return ""
        made = self._made(node, scope, depth)
        return made if len(made) <= LONGEST else ""

    def _made(self, node: ast.expr, scope: Scope, depth: int) -> str:
        plain = literal(node)
        if plain:
            return plain
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
            case ast.IfExp(test=test, body=body, orelse=orelse):
                known = self._value(test, scope, depth)
                chosen = orelse if known is not None and not known[0] else body
                return self.text(chosen, scope, depth + 1)
            case ast.Starred(value=value):
                inner = self.text(value, scope, depth + 1)
                return f"*{inner}" if inner else ""
            case ast.BinOp() | ast.UnaryOp() | ast.Compare():
                return self._of_operands(node, scope, depth)
        return ""

    # --------------------------------------------------------------------------------- names

    def _of_name(self, node: ast.Name, scope: Scope, depth: int) -> str:
        function = scope.function
        if function is not None:
            for value in function.assignments.get(node.id, ()):
                found = self.text(value, scope, depth + 1) if value is not None else ""
                if found:
                    return found
            if node.id in function.defaults:
                return self.text(function.defaults[node.id], scope, depth + 1)
            if node.id in {parameter.arg for parameter in function.parameters}:
                return self._setting(node.id, scope)
        known = self.spelled(scope.file.dotted(node))
        if known:
            return known
        value, where = self._constant(node.id, scope)
        found = self.text(value, where, depth + 1) if value is not None else ""
        return found or self._setting(node.id, scope)

    def _constant(self, name: str, scope: Scope) -> tuple[ast.expr | None, Scope]:
        """What a module gives a name, here or where it is imported from."""
        file = scope.file
        if name in file.imports:
            module, _, name = file.imports[name].rpartition(".")
            file = next((f for f in self._project.files.values() if f.module == module), file)
        for node in file.tree.body:
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name) and target.id == name:
                        return node.value, Scope(file, None)
        return None, scope

    def spelled(self, dotted: str) -> str:
        """How the target module reaches a class or function: by a name of its own where it has
        one; "" for what is not known to be one."""
        if dotted.startswith("torch."):
            return dotted
        known = self._project.classes.get(dotted) or self._project.functions.get(dotted)
        if known is None:
            return ""
        if known.file is self._target:
            return known.qualname
        for name, origin in self._target.imports.items():
            if self._project.canonical(origin) == dotted:
                return name
        qualname = known.qualname
        return f"__import__('importlib').import_module({known.file.module!r}).{qualname}"

    def _setting(self, name: str, scope: Scope) -> str:
        setting = self._settings.best(name, scope.file.path)
        if setting is None:
            return ""
        self.sources.setdefault(setting.path.name)
        return setting.text

    # ---------------------------------------------------------------------------- expressions

    def _of_attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> str:
        known = self.spelled(scope.file.dotted(node))
        if known:
            return known
        own = self_attribute(node)
        if own is not None and scope.function is not None:
            attribute = scope.function.attribute(own)
            for definition in attribute.definitions if attribute is not None else ():
                where = Scope(definition.function.file, definition.function)
                if definition.value is not None:
                    found = self.text(definition.value, where, depth + 1)
                    if found:
                        return found
        return self._setting(node.attr, scope)

    def _of_call(self, node: ast.Call, scope: Scope, depth: int) -> str:
        func = node.func
        if isinstance(func, ast.Attribute):
            inner = self._of_method(func, node, scope, depth)
            if inner:
                return inner
        if isinstance(func, ast.Name) and func.id in _PLAIN_CALLS and not node.keywords:
            return self._of_plain_call(func.id, node.args, scope, depth)
        if isinstance(func, ast.Name) and func.id == "getattr" and len(node.args) >= 2:
            name = node.args[1]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                found = self._setting(name.value, scope)
                rest = node.args[2:]
                return found or (self.text(rest[0], scope, depth + 1) if rest else "")
            return ""
        callee = self.spelled(scope.file.dotted(func))
        if not callee:
            return ""
        arguments = self.arguments(node, scope, depth)
        return f"{callee}({', '.join(arguments)})" if arguments is not None else ""

    def _of_method(self, func: ast.Attribute, node: ast.Call, scope: Scope, depth: int) -> str:
        if func.attr in _SAME and isinstance(func.value, ast.Call | ast.Name):
            return self.text(func.value, scope, depth + 1)
        if func.attr == "get" and node.args and isinstance(node.args[0], ast.Constant):
            found = self._setting(str(node.args[0].value), scope)
            rest = node.args[1:]
            return found or (self.text(rest[0], scope, depth + 1) if rest else "")
        return ""

    def arguments(self, call: ast.Call, scope: Scope, depth: int = 0) -> list[str] | None:
        """All arguments of a call; None where one is not known."""
        found = []
        for argument in call.args:
            found.append(self.text(argument, scope, depth + 1))
        for keyword in call.keywords:
            text = self.text(keyword.value, scope, depth + 1)
            found.append(text and (f"{keyword.arg}={text}" if keyword.arg else f"**{text}"))
        return found if all(found) else None

    def _of_plain_call(self, name: str, args: Sequence[ast.expr], scope: Scope, depth: int) -> str:
        values = [self._value(argument, scope, depth) for argument in args]
        known = [value[0] for value in values if value is not None]
        if len(known) != len(values):
            return ""
        try:
            return repr(_PLAIN_CALLS[name](*known))  # type: ignore[operator]  # each takes these
        except (TypeError, ValueError, OverflowError):
            return ""

    def _of_subscript(self, node: ast.Subscript, scope: Scope, depth: int) -> str:
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            return self._setting(node.slice.value, scope)
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

    def _of_operands(self, node: ast.expr, scope: Scope, depth: int) -> str:
        """Arithmetic and comparisons, once what goes into them is known."""
        if isinstance(node, ast.BinOp):
            left, right = self.text(node.left, scope, depth + 1), self.text(
                node.right, scope, depth + 1
            )
            if left and right:
                parts = ast.BinOp(_parsed(left), node.op, _parsed(right))
                return literal(parts)
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
        except ValueError:
            return None


def _parsed(text: str) -> ast.expr:
    return ast.parse(text.lstrip("*"), mode="eval").body
