"""From what an eager error says to the calls that may not cause it.

Each rule reads one kind of complaint and proposes other arguments. What is said in numbers ("to
have 3 channels, but got 64") is one Mismatch, and one way of solving it serves them all.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from .argument import (
    BATCH,
    LENGTH,
    Argument,
    Call,
    batch_of,
    is_small,
    replaced,
    variations_of_size,
)
from .first_guess import first_layer, of_layer, optional_arguments, sizes_named
from .frontier import Proposal
from .watch import Operand, Operation

MOST_PROPOSALS = 60


@dataclass(frozen=True)
class Failure:
    """One failed call: the error, where it was raised, and what was at hand there."""

    module: Any
    kind: str
    """The error's type."""
    words: str
    operation: Operation | None
    """The operation of torch that raised it."""
    suspects: frozenset[int]
    """Positions of the arguments that the failing line, or operation, has to do with."""
    layer: Any = None
    """The innermost layer that was running."""


@dataclass(frozen=True)
class Mismatch:
    """A size that is `have` and should be `want`."""

    have: int
    want: int
    origins: frozenset[int]
    axis: int | None = None
    """Along which axis, where the argument itself was complained about."""
    channels: bool = False
    """Whether it is about channels, which have nothing to do with the sides."""


Guesses = Iterator[Proposal[Call]]
Rule = Callable[[Call, Failure], Guesses]


def proposals(call: Call, failure: Failure) -> tuple[Proposal[Call], ...]:
    """Calls to try after a failure, no impossible or huge ones among them."""
    why = f"{failure.kind}: {failure.words.strip().partition(chr(10))[0]}"[:160]
    found: dict[Call, Proposal[Call]] = {}
    for rule in RULES:
        for proposal in rule(call, failure):
            known = found.get(proposal.guess)
            fits = proposal.guess != call and all(is_small(a) for _, a in proposal.guess)
            if fits and (known is None or known.cost > proposal.cost):
                found[proposal.guess] = replace(proposal, why=why)
                alike = _alike(call, proposal.guess)
                if alike not in found and alike != proposal.guess:
                    found[alike] = Proposal(alike, proposal.cost + 0.3, why)
    ordered = sorted(found.values(), key=lambda proposal: proposal.cost)
    return tuple(ordered[:MOST_PROPOSALS])


def _alike(call: Call, guess: Call) -> Call:
    """The guess with all arguments changed that were like the one that is: query, key and value
    mostly are of one form."""
    if len(call) != len(guess):
        return guess
    changed = {old: new for (_, old), (_, new) in zip(call, guess, strict=True) if old != new}
    return tuple((name, changed.get(argument, argument)) for name, argument in guess)


# ------------------------------------------------------------------------------ what was wanted


def _wants_layer_input(call: Call, failure: Failure) -> Guesses:
    """An argument that goes into a layer as it is takes the form that the layer takes."""
    wanted = of_layer(failure.layer)
    operation = failure.operation
    if wanted is None or operation is None:
        return
    for operand in operation.operands[:1]:
        for position in operand.origins:
            argument = call[position][1]
            if argument.is_tensor:
                cost = 0.5 if operand.direct else 3.0
                yield Proposal(replaced(call, position, wanted), cost)
                if operand.direct and wanted.kind == "float" and argument.kind == "float":
                    for kept in _adapted(argument, wanted, failure.layer):
                        yield Proposal(replaced(call, position, kept), 0.4)


def _adapted(argument: Argument, wanted: Argument, layer: Any) -> Iterator[Argument]:
    """The argument with just the size that the layer asks for."""
    axis = 1 if isinstance(layer, nn.modules.conv._ConvNd) else -1
    if len(argument.shape) >= 2:
        yield argument.with_size(axis, wanted.shape[axis])
    if isinstance(layer, nn.modules.conv._ConvNd) and len(argument.shape) != len(wanted.shape):
        yield argument.with_rank(len(wanted.shape)).with_size(1, wanted.shape[1])


