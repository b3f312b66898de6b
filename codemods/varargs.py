"""`*args` and `**kwargs` become the arguments that are really passed.

## What the compiler says

"Compiled functions can't take variable number of arguments or use keyword-only arguments with
defaults": TorchScript fixes the arguments of a function when it compiles it.

## What is written instead

    def forward(self, *features):                 def forward(self, feature0, feature1):
        return torch.cat(features, 1)                 features = (feature0, feature1)
                                                      return torch.cat(features, 1)

    def forward(self, x, **kwargs):               def forward(self, x, mask):
        return self.fn(self.norm(x), **kwargs)        return self.fn(self.norm(x), mask=mask)

What is passed is what cases showed, and what calls under the path pass. What nobody passes goes; a
name that some calls leave out gets the default that the function gives it
(`kwargs.get("scale", 1.0)`), that of the function it is handed on to, or None where nothing is done
with it. `kwargs.get`, `kwargs.pop`, `kwargs["mask"]` and `"mask" in kwargs` become what they are
then. Keyword-only parameters with a default become plain ones on the way. Where calls pass now two
and now three of one type, the third is None by default, and what is there makes a list.

The rewrite narrows: another number of arguments, or another name, is a TypeError from then on.

## When it holds back

- No call of the function is known: a `--case` that runs it decides.
- Calls pass different numbers of arguments that are handed on by a star, or `**kwargs` is used as
  the dictionary that it is.
- A name is handed on that some calls leave out, and what it is handed on to is not known.
- What is passed to the star would stand behind a default.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from torchscript_fix.editing.edit import (
    AddImport,
    Edit,
    InsertAtHead,
    RemoveStatement,
    ReplaceExpression,
    ReplaceParameters,
)
from torchscript_fix.facts.annotations import takes_no_annotation
from torchscript_fix.facts.calls import called_at
from torchscript_fix.facts.naming import singular, taken_names
from torchscript_fix.facts.passed import Passed, passed_beyond
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.unify import NONE, optional, seen_together
from torchscript_fix.kit.signature import NewParameter, SignatureError, signature_code
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.kit.substitution import outermost, substituted
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety


class Varargs(Rule):
    """Replaces `*args` and `**kwargs` by the arguments that are passed."""

    name = "varargs"
    summary = "*args and **kwargs become the arguments that are really passed."
    messages = ("Compiled functions can't take variable number of arguments",)
    safety = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a function, or why it stays."""
        pointed_at = {located.function for located in self.diagnosed(facts)}
        for function in facts.functions_in_question:
            spec = function.node.args
            if spec.vararg is None and spec.kwarg is None:
                continue
            if not (function.scripted or function in pointed_at) or _is_left_alone(function):
                continue
            passed = passed_beyond(function)
            if passed is not None:
                yield _finding(function, passed)
            elif function in pointed_at:
                decided_by = f"a --case that runs {function.qualname}"
                yield _held(function, "no call shows what is passed to its stars", decided_by)


def _is_left_alone(function: FunctionFacts) -> bool:
    spec = function.node.args
    owner = function.owner
    if owner is not None and any(
        base.startswith("torch.autograd.") for base in owner.outside_bases
    ):
        return True  # a Function, which autograd calls: autograd-function answers that
    bound = owner is not None and not function.is_static
    return takes_no_annotation(function) or (bound and not [*spec.posonlyargs, *spec.args])


TAKE_LISTS = frozenset(
    {"len", "enumerate", "reversed", "zip", "sum", "torch.cat", "torch.concat", "torch.stack"}
)
"""Functions to which a list is as good as a tuple."""


