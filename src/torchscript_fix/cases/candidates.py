"""Candidates for cases: what in a project may build a model, likeliest first, and with what.

A whole network comes before its blocks: what entry scripts and the README build, then builder
functions and classes that no other Module's constructor uses, then the rest. Nothing is run here;
what is left open is for the worker to guess (`verify/worker/explore.py`).
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from torchscript_fix.cases.builders import (
    builds_a_model,
    is_builder,
    is_model,
    item_of,
    methods_in_place_of_forward,
    needs_no_argument,
    required,
)
from torchscript_fix.cases.call_sites import INSIDE, README, Site, add_chosen, configured, sites_in
from torchscript_fix.cases.call_text import Writer
from torchscript_fix.cases.config_files import ConfigFiles
from torchscript_fix.cases.entry import is_test
from torchscript_fix.cases.names import Names
from torchscript_fix.cases.networks import LOSS, NO_NETWORKS, Networks
from torchscript_fix.cases.scope import Known, Scope
from torchscript_fix.cases.settings import Settings
from torchscript_fix.cases.shown_inputs import MOST_SHOWN, shown_inputs
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, Project

MOST_SITES = 3
"""Call sites of one class or function that make a candidate of their own."""
MOST_CHOICES = 4
WHOLE = 1.0
"""Candidates of this rank or a higher one are taken for whole networks."""


_BUILDER = re.compile(r"(?i)_?(build|create|get|make|load|init|define)_?.*|.*(net|model).*")
_FETCHES = re.compile(r"(?i)pre_?trained|checkpoint|download|from_(file|url|hub)")
"""Builders that want what is not there."""


@dataclass(frozen=True)
class Candidate:
    """A call that may build a model: `callee` among the names of `module`, with the arguments that
    the repository shows, and those left out that it does not."""

    module: str
    callee: str
    given: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(name, or "" for one by position; what it may be, as source)."""
    item: str = ""
    """What is taken of the result: `[0]` of a tuple."""
    how: str = ""
    """Where the arguments are from."""
    rank: float = 0.0
    builds: str = ""
    """`module:Class` where it is a class, which a model found before may contain."""
    needs_nothing: bool = False
    """Whether it can be called without any argument."""
    method: str = ""
    """The method that is called in place of forward, where that is none to be called."""
    inputs: tuple[tuple[tuple[str, ...], str], ...] = ()
    """What scripts call the model with, as source, each with where that stands."""

    @property
    def name(self) -> str:
        """`module:callee`."""
        return f"{self.module}:{self.callee}"

    @property
    def is_whole(self) -> bool:
        """Whether it is taken for a whole network."""
        return self.rank >= WHOLE


def candidates(
    project: Project,
    settings: Settings,
    documents: Iterable[FileFacts],
    networks: Networks = NO_NETWORKS,
    configs: ConfigFiles | None = None,
) -> list[Candidate]:
    """All candidates, likeliest first. `documents` are the code of READMEs and the like."""
    names = Names(project)
    callers: dict[str, list[tuple[ast.Call, Scope]]] = defaultdict(list)
    files = configs or ConfigFiles(None)
    known = Known(names, settings, files, callers, networks.builders)
    sites = sites_in(known, documents)
    for dotted, several in sites.items():
        ordered = sorted(several, key=lambda site: -site.weight)
        callers[dotted] = [(site.call, site.scope) for site in ordered]
    add_chosen(known, sites)
    for cls, site in configured(known):
        sites[cls.dotted].append(site)
    called = frozenset(
        site.call.func.attr
        for several in sites.values()
        for site in several
        if site.weight > INSIDE and isinstance(site.call.func, ast.Attribute)
    )
    found: list[Candidate] = []
    for file in project.files.values():
        if all(part.isidentifier() for part in file.module.split(".")):
            found += _in_file(file, _Shown(known, sites, networks, called))
    unique: dict[object, Candidate] = {}
    for each in found:
        unique.setdefault((each.module, each.callee, each.given, each.item, each.method), each)
    return sorted(unique.values(), key=lambda c: -c.rank)


@dataclass(frozen=True)
class _Shown:
    """What the project shows of how its models are built."""

    known: Known
    sites: Mapping[str, list[Site]]
    networks: Networks
    called: frozenset[str]
    """Names of methods that code outside of Modules calls."""