_INTEGERS = re.compile(
    r"argument #1 'indices'|expected scalar type (Long|Int)|tensors used as indices must be"
    r"|only applicable to index tensor|[Ee]xpected.*(Long|Int|int64)\b.*but (found|got)"
    r"|should be an? (integer|long)|Expected dtype (int32/)?int64|to be (a )?(Long|Int)Tensor"
    r"|must be (an )?(Long|Int|integer)"
)
_FLOATS = re.compile(
    r"expected scalar type (Float|Double|Half) but found (Long|Int)|not implemented for '(Long|Int)"
    r"|Input dtype must be either a floating|Input type \((torch\.)?(Long|long|Int|int)"
    r"|[Ee]xpected.*(float|Float).*(Long|Int|int64)|must have the same dtype.*(long|int|Long)"
    r"|only Tensors of floating point|a Long Tensor|result type Float can't be cast"
)


def _wants_another_kind(call: Call, failure: Failure) -> Guesses:
    integers, floats = _INTEGERS.search(failure.words), _FLOATS.search(failure.words)
    if not integers and not floats:
        return
    rows = _rows(failure)
    for position, likely in _likely(call, failure):
        argument = call[position][1]
        cost = 0.5 if likely else 3.0
        if integers and argument.kind != "long":
            yield Proposal(replaced(call, position, argument.as_long(rows or 2)), cost)
            same = replace(argument, kind="long", high=rows or 2)
            yield Proposal(replaced(call, position, same), cost + 0.5)
        if floats and argument.kind != "float":
            yield Proposal(replaced(call, position, argument.as_float()), cost)
            image = Argument("float", (BATCH, 3, 64, 64))
            yield Proposal(replaced(call, position, image), cost + 1)
    if "bool" in failure.words.lower():
        for position, likely in _likely(call, failure):
            flag = replace(call[position][1], kind="bool")
            yield Proposal(replaced(call, position, flag), 0.8 if likely else 3.0)


def _rows(failure: Failure) -> int:
    """How many integers an embedding knows that was given others."""
    operation = failure.operation
    if operation is not None and "embedding" in operation.name and len(operation.operands) > 1:
        return operation.operands[1].shape[0]
    if isinstance(failure.layer, nn.Embedding):
        return failure.layer.num_embeddings
    return 0


def _out_of_range(call: Call, failure: Failure) -> Guesses:
    """Integers that are too large: lower ones, or, for positions, a shorter sequence."""
    if not re.search(r"out of range in self|out of bounds|index out of range", failure.words):
        return
    rows = _rows(failure)
    for position, likely in _likely(call, failure):
        argument = call[position][1]
        cost = 0.5 if likely else 2.5
        if argument.kind in ("long", "full"):
            for high in {rows, 2, 1} - {0}:
                if high < argument.high:
                    yield Proposal(replaced(call, position, replace(argument, high=high)), cost)
        if rows and len(argument.shape) > 1 and argument.shape[1] > rows:
            yield Proposal(replaced(call, position, argument.with_size(1, rows)), cost)


_RANKS = tuple(
    re.compile(pattern)
    for pattern in (
        r"not enough values to unpack \(expected (?P<want>\d+), got (?P<have>\d+)\)",
        r"too many values to unpack \(expected (?P<want>\d+)",
        r"input\.dim\(\) = (?P<have>\d+) is not equal to len\(dims\) = (?P<want>\d+)",
        r"[Ee]xpected (?P<want>\d+)[- ]?(D|dim|dimensional)\b.*?(got|has) (?P<have>\d+)[- ]?D",
        r"[Ee]xpected (?P<low>\d+)D \(unbatched\) or (?P<want>\d+)D \(batched\)",
        r"[Ee]xpected (?P<low>\d+)D or (?P<want>\d+)D",
        r"[Ee]xpected (?P<want>\d+)[-D ]",
        r"must be a (?P<want>\d+)-?D",
        r"same number of dimensions: got (?P<want>\d+) and (?P<have>\d+)",
        r"must have (?P<want>\d+) dimensions",
        r"(?P<want>\d+)D tensors? expected",
    )
)