COMPARISONS: dict[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class _Obstacle(Exception):
    """Why the stars stay; in words for people."""


@dataclass(frozen=True)
class _Change:
    """What becomes of one star: new parameters, and other text where it is used."""

    parameters: tuple[NewParameter, ...] = ()
    imports: tuple[AddImport, ...] = ()
    instead: Mapping[ast.AST, str] = field(default_factory=dict)
    """For a starred argument the arguments that take its place, "" where none do."""
    removed: tuple[ast.stmt, ...] = ()
    head: str | None = None


def _finding(function: FunctionFacts, passed: Passed) -> Rewrite | HeldBack:
    try:
        by_position = _positional(function, passed)
        by_keyword = _keywords(function, passed)
        code = signature_code(function, by_position.parameters, by_keyword.parameters)
        edits = _edits(function, by_position, by_keyword)
    except (_Obstacle, SignatureError, SpellingError) as error:
        return _held(function, str(error))
    assert isinstance(function.node, ast.FunctionDef)
    return Rewrite(
        rule=Varargs.name,
        path=function.file.path,
        line=function.node.lineno,
        function=function.qualname,
        summary=_summary(function, by_position, by_keyword),
        safety=Safety.NARROWING,
        edits=(
            *by_position.imports,
            *by_keyword.imports,
            ReplaceParameters(function.node, code),
            *edits,
        ),
    )


def _held(function: FunctionFacts, reason: str, decided_by: str | None = None) -> HeldBack:
    path, line = function.file.path, function.node.lineno
    return HeldBack(Varargs.name, path, line, function.qualname, reason, decided_by)


def _summary(function: FunctionFacts, by_position: _Change, by_keyword: _Change) -> str:
    spec = function.node.args
    said = []
    stars = ((spec.vararg, "*", by_position), (spec.kwarg, "**", by_keyword))
    for parameter, star, change in stars:
        if parameter is not None:
            names = ", ".join(each.name for each in change.parameters)
            said.append(f"{star}{parameter.arg} {f'becomes {names}' if names else 'goes'}")
    return "; ".join(said)


# ------------------------------------------------------------------------------ `*args`


def _positional(function: FunctionFacts, passed: Passed) -> _Change:
    vararg = function.node.args.vararg
    if vararg is None:
        return _Change()
    star = vararg.arg
    uses = _uses(function, star)
    count = passed.count
    if count is None:
        return _varying(function, passed, star, uses)
    names = _names(star, count, function)
    parameters, imports = _annotated(
        function, [(name, passed.type_at(position), None) for position, name in enumerate(names)]
    )
    instead = _counted(function, uses, count)
    counted = dict(instead)
    for use in uses:
        parent = function.file.parents[use]
        match parent:
            case ast.Call() if function.file.parents[parent] in counted:
                pass
            case ast.Starred() if isinstance(function.file.parents[parent], ast.Call):
                instead[parent] = ", ".join(names)
            case ast.Subscript(value=value, slice=ast.Constant(value=int(index))) if (
                value is use and 0 <= index < count and isinstance(parent.ctx, ast.Load)
            ):
                instead[parent] = names[index]
            case _:
                head = _as_a_local(function, star, names, parameters)
                return _Change(parameters, imports, counted, head=head)
    return _Change(parameters, imports, instead)


def _varying(function: FunctionFacts, passed: Passed, star: str, uses: list[ast.Name]) -> _Change:
    """Now two arguments, now three, all of one type: those that may be missing are None by default,
    and what is there makes a list, where a list does what the tuple did."""
    counts = sorted({len(types) for types in passed.positional})
    least, most = counts[0], counts[-1]
    kinds = {passed.type_at(position) or "Tensor" for position in range(most)}
    listed = all(_takes_a_list(function, use) for use in uses)
    if len(kinds) > 1 or not listed or any(optional(kind) == kind for kind in kinds):
        shown = " or ".join(map(str, counts))
        raise _Obstacle(f"*{star} takes {shown} arguments, as the call may be")
    (kind,) = kinds
    names = _names(star, most, function)
    wanted = [(n, kind, None if place < least else NONE) for place, n in enumerate(names)]
    parameters, imports = _annotated(function, wanted)
    line = function.node.lineno
    annotation = spelled(f"List[{kind}]", function.file, line)
    lines = [f"{star}: {annotation.code} = [{', '.join(names[:least])}]"]
    for name in names[least:]:
        lines += [f"if {name} is not None:", f"    {star}.append({name})"]
    return _Change(parameters, (*imports, *annotation.imports), head="\n".join(lines))


def _takes_a_list(function: FunctionFacts, use: ast.Name) -> bool:
    """Whether a list does at a place what a tuple of the same does."""
    parent = function.file.parents[use]
    match parent:
        case ast.For() | ast.comprehension():
            return parent.iter is use
        case ast.Subscript(ctx=ast.Load()):
            return parent.value is use
        case ast.Call(func=func):
            return use in parent.args and function.file.dotted(func) in TAKE_LISTS
    return False


def _counted(function: FunctionFacts, uses: list[ast.Name], count: int) -> dict[ast.AST, str]:
    """`len(features) == 1` is known now, so that the compiler only looks at the branch taken."""
    found: dict[ast.AST, str] = {}
    for use in uses:
        call = function.file.parents[use]
        test = function.file.parents[call]
        match call, test:
            case (
                ast.Call(func=ast.Name(id="len")),
                ast.Compare(ops=[how], comparators=[ast.Constant(value=int(number))]),
            ) if (
                type(how) in COMPARISONS and test.left is call
            ):
                found[test] = str(COMPARISONS[type(how)](count, number))
    return found


def _as_a_local(
    function: FunctionFacts,
    star: str,
    names: list[str],
    parameters: tuple[NewParameter, ...],
) -> str:
    """`features = (feature0, feature1)`: the tuple that Python had made; a list where an index
    that is not known picks from it, which the compiler refuses of tuples."""
    inside = ", ".join(names)
    picked = any(
        isinstance(parent := function.file.parents[use], ast.Subscript)
        and not isinstance(parent.slice, ast.Constant | ast.Slice | ast.UnaryOp)
        for use in _uses(function, star)
    )
    if picked and len({each.annotation for each in parameters}) == 1:
        return f"{star} = [{inside}]"
    comma = "," if len(names) == 1 else ""
    return f"{star} = ({inside}{comma})"


def _names(star: str, count: int, function: FunctionFacts) -> list[str]:
    """`feature0, feature1` for `*features`; `feature` where there is one."""
    taken = taken_names(function)
    one = singular(star)
    if count == 1 and one not in taken:
        return [one]
    for base in (one, f"{one}_", f"one_{one}_"):
        names = [f"{base}{position}" for position in range(count)]
        if taken.isdisjoint(names):
            return names
    raise _Obstacle(f"no names are free for what is passed to *{star}")


# ---------------------------------------------------------------------------- `**kwargs`


@dataclass(frozen=True)
class _Read:
    """One place at which a name is taken out of `**kwargs`."""

    node: ast.expr
    name: str
    how: str
    """get, pop, item, in, not in"""
    default: ast.expr | None = None


def _keywords(function: FunctionFacts, passed: Passed) -> _Change:
    kwarg = function.node.args.kwarg
    if kwarg is None:
        return _Change()
    forwards: list[ast.keyword] = []
    reads: list[_Read] = []
    for use in _uses(function, kwarg.arg):
        parent = function.file.parents[use]
        if isinstance(parent, ast.keyword):
            forwards.append(parent)
            continue
        read = _read(function, use)
        if read is None:
            where = ast.unparse(parent).partition("\n")[0][:60]
            raise _Obstacle(f"**{kwarg.arg} is used as a dictionary at `{where}`")
        reads.append(read)
    names = dict.fromkeys([*passed.names, *(each.name for each in reads)])
    tested = [each.name for each in reads if each.how in ("in", "not in")]
    only_tested = {n for n in tested if n not in passed.names and not _is_read(n, reads)}
    wanted: list[tuple[str, str | None, str | None]] = []
    for name in names:
        if name not in only_tested:
            _refuse_other_meanings(function, name, reads)
            wanted.append(
                (name, passed.type_of(name), _default(function, name, passed, reads, forwards))
            )
    required = [name for name, _, default in wanted if default is None]
    behind = bool(function.node.args.defaults)
    if behind:  # where none without a default can stand
        wanted = [(name, kind, default or NONE) for name, kind, default in wanted]
    used = [name for name in required if behind and (forwards or _is_read(name, reads))]
    parameters, imports = _annotated(function, wanted)
    defaults = {name: default for name, _, default in wanted}
    defaults |= dict.fromkeys(required)
    instead: dict[ast.AST, str] = {each.node: _instead_of(each, defaults, passed) for each in reads}
    popped = {each.name for each in reads if each.how == "pop"}
    handed_on = [name for name in passed.names if name not in popped]
    for forward in forwards:
        instead[forward] = ", ".join(f"{name}={name}" for name in handed_on)
    removed = tuple(
        parent
        for each in reads
        if isinstance(parent := function.file.parents[each.node], ast.Assign)
        and [ast.unparse(target) for target in parent.targets] == [instead[each.node]]
    )
    gone = {statement.value for statement in removed}
    instead = {node: code for node, code in instead.items() if node not in gone}
    head = "\n".join(f"assert {name} is not None" for name in used) or None
    return _Change(parameters, imports, instead, removed, head)


def _is_read(name: str, reads: list[_Read]) -> bool:
    return any(each.name == name and each.how not in ("in", "not in") for each in reads)


def _read(function: FunctionFacts, use: ast.Name) -> _Read | None:
    parent = function.file.parents[use]
    above = function.file.parents[parent]
    match parent, above:
        case (
            ast.Attribute(attr=("get" | "pop") as how),
            ast.Call(args=[ast.Constant(value=str(name)), *default], keywords=[]),
        ) if (
            above.func is parent and len(default) <= 1
        ):
            if how == "pop" and not default:
                return _Read(above, name, "item")
            return _Read(above, name, how, default[0] if default else ast.Constant(None))
        case ast.Subscript(slice=ast.Constant(value=str(name)), ctx=ast.Load()), _:
            return _Read(parent, name, "item")
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In()]), _:
            return _Read(parent, name, "in")
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.NotIn()]), _:
            return _Read(parent, name, "not in")
    return None