def _in_file(file: FileFacts, shown: _Shown) -> Iterator[Candidate]:
    for qualname, cls in file.classes.items():
        known = shown.sites.get(cls.dotted, [])
        rank = _rank(cls.qualname, known)
        is_whole = (file.path, qualname) in shown.networks.whole
        instead = methods_in_place_of_forward(cls, shown.called)
        for method_name in [""] if is_model(cls) else instead:
            inside = INSIDE if method_name else min(rank, INSIDE)
            base = Candidate(
                file.module,
                qualname,
                rank=rank if is_whole else inside,
                builds=f"{file.module}:{qualname}",
                needs_nothing=not method_name and needs_no_argument(cls),
                method=method_name,
            )
            yield from _with_arguments(file, shown, base, cls.method("__init__"), known)
        for name, method in cls.methods.items():
            builds = f"{cls.dotted}.{name}" in shown.networks.builders or builds_a_model(method)
            if method.decorators & {"classmethod", "staticmethod"} and builds:
                known = shown.sites.get(f"{cls.dotted}.{name}", [])
                base = Candidate(
                    file.module,
                    f"{qualname}.{name}",
                    rank=_rank_of_builder(f"{cls.dotted}.{name}", qualname, 1.0, shown),
                    needs_nothing=not required(method),
                )
                yield from _with_arguments(file, shown, base, method, known)
        yield from _of_plain_object(file, shown, cls)
    for qualname, function in file.functions.items():
        dotted = f"{file.module}.{qualname}"
        builds = dotted in shown.networks.builders
        if function.owner is None and "." not in qualname and is_builder(function, builds):
            more = 1.5 if _BUILDER.fullmatch(qualname) else 0.5
            base = Candidate(
                file.module,
                qualname,
                item=item_of(function),
                rank=_rank_of_builder(dotted, qualname, more, shown),
                needs_nothing=not required(function),
            )
            yield from _with_arguments(file, shown, base, function, shown.sites.get(dotted, []))


def _of_plain_object(file: FileFacts, shown: _Shown, cls: ClassFacts) -> Iterator[Candidate]:
    """`Experiment().get_model()`: what a method gives of an object that is made of nothing."""
    constructor = cls.method("__init__")
    if cls.is_module or (constructor is not None and required(constructor)):
        return
    methods = {name: owner for owner in reversed(cls.mro) for name in owner.methods}
    for name, owner in methods.items():
        method = owner.methods[name]
        dotted = f"{owner.dotted}.{name}"
        is_plain = not method.decorators and not name.startswith(("__", "test"))
        if is_plain and dotted in shown.networks.builders and not required(method):
            yield Candidate(
                file.module,
                f"{cls.qualname}().{name}",
                item=item_of(method),
                rank=_rank_of_builder(dotted, cls.qualname, 1.0, shown),
            )


def _rank_of_builder(dotted: str, name: str, more: float, shown: _Shown) -> float:
    """Of a function: more than that of what it builds, unless that is a part."""
    rank = _rank(name, shown.sites.get(dotted, [])) + more
    if _FETCHES.search(dotted.rpartition(".")[2]):
        rank -= README
    if dotted in shown.networks.builders_of_parts:
        return min(rank, INSIDE + 0.5)
    return rank


def _rank(name: str, sites: list[Site]) -> float:
    """How likely this is a whole network: by the weightiest call of it, or by having none."""
    rank = max((site.weight for site in sites), default=2.0)
    return rank - (6.0 if LOSS.fullmatch(name) else 0.0)


Arguments = tuple[tuple[str, tuple[str, ...]], ...]
"""What a call gives that is known: (name, or "" for one by position; what it may be, as source)."""


@dataclass(frozen=True)
class _Built:
    """What one call site builds a model with, and calls it with."""

    site: Site
    given: Arguments
    sources: tuple[str, ...]
    """Names of files whose settings are among the arguments."""
    inputs: Mapping[tuple[str, ...], str]
    """The inputs of each call, to where that stands."""


def _built_at(
    file: FileFacts, shown: _Shown, function: FunctionFacts | None, sites: list[Site]
) -> list[_Built]:
    """What the sites build a model with, the weightiest first."""
    found = []
    for site in sorted(sites, key=lambda site: -site.weight):
        writer = Writer(shown.known, file, site.assumes)
        given = _given(writer, site, function)
        sources = tuple(writer.sources)
        calls = shown_inputs(site.call, site.scope, writer) if site.weight > INSIDE else ()
        found.append(_Built(site, given, sources, {each.inputs: each.where for each in calls}))
    return found