_INVALID_VIEW = re.compile(r"shape '\[(?P<shape>[-\d, ]*)\]' is invalid for input of size (\d+)")


def _wants_rank(call: Call, failure: Failure) -> Guesses:
    wanted = _wanted_ranks(failure)
    for position, likely in _likely(call, failure):
        argument = call[position][1]
        for order, rank in enumerate(wanted):
            if rank != len(argument.shape):
                cost = (0.6 if likely else 2.0) + 0.3 * order
                yield Proposal(replaced(call, position, argument.with_rank(rank)), cost)
                if rank == 3 and len(argument.shape) == 2:
                    between = (argument.shape[0], LENGTH, argument.shape[1])
                    longer = replace(argument, shape=between)
                    yield Proposal(replaced(call, position, longer), cost + 0.1)
                if rank == 2 and len(argument.shape) > 2:
                    ends = (argument.shape[0], argument.shape[-1])
                    shorter = replace(argument, shape=ends)
                    yield Proposal(replaced(call, position, shorter), cost + 0.1)


def _wanted_ranks(failure: Failure) -> list[int]:
    words = failure.words
    for pattern in _RANKS:
        match = pattern.search(words)
        if match is not None:
            want = int(match["want"])
            return [want] if 0 < want <= 5 else []
    if _INVALID_VIEW.search(words):
        return [3, 4, 2]
    if "matrices expected" in words or "self must be a matrix" in words:
        return [2]
    if re.search(r"Dimension out of range|tuple index out of range|too many indices", words):
        return [4, 3, 2, 5]
    if re.search(r"0-d tensor|only one element|single element|scalar", words):
        return [1, 2]
    return []


# -------------------------------------------------------------------------------- mismatched sizes

_PAIRS = tuple(
    re.compile(pattern)
    for pattern in (
        r"to have (?P<want>\d+) channels, but got (?P<have>\d+) channels",
        r"cannot be multiplied \(\d+x(?P<have>\d+) and (?P<want>\d+)x\d+\)",
        r"running_mean should contain (?P<have>\d+) elements not (?P<want>\d+)",
        r"[Ee]xpected (size|[\w.()-]+) (to be |for .*? to be )?(?P<want>\d+).*? got (size )?"
        r"(?P<have>\d+)",
        r"size of tensor a \((?P<have>\d+)\) must match the size of tensor b \((?P<want>\d+)\)",
        r"Expected size (?P<want>\d+) but got size (?P<have>\d+)",
        r"size mismatch, m1: \[\d+ x (?P<have>\d+)\], m2: \[(?P<want>\d+) x \d+\]",
        r"size mismatch, got.*?, .*?x(?P<want>\d+),(?P<have>\d+)",
        r"sum exactly to (?P<have>\d+).*?split_sizes=",
        r"number of channels in input.*?(?P<want>\d+).*?(?P<have>\d+)",
        r"expanded size of the tensor \((?P<want>\d+)\) must match the existing size "
        r"\((?P<have>\d+)\)",
        r"normalized_shape=\[(?P<want>\d+)\].*got input of size.*?(?P<have>\d+)\]",
        r"was expecting embedding dimension of (?P<want>\d+), but got (?P<have>\d+)",
        r"[Ee]xpected (?P<want>\d+).*?but got:? (?P<have>\d+)",
    )
)


def _wants_size(call: Call, failure: Failure) -> Guesses:
    for order, mismatch in enumerate(_mismatches(call, failure)):
        for proposal in _solved(call, mismatch):
            yield replace(proposal, cost=proposal.cost + 0.2 * order)


