"""What decides which branch a model has is declared `Final`, so that only that branch compiles.

## What the compiler says

Both branches of `if self.is_last:` are compiled, whatever the flag says, and have to agree: "out is
not defined in the true branch", "Previous return statement returned a value of type Tuple[Tensor,
Tensor] but this return statement returns a value of type Tensor", "Type mismatch: x is set to type
Tensor in the true branch and type List[Tensor] in the false branch". Or the two are of different
types, as in `(y, weights) if self.output_attentions else (y,)`.

Or anything at all: in the branch that this model never takes there may be a None where a number is
needed, a layer that is not there, a call that TorchScript does not know. Or it is the test itself,
`self.mode == "loss"`, where the mode is None: TorchScript compares only what is of one type.

## What is written instead

    class Block(nn.Module):
        is_last: Final[bool]

A bool that is given its value once, while the module is built, becomes a constant of the scripted
module, each instance with its own, and a test made of such flags (`not`, `and`, `or`) is decided
while compiling. Nothing else changes, and nothing at all in eager mode.

A test of other attributes beside what does not compile (`self.mode == "loss"`) is kept as such a
bool by `__init__`:

    self.mode = mode                            mode_is_loss: Final[bool]
    …                                           …
                                                self.mode_is_loss = self.mode == "loss"

    if self.mode == "loss":                     if self.mode_is_loss:

## When it holds back

- The flag, or an attribute of the test, is given a value anywhere but once in `__init__`, is not
  known to be a bool, or the class that sets it stands in another file.
- Of what may be wrong in one branch alone: no case showed a model that leaves that branch out.

A test of `self.training` decides nothing.
"""

import ast
import itertools
import operator
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.diagnosed import Located, ways_to
from torchscript_fix.facts.flags import flags_of, is_final, is_settled
from torchscript_fix.facts.flow import may_bind
from torchscript_fix.facts.kept import lasting, never_changes
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.nodes import nodes_in
from torchscript_fix.facts.seen import attribute_seen
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    self_attribute,
)
from torchscript_fix.kit import Declined, Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.before import put_behind
from torchscript_fix.kit.declare import AS_TEXT, annotations_are_text, declare_final
from torchscript_fix.kit.fold import around, parts_of, tests_before, truth

MOST_COMBINATIONS = 64
OF_TWO_WAYS = (
    " is not defined in the ",
    "Previous return statement returned a value of type",
    "does not return along all paths",
    "Type mismatch: ",
    " previously had type ",
    "if-expression's true branch has type",
)
"""What is said of ways through a function that have to agree."""
NAMED = re.compile(
    r"(?:^|\n|Type mismatch: |Variable ')(?P<name>\w+)"
    r"(?:'| is not defined in the | is set to type )"
)
"""How these name the local that they are about."""
OF_TWO_TYPES = ("if-expression's true branch has type", "is set to type")
UNCONVERTIBLE = "This attribute exists on the Python module, but we failed to convert"
NOT_VALID = "Arguments for call are not valid"
"""What is said of `self.mode == "loss"` where the mode is None or a number."""
CHANGING = frozenset({"append", "extend", "insert", "pop", "remove", "clear", "add", "update"})
COMPARED: Mapping[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("is", operator.eq),
    ast.NotEq: ("is_not", operator.ne),
    ast.Lt: ("below", operator.lt),
    ast.LtE: ("at_most", operator.le),
    ast.Gt: ("above", operator.gt),
    ast.GtE: ("at_least", operator.ge),
    ast.Is: ("is", operator.is_),
    ast.IsNot: ("is_not", operator.is_not),
    ast.In: ("in", lambda left, right: left in right),
    ast.NotIn: ("not_in", lambda left, right: left not in right),
}
"""What a comparison is called in the name of a flag, and what it comes to."""


@dataclass(frozen=True)
class Choice(Site[ast.expr]):
    """A test that decides which way a model goes."""

    flags: tuple[str, ...] = ()
    """The attributes of `self` to be declared; none where the test may have to be kept as one."""


class FinalFlag(SiteRule[Choice]):
    name = "final-flag"
    also_known_as = ("branch-not-taken",)
    summary = "What decides which branch a model has is declared Final."
    # It helps against whatever is said of a branch that a model never takes; the latter are what is
    # said most often.
    messages = (
        *OF_TWO_WAYS,
        "is set to type",
        "NoneType",
        "all inputs of range must be ints",
        "failed to convert Python type",
        "Expected a value of type",
        "python value of type",
    )
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[Choice]:
        said = file.diagnosed()
        never_taken = dict.fromkeys(each for located in said for each in _beside(located, file))
        yield from sorted(never_taken, key=lambda each: each.line)
        told: set[FunctionFacts | None] = {None}
        for located in file.diagnosed(OF_TWO_WAYS):
            if located.function not in told:
                told.add(located.function)
                yield from _of_two_ways(located)

    def fix(self, site: Choice) -> Fix | None:
        return _as_they_are(site) if site.flags else _kept_as_flags(site)


# ------------------------------------------------------------------ ways that have to agree


