"""A branch that a model never takes, and that does not compile, is decided by a constant.

## What the compiler says

Anything at all: both branches of `if self.use_residual:` are compiled, whatever the flag says, and
in the one that this model never takes there may be a None where a number is needed, a layer that is
not there, a call that TorchScript does not know. Or the two are of different types, as in
`(y, weights) if self.output_attentions else (y,)`. Or it is the test itself, `self.mode == "loss"`,
where the mode is None: TorchScript compares only what is of one type.

## What is written instead

    class Quantizer(nn.Module):
        use_residual: Final[bool]

A bool that is given its value once, while the module is built, becomes a constant of the scripted
module, each instance with its own, and the compiler leaves out the branch. A test of other
attributes (`self.mode == "loss"`) is kept as such a bool by `__init__`:

    self.mode = mode                            mode_is_loss: Final[bool]
    …                                           …
                                                self.mode_is_loss = self.mode == "loss"

    if self.mode == "loss":                     if self.mode_is_loss:

## When it holds back

Where no case showed a model that leaves the branch out, or an attribute of the test is given a
value anywhere but once in `__init__`. A test of `self.training` decides nothing.
"""

import ast
import itertools
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torchscript_fix.editing.edit import (
    Edit,
    InsertAtHead,
    InsertBefore,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.diagnosed import Located, ways_to
from torchscript_fix.facts.flags import is_final
from torchscript_fix.facts.kept import lasting, never_changes
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    self_attribute,
)
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

MOST_COMBINATIONS = 64

UNCONVERTIBLE = "This attribute exists on the Python module, but we failed to convert"
NOT_VALID = "Arguments for call are not valid"
"""What is said of `self.mode == "loss"` where the mode is None or a number."""
OF_TWO_TYPES = ("if-expression's true branch has type", "is set to type")
CHANGING = frozenset({"append", "extend", "insert", "pop", "remove", "clear", "add", "update"})

COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}
WORDS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "is",
    ast.Is: "is",
    ast.NotEq: "is_not",
    ast.IsNot: "is_not",
    ast.Lt: "below",
    ast.LtE: "at_most",
    ast.Gt: "above",
    ast.GtE: "at_least",
    ast.In: "in",
    ast.NotIn: "not_in",
}


