"""What calls pass to a function beyond its named parameters: to `*args` and to `**kwargs`."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from torchscript_fix.facts.calls import CallSite, call_sites
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import UNKNOWN, seen_together


@dataclass(frozen=True)
class Passed:
    """All different calls that are known of, those that cases made and those in the code."""

    positional: frozenset[tuple[str, ...]]
    """What `*args` took: the types, `?` where one is not known."""
    keywords: tuple[Mapping[str, str], ...]
    """What `**kwargs` took: name to type, likewise."""

    @property
    def count(self) -> int | None:
        """How many arguments `*args` always took; None where that differs."""
        counts = {len(types) for types in self.positional}
        return counts.pop() if len(counts) == 1 else None

    def type_at(self, position: int) -> str | None:
        """The type of what `*args` took at a position; None where it is not known."""
        return _known([types[position] for types in self.positional if position < len(types)])

    @property
    def names(self) -> tuple[str, ...]:
        """The names that `**kwargs` took, in the order of the calls."""
        return tuple(dict.fromkeys(name for call in self.keywords for name in call))

    def always(self, name: str) -> bool:
        """Whether every call passes a name."""
        return all(name in call for call in self.keywords)

    def type_of(self, name: str) -> str | None:
        """The type of what is passed under a name; None where it is not known."""
        return _known([call[name] for call in self.keywords if name in call])


def passed_beyond(function: FunctionFacts) -> Passed | None:
    """What is passed to the stars of a function; None where no call of it is known."""
    file = function.file
    seen = file.project.observed.function(file.path, function.qualname)
    spec = function.node.args
    positional: set[tuple[str, ...]] = set()
    keywords: dict[tuple[tuple[str, str], ...], None] = {}
    recorded = seen is not None and (
        (spec.vararg is None or bool(seen.positional))
        and (spec.kwarg is None or bool(seen.keywords))
    )
    if seen is not None and recorded:
        positional |= seen.positional
        keywords.update(dict.fromkeys(sorted(seen.keywords)))
    for site in call_sites(function):
        extra = _extra(site, function)
        if extra is None:
            continue  # it has stars of its own, and passes on what a case may have shown
        types, named = extra
        # A case has seen what the call passes, or another branch than this one was taken.
        positional.add(types) if _is_new(types, positional) else None
        if {name for name, _ in named} not in [{name for name, _ in call} for call in keywords]:
            keywords[named] = None
    if not positional and not keywords:
        return None
    return Passed(frozenset(positional), tuple(dict(call) for call in keywords))


def _is_new(types: tuple[str, ...], known: set[tuple[str, ...]]) -> bool:
    return all(len(types) != len(other) for other in known)


def _extra(
    site: CallSite, function: FunctionFacts
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]] | None:
    """The types of what one call passes beyond the named parameters; None where it has stars."""
    call = site.call
    if any(isinstance(each, ast.Starred) for each in call.args):
        return None
    if any(each.arg is None for each in call.keywords):
        return None
    keyword_only = {each.arg for each in function.node.args.kwonlyargs}
    named = [each.arg for each in function.parameters]
    places = [name for name in named if name not in keyword_only]
    beyond = call.args[len(places) :]
    extra = [each for each in call.keywords if each.arg is not None and each.arg not in named]
    return (
        tuple(_type(each, site) for each in beyond),
        tuple((each.arg or "", _type(each.value, site)) for each in extra),
    )


def _type(expression: ast.expr, site: CallSite) -> str:
    kind = type_of(expression, site.function) if site.function is not None else None
    return kind or UNKNOWN


def _known(types: list[str]) -> str | None:
    return seen_together({kind for kind in types if kind != UNKNOWN})