def _mismatches(call: Call, failure: Failure) -> Iterator[Mismatch]:
    origins = failure.suspects
    if failure.operation is not None:
        yield from _of_operands(failure.operation)
    for pattern in _PAIRS:
        match = pattern.search(failure.words)
        if match is not None:
            have, want = int(match["have"]), int(match["want"])
            if have and want and have != want:
                channels = "channels" in match[0] or "running_mean" in match[0]
                yield Mismatch(have, want, origins, channels=channels)
                if _is_between_arguments(failure):
                    yield Mismatch(want, have, origins)
    match = _INVALID_VIEW.search(failure.words)
    if match is not None:
        yield from _of_view(match["shape"], int(match[2]), origins)
    del call


def _wants_one_batch(call: Call, failure: Failure) -> Guesses:
    """What has one size in one argument and another in the next, first of all: one for all."""
    firsts = dict.fromkeys(a.shape[0] for _, a in call if a.is_tensor and a.shape)
    if len(firsts) < 2:
        return
    said = set(map(int, re.findall(r"\d+", failure.words)))
    cost = 0.4 if len(said & set(firsts)) > 1 else 2.2
    for size in firsts:
        alike = tuple(
            (name, a.with_size(0, size) if a.is_tensor and a.shape else a) for name, a in call
        )
        yield Proposal(alike, cost)


def _is_between_arguments(failure: Failure) -> bool:
    """Whether no layer's weight takes part, so that either side may be the wrong one."""
    operation = failure.operation
    return operation is None or all(operand.origins for operand in operation.operands)


def _of_operands(operation: Operation) -> Iterator[Mismatch]:
    """What a layer's weight says of its input."""
    if len(operation.operands) < 2:
        return
    value, weight = operation.operands[:2]
    if not value.origins or weight.origins or not value.shape:
        return
    if operation.name.startswith("conv") and len(weight.shape) >= 3 and len(value.shape) >= 2:
        groups = operation.numbers[-1] if operation.numbers else 1
        axis = len(value.shape) - len(weight.shape) + 1
        want = weight.shape[1] * max(1, groups)
        if "transpose" in operation.name:
            want = weight.shape[0]
        if axis >= 0 and value.shape[axis] != want:
            yield replace(_mismatch(value, axis, want), channels=True)
    elif operation.name == "linear" and value.shape[-1] != weight.shape[-1]:
        yield _mismatch(value, -1, weight.shape[-1])


def _mismatch(value: Operand, axis: int, want: int) -> Mismatch:
    return Mismatch(value.shape[axis], want, value.origins, axis if value.direct else None)


def _of_view(shape: str, numbers: int, origins: frozenset[int]) -> Iterator[Mismatch]:
    """`view(-1, 512)` of what has 4,608 numbers: the whole is to be another multiple."""
    sizes = [int(size) for size in shape.replace(" ", "").split(",") if size]
    product = 1
    for size in sizes:
        product *= max(1, size)
    if product and product != numbers:
        yield Mismatch(numbers, product, origins)
        if -1 in sizes and product != BATCH * numbers:
            yield Mismatch(numbers, product * BATCH, origins)


