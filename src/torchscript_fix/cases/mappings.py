"""Mappings of settings, followed to the configuration file that holds them or to the dictionary
that is written out: `config["model"]["width"]`, `yaml.safe_load(open(path))`, `@hydra.main`."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from torchscript_fix.cases.reach import Reach, parsed
from torchscript_fix.cases.scope import Scope, Text, Value
from torchscript_fix.cases.settings import literal
from torchscript_fix.facts.static import FunctionFacts, self_attribute

DEEPEST = 14
LONGEST = 2_000
_LOADERS = frozenset({"load", "safe_load", "full_load", "unsafe_load"})
_WRAPPERS = frozenset(
    {"EasyDict", "edict", "Munch", "munchify", "AttrDict", "Box", "DotMap", "to_container", "dict"}
)
"""What is put around a mapping of settings, which it is given first."""


class Mappings:
    """What mappings hold; the expressions in them are written by `text`."""

    def __init__(self, reach: Reach, text: Text, value: Value, inside: set[int]) -> None:
        """`inside` are the identities of the expressions that are being written."""
        self._reach, self._known = reach, reach.known
        self._text, self._value, self._inside = text, value, inside

    def items(self, node: ast.expr, scope: Scope, depth: int = 0) -> dict[str, str] | None:
        """Name to source of what a mapping of settings holds, as far as it is known; None for what
        is no mapping that is known."""
        if depth > DEEPEST or id(node) in self._inside:
            return None
        self._inside.add(id(node))
        try:
            return self.written_out(node, scope, depth)
        finally:
            self._inside.discard(id(node))

    def written_out(self, node: ast.expr, scope: Scope, depth: int) -> dict[str, str] | None:
        """What `items` gives, of an expression that may be being written itself."""
        match node:
            case ast.Dict(keys=keys, values=values):
                found: dict[str, str] = {}
                for key, value in zip(keys, values, strict=True):
                    if key is None:
                        found |= self.items(value, scope, depth + 1) or {}
                    elif isinstance(key, ast.Constant) and isinstance(key.value, str):
                        text = self._text(value, scope, depth + 1)
                        found |= {key.value: text} if text else {}
                return found
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                texts = {k.arg: self._text(k.value, scope, depth + 1) for k in keywords if k.arg}
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
        found = (self.items(v, where, depth + 1) for v, where in self._values(name, scope))
        return next((each for each in found if each is not None), None)

    def _values(self, name: str, scope: Scope) -> Iterator[tuple[ast.expr, Scope]]:
        """All that a name is given, by the function and by the module, and where."""
        function = scope.function
        for value in function.assignments.get(name, ()) if function is not None else ():
            if value is not None:
                yield value, scope
        values, file = self._known.names.constant(name, scope.file)
        for value in values:
            yield value, Scope(file, None)

    def under(self, holder: ast.expr, key: str, scope: Scope, depth: int) -> str:
        """What a mapping that a configuration file holds has under a key."""
        value = self._mapping(holder, scope, depth)
        if not isinstance(value, dict) or key not in value:
            return ""
        text = repr(value[key])
        return text if len(text) <= LONGEST and literal(parsed(text)) else ""

    def _mapping(self, node: ast.expr, scope: Scope, depth: int) -> Any:
        """What a configuration file holds, or a part of that; None where it is not known."""
        if depth > DEEPEST:
            return None
        match node:
            case ast.Call(func=func, args=[first, *_]):
                path = self.loaded_from(node, scope, depth)
                if path:
                    self._reach.uses(path)
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
                for held, where in scope.values_of_own(own):
                    return self._mapping(held, where, depth + 1)
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
        values = list(self._values(name, scope))
        is_local = any(where is scope for _, where in values)
        parameters = function.parameters if function is not None and not is_local else ()
        if function is not None and name in {each.arg for each in parameters}:
            main = self._configuration_of(function)
            if main:
                return main
            values = list(self._known.passed(function, name))
        found = (self._mapping(value, where, depth + 1) for value, where in values)
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
                    self._reach.uses(path)
                    return self._known.configs.loaded(path)
        return None

    def loaded_from(self, call: ast.Call, scope: Scope, depth: int) -> str:
        """The configuration file that `yaml.load(open(path))`, or the like, reads."""
        func = call.func
        if not isinstance(func, ast.Attribute) or func.attr not in _LOADERS or not call.args:
            return ""
        module = scope.file.dotted(func.value).rpartition(".")[2].lower()
        if module not in ("yaml", "json", "omegaconf", "ruamel", "toml"):
            return ""
        text = self._text(call.args[0], scope, depth + 1)
        opened = re.fullmatch(r"(?:open\()?('[^'\n]*')(?:, '[^'\n]*')?\)?", text)
        path = ast.literal_eval(opened[1]) if opened is not None else ""
        return path if self._known.configs.path(path, scope.file.path) == path else ""

    def read_again(self, call: ast.Call, scope: Scope, depth: int) -> str:
        """What reads a configuration file, to be read again; what opens one, as it stands."""
        if isinstance(call.func, ast.Name) and call.func.id == "open" and call.args:
            path = self._text(call.args[0], scope, depth + 1)
            return f"open({path})" if path else ""
        path = self.loaded_from(call, scope, depth)
        if not path:
            return ""
        self._reach.uses(path)
        if path.endswith(".json"):
            return f"__import__('json').load(open({path!r}))"
        return f"__import__('yaml').safe_load(open({path!r}))"


def _text_of(node: ast.expr) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(ast.literal_eval(node)) if is_text else ""