def _refuse_other_meanings(function: FunctionFacts, name: str, reads: list[_Read]) -> None:
    """A name that is to be a parameter must mean nothing else in the function, before it is read
    into a local of that name."""
    own = [node for node in function.nodes if isinstance(node, ast.Name) and node.id == name]
    if not name.isidentifier() or name in {each.arg for each in function.parameters}:
        raise _Obstacle(f"{name} cannot be the name of a parameter of its own")
    if not own:
        return
    first = min(own, key=lambda node: (node.lineno, node.col_offset))
    statement = function.file.parents[first]
    taken_out = {each.node for each in reads if each.name == name}
    is_first_local = isinstance(statement, ast.Assign) and statement.targets == [first]
    if is_first_local and getattr(statement, "value", None) in taken_out:
        return
    raise _Obstacle(f"{name} means something else in {function.name}")


def _default(
    function: FunctionFacts,
    name: str,
    passed: Passed,
    reads: list[_Read],
    forwards: list[ast.keyword],
) -> str | None:
    """The default that a name gets; None where every call passes it and nothing gives it one."""
    given = {
        ast.unparse(each.default): each.default
        for each in reads
        if each.name == name and each.default is not None
    }
    if len(given) > 1:
        raise _Obstacle(f"{name} has different defaults: {', '.join(sorted(given))}")
    always = name in passed.names and passed.always(name)
    here = next(iter(given), None)
    if here is not None and not _is_plain(given[here]):
        raise _Obstacle(f"the default of {name} is no plain value")
    if name in passed.names and forwards and not always:
        there = {_default_there(function, forward, name) for forward in forwards}
        if len(there) > 1 or None in there or (here is not None and here not in there):
            raise _Obstacle(f"{name} is handed on, and some calls leave it out")
        return there.pop()
    if here is not None or always:
        return here
    tested = any(each.name == name and each.how in ("in", "not in") for each in reads)
    if not tested and _is_read(name, reads):
        raise _Obstacle(f"{name} is taken out, and no call is known to pass it each time")
    return NONE