def _of_two_ways(located: Located) -> Iterator[Choice]:
    """The flags that decide which way a method goes where the compiler complains, those of one
    class together."""
    function, named = located.function, NAMED.search(located.message)
    if function is None or function.owner is None:
        return
    tests: dict[str, ast.expr] = {}
    for node in function.own_nodes:
        if isinstance(node, ast.If | ast.IfExp) and _matters(
            node, named["name"] if named else None
        ):
            asked = flags_of(node.test) or frozenset()
            if "training" not in asked:
                tests.update(dict.fromkeys(sorted(asked), node.test))
    groups: dict[Hashable, list[str]] = {}
    for flag in tests:
        if not is_final(flag, function.owner):
            together: Hashable = flag
            with suppress(Declined):
                together = _definer(flag, function)
            groups.setdefault(together, []).append(flag)
    for flags in groups.values():
        yield Choice(tests[flags[0]], function, flags=tuple(flags))


def _matters(choice: ast.If | ast.IfExp, name: str | None) -> bool:
    """Whether a choice is about what the compiler complains of: a local, or what is returned."""
    if isinstance(choice, ast.IfExp):
        return name is None
    sides = [*choice.body, *choice.orelse]
    if name is not None:
        return may_bind(sides, name)
    nodes = (node for statement in sides for node in nodes_in(statement))
    return any(isinstance(node, ast.Return | ast.IfExp) for node in nodes)


def _definer(flag: str, function: FunctionFacts) -> ClassFacts:
    """The class that gives a flag its value. Raises Declined where it cannot be Final."""
    definitions = _definitions(flag, function)
    owner = definitions[0].function.owner if definitions else None
    if owner is None or not is_settled(flag, function):
        raise Declined(f"self.{flag} is not known to be a bool that never changes")
    elsewhere = f"{owner.qualname}, which sets it, stands in another file"
    require(owner.file is function.file, elsewhere)
    require(not annotations_are_text(owner.file), AS_TEXT)
    return owner


def _as_they_are(site: Choice) -> Fix:
    final, edits = declare_final(_definer(site.flags[0], site.function), site.flags)
    names = ", ".join(site.flags)
    return Fix(f"{names}: {final.code}, so that one branch alone compiles", edits)


# ------------------------------------------------------------------ branches that are never taken


def _beside(located: Located, file: FileFacts) -> Iterator[Choice]:
    """The tests beside what does not compile by which a model was seen to leave it out, nearest
    first, and those that do not compile themselves."""
    for function, node in ways_to(located, file.project):
        if function.file is file and function.owner is not None:
            yield from (Choice(test, function) for test in _asked(located, node, function))
            for each in tests_before(node, function):
                # An `if` before the node decides only where nothing but it leaves: without `else`.
                plain = isinstance(each.owner, ast.If | ast.IfExp) and not (
                    each.is_before and each.owner.orelse
                )
                if plain and _may_be(each.never_if, each.test, function.owner):
                    yield Choice(each.test, function)


def _asked(located: Located, node: ast.AST, function: FunctionFacts) -> Iterator[ast.expr]:
    """The test between two values of other types that are complained of, and tests with an
    attribute in them that has no type, or that compare what has another type."""
    said = located.message
    of_two_types = node is located.node and any(words in said for words in OF_TWO_TYPES)
    if of_two_types and isinstance(node, ast.If | ast.IfExp):
        yield node.test
    if UNCONVERTIBLE in said or (NOT_VALID in said and isinstance(located.node, ast.Compare)):
        below = node
        for outer in around(node, function):
            if isinstance(outer, ast.If | ast.IfExp) and outer.test is below:
                yield outer.test
            below = outer


def _may_be(value: bool, test: ast.expr, owner: ClassFacts) -> bool:
    """Whether a test has this value in some model that was seen."""
    values = {name: _values(owner, name) for name in _attributes(test)}
    known = {name: found for name, found in values.items() if found}
    combinations = itertools.islice(itertools.product(*known.values()), MOST_COMBINATIONS)
    models = (dict(zip(known, each, strict=True)) for each in combinations)
    return any(truth(test, partial(_comes_to, values=model)) is value for model in models)


def _attributes(test: ast.AST) -> dict[str, None]:
    """The attributes of `self` in a test."""
    found = (self_attribute(node) for node in ast.walk(test) if isinstance(node, ast.Attribute))
    return dict.fromkeys(name for name in found if name is not None)


def _values(owner: ClassFacts, name: str) -> tuple[Any, ...]:
    """The values that an attribute was seen to have; none where some were not plain."""
    seen = [each for each in attribute_seen(name, [owner]) if not each.missing]
    if name == "training" or not seen:
        return ()
    return tuple(ast.literal_eval(value) for value in seen[0].values - {"nan", "inf", "-inf"})


def _comes_to(test: ast.expr, values: Mapping[str, Any]) -> bool | None:
    """What a test that is no `not`, `and` or `or` comes to with these attributes; None where that
    is not known."""
    try:
        match test:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                compare = COMPARED[type(op)][1]
                return bool(compare(_plain(left, values), _plain(right, values)))
        return bool(_plain(test, values))
    except (KeyError, ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _plain(node: ast.expr, values: Mapping[str, Any]) -> Any:
    name = self_attribute(node)
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[inside], keywords=[]):
            return len(_plain(inside, values))
    return values[name] if name is not None else ast.literal_eval(node)