def _with_arguments(
    file: FileFacts,
    shown: _Shown,
    base: Candidate,
    function: FunctionFacts | None,
    sites: list[Site],
) -> Iterator[Candidate]:
    """The candidate with what each call site gives it, with each name that the code itself
    chooses by, and with nothing but what the worker will guess."""
    built = _built_at(file, shown, function, sites)
    used: set[Arguments] = set()
    for each in built:
        if each.given and each.given not in used and len(used) < MOST_SITES:
            used.add(each.given)
            sources = "".join(f", values from {name}" for name in each.sources)
            rank = base.rank + 0.3 - 0.1 * len(used)
            if base.needs_nothing and is_test(each.site.scope.file):
                rank = base.rank - 0.3  # a test builds it as small as can be
            # What it is called with where it is built so, then what it is called with elsewhere.
            alike = [other for other in built if other.given == each.given]
            yield replace(
                base,
                given=each.given,
                how=f"constructor arguments from the call in {each.site.where}{sources}",
                rank=rank,
                needs_nothing=False,
                inputs=_first_inputs([*alike, *built]),
            )
    base = replace(base, inputs=_first_inputs(built))
    for order, (name, choice) in enumerate(_choices(function)):
        how = f"{name}={choice} is one of the names that the code compares with"
        given = ((name, (choice,)),)
        if given not in used and order < MOST_CHOICES:
            rank = base.rank - 0.1 - 0.01 * order
            yield replace(base, given=given, how=how, rank=rank, needs_nothing=False)
    yield replace(base, how="", rank=base.rank - 0.2)


def _first_inputs(built: Iterable[_Built]) -> tuple[tuple[tuple[str, ...], str], ...]:
    found: dict[tuple[str, ...], str] = {}
    for each in built:
        for inputs, where in each.inputs.items():
            found.setdefault(inputs, where)
    return tuple(found.items())[:MOST_SHOWN]


def _given(writer: Writer, site: Site, function: FunctionFacts | None) -> Arguments:
    """The arguments of a call that are known, by name where the callee shows it."""
    names = [parameter.arg for parameter in function.parameters] if function is not None else []
    if function is not None and "classmethod" in function.decorators and function.owner is None:
        names = names[1:]
    found: list[tuple[str, tuple[str, ...]]] = []
    for index, argument in enumerate(site.call.args):
        name = names[index] if index < len(names) else ""
        text = _text(writer, argument, site, name, function)
        if isinstance(argument, ast.Starred) or not name:
            if not text or any(name for name, _ in found):
                break
            found.append(("", (text,)))
        elif text:
            found.append((name, (text,)))
    for keyword in site.call.keywords:
        if keyword.arg:
            text = _text(writer, keyword.value, site, keyword.arg, function)
            found += [(keyword.arg, (text,))] if text else []
            continue
        takes_any = function is None or function.node.args.kwarg is not None
        for name, text in (writer.items(keyword.value, site.scope) or {}).items():
            if name.isidentifier() and (takes_any or name in names):
                found.append((name, (text,)))
    return tuple(dict(found).items()) if all(name for name, _ in found) else tuple(found)


def _text(
    writer: Writer, value: ast.expr, site: Site, name: str, function: FunctionFacts | None
) -> str:
    """What is given for a parameter; "" where it is not known, or says no more than None where
    the parameter is none that may be that."""
    text = writer.text(value, site.scope)
    default = function.defaults.get(name) if function is not None else None
    may_be_none = isinstance(default, ast.Constant) and default.value is None
    says_none = isinstance(value, ast.Constant) or may_be_none or function is None
    if (text == "None" and not says_none) or name == "device":
        return ""
    return text


def _choices(function: FunctionFacts | None) -> list[tuple[str, str]]:
    """`base == 'vgg'` in a function with the parameter `base`: the parameter and each string."""
    if function is None:
        return []
    parameters = {parameter.arg for parameter in function.parameters}
    found: dict[tuple[str, str], None] = {}
    for node in function.own_nodes:
        match node:
            case ast.Compare(
                left=ast.Name(id=name),
                ops=[ast.Eq()],
                comparators=[ast.Constant(value=str() | int() as value)],
            ) if name in parameters and not isinstance(value, bool):
                found[name, repr(value)] = None
    return list(found)