def _default_there(function: FunctionFacts, forward: ast.keyword, name: str) -> str | None:
    """The default that a name has in what it is handed on to; None where that is not known."""
    call = function.file.parents[forward]
    assert isinstance(call, ast.Call)
    callees = called_at(function, call)
    defaults = [callee.defaults.get(name) for callee in callees]
    texts = {
        ast.unparse(each) if each is not None and _is_plain(each) else None for each in defaults
    }
    return texts.pop() if len(texts) == 1 else None


def _is_plain(node: ast.expr) -> bool:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return False
    return not isinstance(value, list | dict | set)


def _instead_of(read: _Read, defaults: Mapping[str, str | None], passed: Passed) -> str:
    """What stands for a read: the parameter, or for a test whether it was passed."""
    if read.how not in ("in", "not in"):
        return read.name
    if read.name not in defaults:
        return str(read.how == "not in")  # to pass it is a TypeError now
    if defaults[read.name] is None:
        return str(read.how == "in")  # and now it is one to leave it out
    kind = passed.type_of(read.name)
    if defaults[read.name] != NONE or (kind is not None and optional(kind) == kind):
        raise _Obstacle(f"whether {read.name} is passed is asked, and no value stands for not so")
    return f"{read.name} {'is not' if read.how == 'in' else 'is'} None"


