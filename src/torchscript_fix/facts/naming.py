"""Readable names for what a rewrite introduces: `conv` for an element of `self.convs`."""

import ast
import builtins
import keyword
import re
from collections.abc import Iterable, Sequence

from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FileFacts, FunctionFacts

IRREGULAR = {"branches": "branch", "patches": "patch", "matches": "match", "switches": "switch"}
IRREGULAR |= {
    "classes": "class",
    "boxes": "box",
    "indices": "index",
    "matrices": "matrix",
    "losses": "loss",
}
SINGULAR = frozenset({"bias", "loss", "pass", "class", "axis", "basis", "series", "gas", "bus"})
SINGULAR |= {"res", "pos", "pass", "ans"}
COLLECTION = re.compile(r"_?(list|modules?_list|modulelist)$", re.IGNORECASE)
INDEXES = ("i", "j", "k", "index", "position")


@remembered
def taken_names(function: FunctionFacts) -> frozenset[str]:
    """Every name that a new local of `function` must not have: its own, the module's, Python's."""
    own = {node.id for node in function.nodes if isinstance(node, ast.Name)}
    own |= {node.arg for node in function.nodes if isinstance(node, ast.arg)}
    return frozenset(own) | _names_of_module(function.file)


@remembered
def _names_of_module(file: FileFacts) -> frozenset[str]:
    names = {*file.imports, *file.classes, *file.functions}
    for statement in file.tree.body:
        names |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)} & {
            target.id
            for node in [statement]
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
    return frozenset({*names, *dir(builtins), *keyword.kwlist, *keyword.softkwlist})


def free_name(candidates: Iterable[str], taken: Iterable[str]) -> str:
    """The first candidate that is not taken; the last one with a number behind it if all are."""
    used = set(taken)
    last = "item"
    for last in candidates:
        if last.isidentifier() and last not in used:
            return last
    return next(f"{last}_{n}" for n in range(2, 1000) if f"{last}_{n}" not in used)


def singular(plural: str) -> str:
    """One of them: `conv` for `convs`, `branch` for `branches`, `conv2d` for `conv2d_list`."""
    name = COLLECTION.sub("", plural.strip("_")) or plural.strip("_")
    if name.isupper() or not name:
        return name.lower() or "layer"
    for ending, one in IRREGULAR.items():
        if name.endswith(ending):
            return name[: -len(ending)] + one
    if name in SINGULAR or name.rpartition("_")[2] in SINGULAR or name.endswith("ss"):
        return name
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    return name[:-1] if name.endswith("s") and len(name) > 2 else name


def element_names(lists: Sequence[ast.expr], taken: Iterable[str], kind: str) -> list[str]:
    """One name for an element of each list, all different; `kind` ("layer", "parameter") helps
    out where a list is named in the singular and its name is taken."""
    used = set(taken)
    bases = [_base(node) for node in lists]
    bare = [re.sub(r"_?\d+$", "", base) or base for base in bases]
    names: list[str] = []
    for base, without_digits in zip(bases, bare, strict=True):
        plain = without_digits if bare.count(without_digits) == 1 else base
        one = _lowered(_singular_with_digits(plain))
        candidates = [one, _lowered(_singular_with_digits(base)), f"one_{one}"]
        if not one.endswith(kind):
            candidates.insert(2, f"{one}_{kind}")
        names.append(free_name(candidates, used))
        used.add(names[-1])
    return names


def _singular_with_digits(name: str) -> str:
    """`conv1` for `convs1`."""
    word = name.rstrip("0123456789")
    return singular(word) + name[len(word) :] if word.strip("_") else name


def _lowered(name: str) -> str:
    """A name that starts as those of locals do: `ffns_start` for `FFNs_start`."""
    if name[:2].isupper():
        return name.lower()
    return name[:1].lower() + name[1:]


def _base(node: ast.expr) -> str:
    """The word that a list is called by: `convs` of `self.convs`, `blocks` of `blocks[0]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "layers"


def free_index(taken: Iterable[str]) -> str:
    """A name for a new loop index."""
    return free_name(INDEXES, taken)
