"""The calls in a project, and in its documents, of what builds models: where each stands, and how
much it speaks for a whole network."""

import ast
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from torchscript_fix.cases.builders import builds_a_model
from torchscript_fix.cases.call_text import Writer
from torchscript_fix.cases.callees import callees_of, chosen_by
from torchscript_fix.cases.entry import is_entry
from torchscript_fix.cases.mappings import LONGEST
from torchscript_fix.cases.scope import Known, Scope
from torchscript_fix.facts.static import ClassFacts, FileFacts


@dataclass(frozen=True)
class Site:
    """A call of a class or builder, and how much it speaks for a whole network."""

    call: ast.Call
    scope: Scope
    weight: float
    where: str
    assumes: tuple[str, str] = ("", "")
    """The expression that what is called is chosen by, and what it is for this to be called."""


FEW_CALLEES = 12
"""Of so few that one call chooses from, each counts as called, not the one alone that is chosen."""
MOST_NESTED = 8
README = 6.0
INSIDE = 0.0
"""The rank of what another Module is made of."""


def sites_in(known: Known, documents: Iterable[FileFacts]) -> dict[str, list[Site]]:
    """Dotted name of a class, a function or a class's method to the calls of it."""
    names, project = known.names, known.names.project
    found: dict[str, list[Site]] = defaultdict(list)
    for file in project.files.values():
        is_script = is_entry(file)
        for node in file.nodes:
            if not isinstance(node, ast.Call):
                continue
            dotted = names.dotted(node.func, file)
            function = names.around(node, file)
            weight = 4.0 if is_script else 2.0
            owner = function.owner if function is not None else None
            if owner is not None and owner.is_module:
                weight = INSIDE
            elif function is not None and not is_script and builds_a_model(function):
                # Of what one builder builds, it is the builder that is to be called.
                weight = 2.5 if dotted in project.functions else 1.0
            where = f"{file.path.name} line {node.lineno}"
            found[dotted].append(Site(node, Scope(file, function), weight, where))
    for block in documents:
        for node in block.nodes:
            if isinstance(node, ast.Call):
                site = Site(node, Scope(block, None), README, block.path.name)
                found[names.dotted(node.func, block)].append(site)
    return found


def add_chosen(known: Known, sites: dict[str, list[Site]]) -> None:
    """Count the calls of what is chosen by a name, as `models.__dict__[args.arch]` is: for what the
    name is by default as any call, for the others as a call of which nothing more is known."""
    names = known.names
    for site in [site for several in list(sites.values()) for site in several]:
        call, file, function = site.call, site.scope.file, site.scope.function
        if names.is_named(call.func, file):
            continue
        callees = callees_of(names, call.func, file, function)
        keys = {key for _, key in callees}
        key_expression = chosen_by(names, call.func, file, function)
        by = ast.unparse(key_expression)
        chosen = Writer(known, file).literal(key_expression, site.scope)
        chosen = chosen if chosen in keys else ""
        for dotted, key in callees:
            few = len(callees) <= FEW_CALLEES
            if names.is_known(dotted) and (key == chosen or few or not chosen):
                weight = site.weight if key == chosen else min(site.weight, 2.0)
                assumes = (by, key) if key else ("", "")
                sites[dotted].append(replace(site, weight=weight, assumes=assumes))


def configured(known: Known) -> Iterator[tuple[ClassFacts, Site]]:
    """The Modules that configuration files name, with what they give them: `type: Net`, and beside
    it `width: 64`."""
    by_name: dict[str, list[ClassFacts]] = defaultdict(list)
    for cls in known.names.project.classes.values():
        if cls.is_module:
            by_name[cls.qualname].append(cls)
    for path, loaded in known.configs.all_loaded():
        for mapping in _mappings(loaded):
            named = [str(mapping[key]) for key in _TYPES if isinstance(mapping.get(key), str)]
            classes = by_name.get(named[0].rpartition(".")[2], []) if named else []
            given = {
                name: repr(value)
                for name, value in mapping.items()
                if isinstance(name, str) and name.isidentifier() and name not in _TYPES
            }
            if len(classes) == 1 and all(len(text) <= LONGEST for text in given.values()):
                arguments = ", ".join(f"{name}={text}" for name, text in given.items())
                with contextlib.suppress(SyntaxError):
                    call = ast.parse(f"{classes[0].qualname}({arguments})", mode="eval").body
                    assert isinstance(call, ast.Call)
                    scope = Scope(classes[0].file, None)
                    yield classes[0], Site(call, scope, 4.0, path.rpartition("/")[2])


_TYPES = ("type", "_target_", "class_name", "class_path", "target")


def _mappings(value: object, depth: int = 0) -> Iterator[dict[object, object]]:
    """A mapping and those within it."""
    if depth > MOST_NESTED:
        return
    if isinstance(value, dict):
        yield value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        yield from _mappings(item, depth + 1)