class BranchNotTaken(Rule):
    name: ClassVar[str] = "branch-not-taken"
    summary: ClassVar[str] = "What decides a branch that a model never takes becomes a constant."
    # It helps against whatever is said of such a branch; these are what is said most often.
    messages: ClassVar[tuple[str, ...]] = (
        "NoneType",
        "all inputs of range must be ints",
        "failed to convert Python type",
        "Expected a value of type",
        "python value of type",
        *OF_TWO_TYPES,
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a test."""
        choices: dict[ast.expr, Choice] = {}
        for located in facts.diagnosed():
            compared = isinstance(located.node, ast.Compare) and NOT_VALID in located.message
            asked = compared or UNCONVERTIBLE in located.message
            for function, node in ways_to(located, facts.project):
                if function.file is not facts:
                    continue
                for choice in (
                    *_disagreeing(located, node, function),
                    *_choices(node, function, asked),
                ):
                    if choice.test not in choices and choice.may_be_dead():
                        choices[choice.test] = choice
        for choice in sorted(choices.values(), key=lambda choice: choice.test.lineno):
            found = _decided(choice)
            if found is not None:
                yield found


# ------------------------------------------------------------------ where it does not compile


@dataclass(frozen=True, eq=False)
class Choice:
    """A test in a method, and what becomes of a node beside it."""

    function: FunctionFacts
    test: ast.expr
    dead_if: bool | None
    """The value of the test with which the node is never reached; None where it is in the test, or
    where the test decides between two that do not agree."""

    def may_be_dead(self) -> bool:
        """Whether some model was seen for which the node is never reached."""
        owner = self.function.owner
        if owner is None or self.dead_if is None:
            return owner is not None
        values = {name: _values(owner, name) for name in _attributes(self.test)}
        known = {name: found for name, found in values.items() if found}
        combinations = list(itertools.islice(itertools.product(*known.values()), MOST_COMBINATIONS))
        return any(
            _value(self.test, dict(zip(known, each, strict=True))) is self.dead_if
            for each in combinations
        )


def _choices(node: ast.AST, function: FunctionFacts, asked: bool) -> Iterator[Choice]:
    """The tests that decide whether a node is reached, nearest first; with `asked`, the test that
    it is in as well."""
    below = node
    for around in function.file.ancestors(node):
        if asked and isinstance(around, ast.If | ast.IfExp) and around.test is below:
            yield Choice(function, around.test, None)
        for part, dead_if in (("body", False), ("orelse", True)):
            block = getattr(around, part, None)
            if isinstance(block, list) and below in block:
                for earlier in reversed(block[: block.index(below)]):
                    if isinstance(earlier, ast.If) and not earlier.orelse and _leaves(earlier):
                        yield Choice(function, earlier.test, True)
            if isinstance(around, ast.If) and isinstance(block, list) and below in block:
                yield Choice(function, around.test, dead_if)
            if isinstance(around, ast.IfExp) and block is below:
                yield Choice(function, around.test, dead_if)
        if around is function.node:
            return
        below = around


def _disagreeing(located: Located, node: ast.AST, function: FunctionFacts) -> Iterator[Choice]:
    """The test that decides between two values of other types, where that is complained of."""
    is_it = node is located.node and any(words in located.message for words in OF_TWO_TYPES)
    if is_it and isinstance(node, ast.If | ast.IfExp):
        yield Choice(function, node.test, None)


def _leaves(choice: ast.If) -> bool:
    return isinstance(choice.body[-1], ast.Return | ast.Raise)


def _attributes(test: ast.AST) -> dict[str, None]:
    """The attributes of `self` in a test."""
    found = (self_attribute(node) for node in ast.walk(test) if isinstance(node, ast.Attribute))
    return dict.fromkeys(name for name in found if name is not None)


def _values(owner: ClassFacts, name: str) -> tuple[Any, ...]:
    """The values that an attribute was seen to have; none where some were not plain."""
    seen = owner.file.project.observed.attribute(owner.file.path, owner.qualname, name)
    if seen is None or seen.missing or name == "training":
        return ()
    return tuple(ast.literal_eval(value) for value in seen.values - {"nan", "inf", "-inf"})


UNKNOWN = object()


def _value(test: ast.expr, values: Mapping[str, Any]) -> Any:
    """What a test comes to with these attributes: its truth, or UNKNOWN."""
    match test:
        case ast.BoolOp(op=op, values=parts):
            decisive = isinstance(op, ast.Or)
            found = [_value(part, values) for part in parts]
            truths = [each if each is UNKNOWN else bool(each) for each in found]
            if decisive in truths:
                return decisive
            return UNKNOWN if UNKNOWN in truths else not decisive
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _value(operand, values)
            return inner if inner is UNKNOWN else not inner
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            one, other = _plain(left, values), _plain(right, values)
            if one is UNKNOWN or other is UNKNOWN:
                return UNKNOWN
            try:
                return bool(COMPARED[type(op)](one, other))
            except TypeError:
                return UNKNOWN
    found_value = _plain(test, values)
    return found_value if found_value is UNKNOWN else bool(found_value)


def _plain(node: ast.expr, values: Mapping[str, Any]) -> Any:
    name = self_attribute(node)
    if name is not None:
        return values.get(name, UNKNOWN)
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[inside], keywords=[]):
            value = _plain(inside, values)
            return len(value) if isinstance(value, str | list | tuple) else UNKNOWN
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return UNKNOWN


# ------------------------------------------------------------------------ making it constant


def _decided(choice: Choice) -> Rewrite | HeldBack | None:
    """The Rewrite that lets the compiler decide a test, or why there is none; None where it does
    already, or where the test is about other things."""
    function = choice.function
    owner = function.owner
    assert owner is not None
    edits: list[Edit] = []
    names: list[str] = []
    for part in _parts(choice.test):
        attributes = _attributes(part)
        if not attributes or _is_static(part):
            continue
        settled = _settled(attributes, owner)
        if isinstance(settled, str):
            return _held(choice, settled)
        flag = self_attribute(part)
        if flag is None or not _is_bool(flag, owner):
            code = f"bool(self.{flag})" if flag is not None else owner.file.segment(part)
            flag = _flag_name(part, owner, names)
            if any(len(_definitions(name, owner)) != 1 for name in attributes):
                # A replica of nn.DataParallel gets another value, which the flag would not know.
                return _held(choice, f"self.{next(iter(attributes))} is another one in replicas")
            kept = _kept(flag, code, settled, owner)
            if kept is None:
                return _held(choice, f"no place was found in __init__ for self.{flag}")
            edits += [kept, ReplaceExpression(part, f"self.{flag}")]
        elif is_final(flag, owner):
            continue
        names.append(flag)
    if not names:
        return None
    return _declared(choice, owner, names, edits)


def _declared(
    choice: Choice, owner: ClassFacts, names: list[str], edits: list[Edit]
) -> Rewrite | HeldBack:
    function = choice.function
    if owner.file.imports.get("annotations") == "__future__.annotations":
        return _held(choice, "the file's annotations are text, in which Final is not seen")
    try:
        final = spelled("Final[bool]", owner.file, owner.node.lineno)
    except SpellingError as error:
        return _held(choice, str(error))
    lines = "".join(f"{name}: {final.code}\n" for name in names)
    return Rewrite(
        BranchNotTaken.name,
        owner.file.path,
        choice.test.lineno,
        function.qualname,
        f"{', '.join(names)}: {final.code}, so that a branch that is never taken is left out",
        Safety.SAFE,
        (*final.imports, InsertAtHead(owner.node, "body", f"{lines}\n"), *edits),
    )


def _parts(test: ast.expr) -> Iterator[ast.expr]:
    """The tests that one is made of, without `not`, `and`, `or`."""
    match test:
        case ast.BoolOp(values=values):
            for value in values:
                yield from _parts(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from _parts(operand)
        case _:
            yield test


def _is_static(part: ast.expr) -> bool:
    """Whether the compiler decides a test itself, or whether it is about more than attributes."""
    match part:
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return True
    own = {id(node) for a in ast.walk(part) if self_attribute_of(a) for node in ast.walk(a)}
    return "training" in _attributes(part) or any(
        isinstance(node, ast.Name) and id(node) not in own and node.id != "len"
        for node in ast.walk(part)
    )


def self_attribute_of(node: ast.AST) -> str | None:
    """`self_attribute` of any node."""
    return self_attribute(node) if isinstance(node, ast.expr) else None


def _settled(attributes: Mapping[str, None], owner: ClassFacts) -> list[Definition] | str:
    """The only definitions of attributes that never change; why they are not that."""
    found: list[Definition] = []
    for name in attributes:
        definitions = lasting(_definitions(name, owner))
        if len(definitions) != 1 or not never_changes(name, owner):
            return f"self.{name} is not given its value just once, in __init__"
        if definitions[0].function.owner is not owner:
            return f"self.{name} is set by another class"
        if _is_grown(name, owner):
            return f"self.{name} is a list that changes"
        found.append(definitions[0])
    return found


def _definitions(name: str, owner: ClassFacts) -> Sequence[Definition]:
    attribute = owner.attribute(name)
    return attribute.definitions if attribute is not None else ()


def _is_bool(name: str, owner: ClassFacts) -> bool:
    seen = owner.file.project.observed.attribute(owner.file.path, owner.qualname, name)
    return seen is not None and seen.types == {"bool"}


def _is_grown(name: str, owner: ClassFacts) -> bool:
    """Whether a method puts something into what an attribute holds, or takes it out."""
    return any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr in CHANGING
        and self_attribute(call.func.value) == name
        for cls in (*owner.mro, *owner.subclasses)
        for method in cls.methods.values()
        for call in method.calls
    )


def _kept(flag: str, test: str, definitions: list[Definition], owner: ClassFacts) -> Edit | None:
    """The Edit by which `__init__` keeps a test, behind what it is about."""
    init = owner.methods.get("__init__")
    if init is None or any(definition.function is not init for definition in definitions):
        return None
    body = init.node.body
    last = max(definitions, key=lambda definition: definition.statement.lineno)
    top = next((s for s in body if any(node is last.statement for node in ast.walk(s))), None)
    if top is None or any(isinstance(node, ast.Return) for node in ast.walk(init.node)):
        return None
    code = f"self.{flag} = {test}"
    place = body.index(top) + 1
    if place < len(body):
        return InsertBefore(body[place], code)
    if top is not last.statement or not isinstance(top, ast.Assign):
        return None
    return ReplaceStatement(top, f"{owner.file.segment(top)}\n{code}")


def _flag_name(part: ast.expr, owner: ClassFacts, taken: list[str]) -> str:
    """A name for what a test says: `mode_is_loss`."""
    first = next(iter(_attributes(part)))
    words = first
    match part:
        case ast.Compare(ops=[op], comparators=[ast.Constant(value=value)]):
            said = re.sub(r"\W+", "_", str(value)).strip("_").lower()
            words = f"{first}_{WORDS[type(op)]}_{said}"
        case ast.Compare(left=ast.Constant(value=value), ops=[ast.In() | ast.NotIn() as op]):
            said = re.sub(r"\W+", "_", str(value)).strip("_").lower()
            words = f"{first}_{'has' if isinstance(op, ast.In) else 'lacks'}_{said}"
        case ast.Compare(ops=[op], comparators=[right]):
            other = next(iter(_attributes(right)), "these")
            words = f"{first}_{WORDS[type(op)]}_{other}"
        case ast.Call() | ast.Attribute():
            words = f"has_{first}"
    return free_name([words, f"is_{words}"], {*taken, *_all_names(owner)})


@remembered
def _all_names(owner: ClassFacts) -> frozenset[str]:
    """Every attribute, method and class-level name of a class, its bases and subclasses."""
    family = (*owner.mro, *owner.subclasses)
    return frozenset(
        name for cls in family for name in (*cls.own_definitions, *cls.methods, *cls.class_level)
    )


def _held(choice: Choice, reason: str) -> HeldBack:
    path, name = choice.function.file.path, choice.function.qualname
    return HeldBack(BranchNotTaken.name, path, choice.test.lineno, name, reason)
