"""Types as strings in TorchScript's spelling: taken apart, and several brought to one."""

from collections.abc import Collection, Iterable
from functools import lru_cache

NONE = "None"

UNKNOWN = "?"
"""Inside a type: a part of it that is not known. Never handed out."""


def optional(kind: str) -> str:
    """`Optional[kind]`, once."""
    return kind if kind == NONE or kind.startswith("Optional[") else f"Optional[{kind}]"


def required(kind: str) -> str:
    """What is inside `Optional[...]`; the type itself otherwise."""
    return kind[len("Optional[") : -1] if kind.startswith("Optional[") else kind


@lru_cache(maxsize=10_000)
def parts(kind: str) -> tuple[str, tuple[str, ...]]:
    """`Dict[str, List[int]]` as ("Dict", ("str", "List[int]")); `int` as ("int", ())."""
    head, bracket, rest = kind.partition("[")
    if not bracket:
        return kind, ()
    found, start, nested = [], 0, 0
    inside = rest[:-1]
    for position, letter in enumerate(inside):
        nested += (letter == "[") - (letter == "]")
        if letter == "," and not nested:
            found.append(inside[start:position].strip())
            start = position + 1
    return head, (*found, inside[start:].strip())


def known(part: str) -> str | None:
    """A part of a type, taken out."""
    return None if part == UNKNOWN else part


def element_of(kind: str | None) -> str | None:
    if kind in {None, "Tensor", UNKNOWN}:
        return kind
    head, inside = parts(kind or "")
    if head == "List" or (head == "Tuple" and len(set(inside)) == 1):
        return known(inside[0])
    return known(inside[0]) if head == "Dict" else None


def part_of(kind: str | None, index: int) -> str | None:
    """What unpacking, or a literal index, takes out of a tuple or list."""
    if kind in {None, "Tensor", UNKNOWN}:
        return kind
    head, inside = parts(kind or "")
    if head == "Tuple":
        return known(inside[index]) if -len(inside) <= index < len(inside) else None
    return known(inside[0]) if head == "List" else None


def joined(types: Iterable[str | None]) -> str | None:
    """One type for what has each of `types` on some path; parts that are not known give way."""
    result: str | None = UNKNOWN
    nullable = False
    for kind in types:
        if kind is None or result is None:
            return None
        nullable = nullable or kind == NONE or kind.startswith("Optional[")
        if kind != NONE:
            result = unified(result, required(kind))
    if result == UNKNOWN:
        return NONE if nullable else UNKNOWN
    return optional(result) if nullable and result is not None else result


def unified(one: str, other: str) -> str | None:
    """The type that two descriptions of one thing come to; None where they contradict."""
    if other in {one, UNKNOWN}:
        return one
    if one == UNKNOWN:
        return other
    (head, inside), (head_2, inside_2) = parts(one), parts(other)
    if {head, head_2} == {"List", "Tuple"}:
        # A tuple of equals is taken where a list is declared, as `(h, w)` for a size.
        elements = {*inside, *inside_2} - {UNKNOWN}
        return f"List[{elements.pop()}]" if len(elements) == 1 else None
    if head != head_2 or len(inside) != len(inside_2) or not inside:
        return None
    both = [unified(a, b) for a, b in zip(inside, inside_2, strict=True)]
    return None if None in both else f"{head}[{', '.join(filter(None, both))}]"


NUMBER = "Union[int, float, complex]"
"""What the compiler has as one type for any number, each kept as what it is."""


def seen_together(types: Iterable[str]) -> str | None:
    """The one type under which TorchScript takes all values of `types` as they are; None where it
    has none.

    None makes it Optional; int and float make NUMBER and stay what they are; tuples of different
    lengths make a list, as in torch/csrc/jit/frontend/schema_matching.cpp (`convertibleToList`).
    """
    found = frozenset(types)
    if not found or any(UNKNOWN in kind for kind in found):
        return None
    present = {required(kind) for kind in found} - {NONE}
    nullable = NONE in found or any(required(kind) != kind for kind in found)
    if not present:
        return NONE
    together = _without_none(present)
    return optional(together) if nullable and together is not None else together


def _without_none(kinds: Collection[str]) -> str | None:
    if len(kinds) == 1:
        return next(iter(kinds))
    if set(kinds) <= {"int", "float", "complex", NUMBER}:
        return NUMBER
    taken_apart = [parts(kind) for kind in kinds]
    heads = {head for head, _ in taken_apart}
    lengths = {len(inside) for _, inside in taken_apart}
    if heads == {"Dict"} or (heads == {"Tuple"} and len(lengths) == 1):
        places = zip(*(inside for _, inside in taken_apart), strict=True)
        elements = [seen_together(place) for place in places]
        head = heads.pop()
    elif heads <= {"List", "Tuple"}:
        elements = [seen_together(element for _, inside in taken_apart for element in inside)]
        head = "List"
    else:
        return None
    known_ones = [element for element in elements if element is not None]
    return f"{head}[{', '.join(known_ones)}]" if len(known_ones) == len(elements) else None


def added(left: str | None, right: str | None) -> str | None:
    if left == right == "str":
        return "str"
    lists = [kind for kind in (left, right) if kind and kind.startswith("List[")]
    if left and right and lists and (left.startswith("List[") or right.startswith("List[")):
        return unified(left, right)
    return None
