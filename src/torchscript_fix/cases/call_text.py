"""An expression as it stands at a call site, written anew so that it means the same elsewhere.

`Generator(config.conv_dim, args.c_dim)` in `train.py` becomes text that can be evaluated among the
names of the module that defines Generator: constants, names of settings, local variables, what
callers pass and what configuration files hold are followed to literals, classes and functions are
spelled as that module can reach them. What is left open inside of a call is a `GUESS`.
"""

import ast
from collections.abc import Iterable, Sequence

from torchscript_fix.cases.calls_written import GUESS, Calls
from torchscript_fix.cases.mappings import DEEPEST, LONGEST, Mappings
from torchscript_fix.cases.reach import Reach, parsed
from torchscript_fix.cases.scope import Known, Scope
from torchscript_fix.cases.settings import folded, literal
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute

MOST_STEPS = 4_000
"""Expressions that are looked at for one text."""

_OF_A_TENSOR = frozenset({"shape", "size", "dtype", "device", "data", "T", "ndim"})
"""Attributes that are no settings, whatever is called so elsewhere."""


class Writer:
    """Writes expressions for one module, `target`; notes where settings came from."""

    def __init__(
        self, known: Known, target: FileFacts, assumes: tuple[str, str] = ("", "")
    ) -> None:
        """`assumes` is an expression, and the string that it is taken to give."""
        self._known, self._names, self._assumes = known, known.names, assumes
        self._inside: set[int] = set()
        """Expressions that are being written: what leads to itself leads nowhere."""
        self._reach = Reach(known, target)
        self._mappings = Mappings(self._reach, self.text, self._value, self._inside)
        self._calls = Calls(self._reach, self._mappings, self.text, self._value)
        self.items, self.sources = self._mappings.items, self._reach.sources
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
        plain = self._reach.plain(node, scope)
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
                return self._calls.text_of(node, scope, depth)
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
        known = self._reach.spelled(self._names.dotted(node, scope.file))
        if known:
            return known
        values, file = self._names.constant(node.id, scope.file)
        where = Scope(file, None)
        found = self._of_values(node.id, _but_around(node, values), where, depth)
        found = found or self._of_unpacked(node.id, Scope(scope.file, None), depth)
        if found:
            return self._changed_later(found, node, where, depth)
        return self._reach.setting(node.id, scope)

    def _of_unpacked(self, name: str, scope: Scope, depth: int) -> str:
        """`model, columns = build()`: what the function returns at that place."""
        for unpacked, index in self._names.unpacked(name, scope.file, scope.function):
            if not isinstance(unpacked, ast.Call):
                whole = self.text(unpacked, scope, depth + 1)
                parts = parsed(whole) if whole else None
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
        if function.owner is None or function.name == "__init__":
            for passed, where in self._known.passed(function, name):
                found = self.text(passed, where, depth + 1)
                if found and found != "None":
                    return found
        if name in function.defaults:
            return self.text(function.defaults[name], scope, depth + 1)
        return self._reach.setting(name, scope)

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

    # ---------------------------------------------------------------------------- expressions

    def _of_attribute(self, node: ast.Attribute, scope: Scope, depth: int) -> str:
        known = self._reach.spelled(self._names.dotted(node, scope.file))
        if known:
            return known
        if isinstance(node.value, ast.Name) and node.value.id in self._bound:
            return ast.unparse(node)
        own = self_attribute(node)
        for value, where in scope.values_of_own(own) if own is not None else ():
            found = self.text(value, where, depth + 1)
            if found:
                return found
        if node.attr in _OF_A_TENSOR:
            return ""
        inside = self._mappings.under(node.value, node.attr, scope, depth)
        return inside or self._reach.setting(node.attr, scope)

    def literal(self, node: ast.expr, scope: Scope) -> str:
        """The plain value of an expression, as a string; "" where it is not known."""
        known = self._value(node, scope, 0)
        return str(known[0]) if known is not None else ""

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
            inside = self._mappings.under(node.value, key.value, scope, depth)
            return inside or self._reach.setting(key.value, scope)
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
            left, right = (self.text(each, scope, depth + 1) for each in (node.left, node.right))
            if left and right:
                parts = ast.BinOp(parsed(left), node.op, parsed(right))
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
            return (folded(parsed(text)),) if text else None
        except (ValueError, SyntaxError):
            return None

    def _of_dictionary(self, node: ast.Dict, scope: Scope, depth: int) -> str:
        found = self._mappings.written_out(node, scope, depth + 1)
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