# --------------------------------------------------------------------------------- both


def _uses(function: FunctionFacts, star: str) -> list[ast.Name]:
    """Where the name of a star stands in its function."""
    inside = [node for node in function.nodes if node is not function.node]
    if any(
        isinstance(node, ast.arg) and node.arg == star
        for inner in inside
        if isinstance(inner, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(inner.args)
    ):
        raise _Obstacle(f"a function inside it has a {star} of its own")
    return [node for node in inside if isinstance(node, ast.Name) and node.id == star]


def _annotated(
    function: FunctionFacts, wanted: Sequence[tuple[str, str | None, str | None]]
) -> tuple[tuple[NewParameter, ...], tuple[AddImport, ...]]:
    """Parameters of a name, type and default each, annotated where they are no plain Tensors."""
    parameters: list[NewParameter] = []
    imports: list[AddImport] = []
    for name, kind, default in wanted:
        declared = _with_default(kind, default)
        if declared == "Tensor":
            parameters.append(NewParameter(name, None, default))
            continue
        annotation = spelled(declared, function.file, function.node.lineno)
        imports += annotation.imports
        parameters.append(NewParameter(name, annotation.code, default))
    return tuple(parameters), tuple(imports)


def _with_default(kind: str | None, default: str | None) -> str:
    """The type of a parameter that was passed a type, or one that is not known, and has a default;
    Tensor where nothing shows one, as the compiler has it."""
    if default is None:
        return kind or "Tensor"
    value = ast.literal_eval(default)
    if value is None:
        return optional(kind if kind not in (None, NONE) else "Tensor")
    own = type(value).__name__
    if own not in ("bool", "int", "float", "complex", "str"):
        return kind or "Tensor"
    return seen_together([own, kind or own]) or own


def _edits(function: FunctionFacts, by_position: _Change, by_keyword: _Change) -> Iterator[Edit]:
    """The edits of the body: where the stars were used, other text; a local for a tuple of them."""
    for head in (by_keyword.head, by_position.head):
        if head is not None:
            yield InsertAtHead(function.node, "body", head)
    yield from (RemoveStatement(statement) for statement in by_keyword.removed)
    instead = {**by_position.instead, **by_keyword.instead}
    starred = [node for node in instead if isinstance(node, ast.Starred | ast.keyword)]
    calls = {function.file.parents[node] for node in starred}
    # Inner calls first: the text of an outer one has theirs in it.
    for call in reversed(function.calls):
        if call in calls:
            instead[call] = _call(function, call, instead)
    for node in outermost(function.node, instead):
        assert isinstance(node, ast.expr)
        yield ReplaceExpression(node, instead[node])


def _call(function: FunctionFacts, call: ast.Call, instead: Mapping[ast.AST, str]) -> str:
    """A call with other arguments, on one line."""
    file = function.file
    if "#" in file.segment(call) and call.end_lineno != call.lineno:
        raise _Obstacle("a comment stands in a call that passes a star on")
    given: list[ast.expr | ast.keyword] = [*call.args, *call.keywords]
    parts = [substituted(file, each, instead) for each in given]
    func = substituted(file, call.func, instead)
    return f"{func}({', '.join(part for part in parts if part)})"