# ------------------------------------------------------------------ tests kept as flags


def _kept_as_flags(site: Choice) -> Fix | None:
    """What lets the compiler decide a test; None where it does already, or where the test is about
    other things."""
    owner = site.function.owner
    assert owner is not None
    edits, names = list[Edit](), list[str]()
    for part in parts_of(site.node):
        attributes = _attributes(part)
        if not attributes or _is_static(part, attributes, site.file):
            continue
        definitions = [_settled(name, owner) for name in attributes]
        flag = self_attribute(part)
        types = [each.types for each in attribute_seen(flag, [owner])] if flag is not None else []
        if flag is None or types != [{"bool"}]:
            code = f"bool(self.{flag})" if flag is not None else site.file.segment(part)
            flag = _flag_name(part, owner, names)
            # A replica of nn.DataParallel gets another value, which the flag would not know.
            alone = all(len(_definitions(name, owner)) == 1 for name in attributes)
            require(alone, f"self.{next(iter(attributes))} is another one in replicas")
            kept = _kept(flag, code, definitions, owner)
            edits += [kept, ReplaceExpression(part, f"self.{flag}")]
        elif is_final(flag, owner):
            continue
        names.append(flag)
    if not names:
        return None
    final, declared = declare_final(owner, names)
    summary = f"{', '.join(names)}: {final.code}, so that a branch that is never taken is left out"
    return Fix(summary, [*declared, *edits])


def _is_static(part: ast.expr, attributes: Mapping[str, None], file: FileFacts) -> bool:
    """Whether the compiler decides a test itself, or whether it is about more than attributes."""
    match part:
        case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return True
    names = [node for node in ast.walk(part) if isinstance(node, ast.Name) and node.id != "len"]
    own = [
        name
        for name in names
        if name.id == "self" and isinstance(file.parents[name], ast.Attribute)
    ]
    return "training" in attributes or len(own) < len(names)


def _settled(name: str, owner: ClassFacts) -> Definition:
    """The only definition of an attribute that never changes. Raises Declined."""
    definitions = lasting(_definitions(name, owner))
    once = len(definitions) == 1 and never_changes(name, owner)
    require(once, f"self.{name} is not given its value just once, in __init__")
    require(definitions[0].function.owner is owner, f"self.{name} is set by another class")
    calls = (
        c for cls in (*owner.mro, *owner.subclasses) for m in cls.methods.values() for c in m.calls
    )
    grown = any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr in CHANGING
        and self_attribute(call.func.value) == name
        for call in calls
    )
    require(not grown, f"self.{name} is a list that changes")
    return definitions[0]


def _definitions(name: str, owner: ClassFacts | FunctionFacts) -> tuple[Definition, ...]:
    attribute = owner.attribute(name)
    return attribute.definitions if attribute is not None else ()


def _kept(flag: str, test: str, definitions: Iterable[Definition], owner: ClassFacts) -> Edit:
    """The Edit by which `__init__` keeps a test, behind what it is about. Raises Declined."""
    no_place = f"no place was found in __init__ for self.{flag}"
    init = owner.methods.get("__init__")
    if init is None or any(definition.function is not init for definition in definitions):
        raise Declined(no_place)
    last = max((each.statement for each in definitions), key=lambda each: each.lineno)
    top = next(each for each in init.node.body if last in nodes_in(each))
    returns = any(isinstance(node, ast.Return) for node in ast.walk(init.node))
    follows = top is not init.node.body[-1] or (top is last and isinstance(top, ast.Assign))
    require(follows and not returns, no_place)
    return put_behind(top, f"self.{flag} = {test}", init)


def _flag_name(part: ast.expr, owner: ClassFacts, taken: Iterable[str]) -> str:
    """A name for what a test says: `mode_is_loss`."""
    words = first = next(iter(_attributes(part)))
    match part:
        case ast.Compare(ops=[op], comparators=[ast.Constant(value=value)]):
            words = f"{first}_{COMPARED[type(op)][0]}_{_as_words(value)}"
        case ast.Compare(left=ast.Constant(value=value), ops=[ast.In() | ast.NotIn() as op]):
            words = f"{first}_{'has' if isinstance(op, ast.In) else 'lacks'}_{_as_words(value)}"
        case ast.Compare(ops=[op], comparators=[right]):
            words = f"{first}_{COMPARED[type(op)][0]}_{next(iter(_attributes(right)), 'these')}"
        case ast.Call() | ast.Attribute():
            words = f"has_{first}"
    family = (*owner.mro, *owner.subclasses)
    known = (name for c in family for name in (*c.own_definitions, *c.methods, *c.class_level))
    return free_name([words, f"is_{words}"], {*taken, *known})


def _as_words(value: object) -> str:
    return re.sub(r"\W+", "_", str(value)).strip("_").lower()