def _solved(call: Call, mismatch: Mismatch) -> Guesses:
    have, want = mismatch.have, mismatch.want
    for position, (_, argument) in enumerate(call):
        if not argument.shape:
            continue
        far = 0.0 if position in mismatch.origins or not mismatch.origins else 2.0
        if mismatch.axis is not None and position in mismatch.origins:
            yield Proposal(
                replaced(call, position, argument.with_size(mismatch.axis, want)), far + 0.3
            )
        for axis, size in enumerate(argument.shape):
            if mismatch.channels and axis > 1:
                break
            behind = far + (1.5 if axis == 0 else 0.0)
            if axis == 1 and size == 3 and len(argument.shape) == 4:
                behind += 1.0  # three channels are mostly meant: rather change something else
            if size == have:
                changed = argument.with_size(axis, want)
                yield Proposal(replaced(call, position, changed), behind + 0.8)
            elif have % size == 0 and size > 1 and want * size % have == 0:
                changed = argument.with_size(axis, want * size // have)
                yield Proposal(replaced(call, position, changed), behind + 1.2)
            if size != have and size + want - have > 0:
                changed = argument.with_size(axis, size + want - have)
                yield Proposal(replaced(call, position, changed), behind + 1.8)
        if not mismatch.channels:
            yield from _scaled(call, position, want / have, far)


def _scaled(call: Call, position: int, factor: float, far: float) -> Guesses:
    """With sides so much longer that the number of what lies in them is `factor` times as large."""
    argument = call[position][1]
    sides = argument.sides
    if not sides or factor <= 0 or not 1e-4 < factor < 1e4:
        return
    exact = sides[0] * factor ** (1 / len(sides))
    for near in (round(exact), round(exact) + 1, round(exact) - 1, round(exact / 4) * 4):
        if near > 0:
            yield Proposal(replaced(call, position, argument.with_sides(near)), far + 1.3)


# --------------------------------------------------------------------------------------- the rest

_SIDES = re.compile(
    r"[Kk]ernel size can't be greater|too small|Padding size should be less|must match except in"
    r"|must match the size of tensor|Expected more than 1 |[Oo]utput size|should be less than"
    r"|negative dimension|must be greater|divisible|smaller than|Sizes of tensors|multiple of"
    r"|non-empty|at least|invalid for input of size|cannot be multiplied|maximum size",
)


def _wants_other_sides(call: Call, failure: Failure) -> Guesses:
    """Another side length, in turn: what is most in the way has no words that say which."""
    said = _SIDES.search(failure.words) or failure.kind == "AssertionError"
    later = 0.0 if said else _later(call, failure)
    wanted = sizes_named(failure.module)
    for position, likely in _likely(call, failure):
        argument = call[position][1]
        if not argument.shape or (argument.kind == "float" and len(argument.shape) < 2):
            continue
        base = later + (1.0 if said and likely else 2.5 if likely or said else 4.0)
        for order, varied in enumerate(variations_of_size(argument, wanted)):
            changed = replaced(call, position, varied)
            yield Proposal(changed, base + 0.15 * order)
            if len(argument.shape) == 4 and len(call) > 1:
                yield Proposal(_all_sides(call, varied.shape[-1]), base + 0.1 + 0.15 * order)


def _later(call: Call, failure: Failure) -> float:
    """What is at random comes later where the error says which size it wants."""
    return 1.5 if next(_mismatches(call, failure), None) is not None else 0.0


def _all_sides(call: Call, size: int) -> Call:
    """All images with these sides."""
    return tuple(
        (name, argument.with_sides(size) if len(argument.shape) == 4 else argument)
        for name, argument in call
    )


def _wants_plain(call: Call, failure: Failure) -> Guesses:
    """A number in place of a tensor, a tensor in place of a number, a list of tensors."""
    words = failure.words
    plain = re.search(
        r"can be converted to|must be int|must be tuple of ints|integer argument|an integer"
        r"|Boolean value of Tensor|must be (float|Number|int)|unhashable|interpreted as an",
        words,
    )
    for position, likely in _likely(call, failure):
        argument = call[position][1]
        cost = 0.7 if likely else 2.5
        if argument.is_tensor and plain:
            for number in ("1", "2", "False", "0.5"):
                value = Argument("plain", plain=number)
                yield Proposal(replaced(call, position, value), cost + 0.2)
        if argument.is_tensor and re.search(
            r"expected Tensor as element|must be (tuple|list) of Tensors|list of Tensors"
            r"|not enough values to unpack|has no attribute '(append|insert|copy)'",
            words,
        ):
            for count in (2, 3, 4):
                several = Argument("list", items=(argument,) * count)
                yield Proposal(replaced(call, position, several), cost + 0.3 * count)
    for position, (_, argument) in enumerate(call):
        if argument.kind == "plain" and re.search(
            r"'(int|float|bool|str|NoneType)'|(got|not) \(?(int|float|bool|str|NoneType)\b", words
        ):
            other = _first_tensor(call)
            yield Proposal(replaced(call, position, other), 1.0)
            yield Proposal(replaced(call, position, Argument("float", other.shape[:1])), 1.5)
        if argument.kind == "plain" and argument.plain != "None":
            yield Proposal(replaced(call, position, Argument("plain", plain="None")), 2.5)


def _wants_list(call: Call, failure: Failure) -> Guesses:
    """As many tensors as there are branches, each as the branch takes it."""
    if not re.search(r"list index out of range|index \d+ is out of bounds|zip", failure.words):
        return
    for position, likely in _likely(call, failure):
        argument = call[position][1]
        if argument.kind in ("list", "tuple"):
            for count in (len(argument.items) + 1, len(argument.items) + 2):
                items = (argument.items * count)[:count]
                more = replace(argument, items=items)
                yield Proposal(replaced(call, position, more), 0.5 if likely else 2.0)


_LEFT_OUT = re.compile(
    r"None|(should|must|has to|have to) be (defined|given|specified|provided|set)"
)


def _wants_optional(call: Call, failure: Failure) -> Guesses:
    """What was left out is given after all."""
    if failure.kind != "AssertionError" and not _LEFT_OUT.search(failure.words):
        return
    given = {name for name, _ in call if name}
    for name, guess in optional_arguments(failure.module, _first_tensor(call)):
        if name not in given:
            yield Proposal((*call, (name, guess)), 1.2)


def _wants_another_batch(call: Call, failure: Failure) -> Guesses:
    del failure
    for size in (1, 4, 8):
        yield Proposal(batch_of(call, size), 2.0 if size == 1 else 4.0)


def _wants_anything_else(call: Call, failure: Failure) -> Guesses:
    """One argument of quite another form: as the first layer of any submodule takes it, as the
    first argument is, or as arguments often are."""
    forms: dict[Argument, None] = {}
    for child in failure.module.children() if isinstance(failure.module, nn.Module) else ():
        form = of_layer(first_layer(child))
        if form is not None:
            forms[form] = None
    forms[_first_tensor(call)] = None
    for shape in (
        (BATCH, 3, 64, 64),
        (BATCH, 64),
        (BATCH, LENGTH, 64),
        (BATCH,),
        (BATCH, 64, 8, 8),
    ):
        forms[Argument("float", shape)] = None
    forms[Argument("long", (BATCH, LENGTH), 10)] = None
    forms[Argument("long", (BATCH,), 2)] = None
    later = _later(call, failure)
    for position, likely in _likely(call, failure):
        for order, form in enumerate(list(forms)[:14]):
            cost = later + (2.2 if likely else 3.5) + 0.15 * order
            yield Proposal(replaced(call, position, form), cost)


def _likely(call: Call, failure: Failure) -> Iterator[tuple[int, bool]]:
    """Positions of the call, with whether the failure has to do with them."""
    for position, (_, argument) in enumerate(call):
        if argument.kind != "plain":
            yield position, position in failure.suspects or len(call) == 1


def _first_tensor(call: Call) -> Argument:
    return next((a for _, a in call if a.is_tensor), Argument("float", (BATCH, 3, 64, 64)))


RULES: tuple[Rule, ...] = (
    _wants_layer_input,
    _wants_another_kind,
    _out_of_range,
    _wants_rank,
    _wants_size,
    _wants_one_batch,
    _wants_other_sides,
    _wants_plain,
    _wants_list,
    _wants_optional,
    _wants_another_batch,
    _wants_anything_else,
)
