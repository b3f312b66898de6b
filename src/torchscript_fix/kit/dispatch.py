"""A layer that is chosen by a computed key is called by a new method, which knows all it may be."""

import ast
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from torchscript_fix.editing.edit import AddImport, Edit, InsertBefore, ReplaceExpression
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import ClassFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.answer import Declined, require
from torchscript_fix.kit.code import is_written_out
from torchscript_fix.kit.spelling import spelled
from torchscript_fix.kit.substitution import substituted


@dataclass(frozen=True)
class Choice:
    """How a method picks a layer."""

    stem: str
    """What the method is called, if that is free."""
    key: str
    """The parameter that chooses: `name: str`."""
    body: Callable[[str], Sequence[str]]
    """Its lines, given the arguments of the layer."""
    same: Hashable
    """Equal for choices that one method serves."""


@dataclass(frozen=True)
class _Parameter:
    name: str
    annotation: str
    """`: int`; "" for a Tensor."""
    by_keyword: bool

    @property
    def passed(self) -> str:
        return f"{self.name}={self.name}" if self.by_keyword else self.name


def _own_names(choice: Choice) -> frozenset[str]:
    """The names that a method has for itself, which none of the layer's arguments can have."""
    return frozenset({"self", "layer", "place", "name", choice.key.partition(":")[0]})


@dataclass
class Dispatch:
    """The methods that a class gains before one of its own, and the calls that go by them."""

    cls: ClassFacts
    before: FunctionFacts
    _methods: dict[Hashable, tuple[str, str]] = field(default_factory=dict)
    _calls: dict[ast.Call, tuple[str, str]] = field(default_factory=dict)
    _imports: dict[AddImport, None] = field(default_factory=dict)

    def add(self, call: ast.Call, key: str, choice: Choice, function: FunctionFacts) -> None:
        """Have a call of a layer go by a method, with `key` as its first argument. Raises
        Declined."""
        require(is_written_out(call), "the call takes arguments of a number that is not known")
        keywords = frozenset(each.arg or "" for each in call.keywords)
        for name in sorted(keywords & _own_names(choice)):
            raise Declined(
                f"the call has a keyword {name}, which means the layer in the new method"
            )
        parameters = self._parameters(call, choice, function)
        method = choice.same, keywords, tuple(each.annotation for each in parameters)
        if method not in self._methods:
            taken = {name for name, _ in self._methods.values()}
            taken.update(name for cls in self.cls.mro for name in cls.methods)
            name = free_name([choice.stem], taken)
            self._methods[method] = name, self._method(name, choice, parameters)
        self._calls[call] = self._methods[method][0], key

    @staticmethod
    def _method(name: str, choice: Choice, parameters: Sequence[_Parameter]) -> str:
        takes = ["self", choice.key, *(each.name + each.annotation for each in parameters)]
        body = choice.body(", ".join(each.passed for each in parameters))
        return "\n".join([f"def {name}({', '.join(takes)}):", *(f"    {one}" for one in body), ""])

    def _parameters(
        self, call: ast.Call, choice: Choice, function: FunctionFacts
    ) -> list[_Parameter]:
        taken = {*_own_names(choice)} | {keyword.arg or "" for keyword in call.keywords}
        found = []
        for value in call.args:
            own = value.id if isinstance(value, ast.Name) else "x"
            name = free_name([own, "x", "value"], taken)
            taken.add(name)
            found.append(_Parameter(name, self._annotation(value, function), False))
        for keyword in call.keywords:
            annotation = self._annotation(keyword.value, function)
            found.append(_Parameter(keyword.arg or "", annotation, True))
        return found

    def _annotation(self, value: ast.expr, function: FunctionFacts) -> str:
        kind = type_of(value, function)
        if kind is None or kind == "Tensor":
            return ""
        annotation = spelled(kind, function.file, self.before.node.lineno)
        self._imports.update(dict.fromkeys(annotation.imports))
        return f": {annotation.code}"

    @property
    def names(self) -> str:
        """What the methods are called, for people."""
        return ", ".join(name for name, _ in self._methods.values())

    def edits(self) -> list[Edit]:
        """The methods, the calls of them, and the imports of their annotations."""
        methods = "\n".join(code for _, code in self._methods.values())
        written: dict[ast.AST, str] = {}
        for call in sorted(self._calls, key=lambda each: len(ast.dump(each))):  # inner ones first
            written[call] = self._written(call, written)
        inner = {each for call in written for each in ast.walk(call) if each is not call}
        outer = [
            ReplaceExpression(call, written[call]) for call in self._calls if call not in inner
        ]
        return [*self._imports, InsertBefore(self.before.node, methods), *outer]

    def _written(self, call: ast.Call, written: Mapping[ast.AST, str]) -> str:
        (name, key), file = self._calls[call], self.cls.file
        arguments: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
        given = [substituted(file, each, written) for each in arguments]
        return f"self.{name}({', '.join([key, *given])})"
