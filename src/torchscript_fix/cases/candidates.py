"""Candidates for cases: what in a project may build a model, likeliest first, and with what.

A whole network comes before its blocks: what entry scripts and the README build, then builder
functions and classes that no other Module's constructor uses, then the rest. Nothing is run here;
what is left open is for the worker to guess (`verify/worker/explore.py`).
"""

import ast
import contextlib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from torchscript_fix.cases.call_text import LONGEST, Known, Scope, Writer
from torchscript_fix.cases.config_files import ConfigFiles
from torchscript_fix.cases.entry import is_entry, is_test
from torchscript_fix.cases.names import Names
from torchscript_fix.cases.networks import LOSS, NO_NETWORKS, Networks
from torchscript_fix.cases.settings import Settings
from torchscript_fix.cases.shown_inputs import MOST_SHOWN, shown_inputs
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, Project

MOST_SITES = 3
"""Call sites of one class or function that make a candidate of their own."""
MOST_CHOICES = 4
MOST_NESTED = 8
FEW_CALLEES = 12
"""Of so few that one call chooses from, each counts as called, not the one alone that is chosen."""
MOST_METHODS = 2
"""Methods of one class that are called in place of its forward."""
WHOLE = 1.0
"""Candidates of this rank or a higher one are taken for whole networks."""
INSIDE = 0.0
"""The rank of what another Module is made of."""

_README = 6.0
_BUILDER = re.compile(r"(?i)_?(build|create|get|make|load|init|define)_?.*|.*(net|model).*")

_FETCHES = re.compile(r"(?i)pre_?trained|checkpoint|download|from_(file|url|hub)")
"""Builders that want what is not there."""
_REGISTERS = re.compile(r"(?i)regist|cache|model|backbone|arch|export|api|no_grad")
"""Decorators of a builder that leave it a function to be called."""


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


@dataclass(frozen=True)
class Site:
    """A call of a class or builder, and how much it speaks for a whole network."""

    call: ast.Call
    scope: Scope
    weight: float
    where: str
    assumes: tuple[str, str] = ("", "")
    """The expression that what is called is chosen by, and what it is for this to be called."""


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
    sites = _sites(known, documents)
    for dotted, several in sites.items():
        ordered = sorted(several, key=lambda site: -site.weight)
        callers[dotted] = [(site.call, site.scope) for site in ordered]
    _choose(known, sites)
    for cls, site in _configured(known):
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


# ---------------------------------------------------------------------------------- call sites


def _sites(known: Known, documents: Iterable[FileFacts]) -> dict[str, list[Site]]:
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
            elif function is not None and not is_script and _builds(function):
                # Of what one builder builds, it is the builder that is to be called.
                weight = 2.5 if dotted in project.functions else 1.0
            where = f"{file.path.name} line {node.lineno}"
            found[dotted].append(Site(node, Scope(file, function), weight, where))
    for block in documents:
        for node in block.nodes:
            if isinstance(node, ast.Call):
                site = Site(node, Scope(block, None), _README, block.path.name)
                found[names.dotted(node.func, block)].append(site)
    return found


def _choose(known: Known, sites: dict[str, list[Site]]) -> None:
    """Count the calls of what is chosen by a name, as `models.__dict__[args.arch]` is: for what the
    name is by default as any call, for the others as a call of which nothing more is known."""
    names = known.names
    for site in [site for several in list(sites.values()) for site in several]:
        call, file, function = site.call, site.scope.file, site.scope.function
        if names.is_named(call.func, file):
            continue
        callees = names.callees(call.func, file, function)
        keys = {key for _, key in callees}
        key_expression = names.key(call.func, file, function)
        by = ast.unparse(key_expression)
        chosen = Writer(known, file).literal(key_expression, site.scope)
        chosen = chosen if chosen in keys else ""
        for dotted, key in callees:
            few = len(callees) <= FEW_CALLEES
            if names.is_known(dotted) and (key == chosen or few or not chosen):
                weight = site.weight if key == chosen else min(site.weight, 2.0)
                assumes = (by, key) if key else ("", "")
                sites[dotted].append(replace(site, weight=weight, assumes=assumes))


def _configured(known: Known) -> Iterator[tuple[ClassFacts, Site]]:
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


# ----------------------------------------------------------------------------------- candidates


def _in_file(file: FileFacts, shown: _Shown) -> Iterator[Candidate]:
    for qualname, cls in file.classes.items():
        if is_model(cls):
            known = shown.sites.get(cls.dotted, [])
            rank = _rank(cls.qualname, known)
            if (file.path, qualname) not in shown.networks.whole:
                rank = min(rank, INSIDE)
            constructor = cls.method("__init__")
            base = Candidate(
                file.module,
                qualname,
                rank=rank,
                builds=f"{file.module}:{qualname}",
                needs_nothing=_needs_no_argument(cls),
            )
            yield from _with_arguments(file, shown, base, constructor, known)
        for method_name in methods_in_place_of_forward(cls, shown.called):
            known = shown.sites.get(cls.dotted, [])
            is_whole = (file.path, qualname) in shown.networks.whole
            base = Candidate(
                file.module,
                qualname,
                rank=_rank(cls.qualname, known) if is_whole else INSIDE,
                builds=f"{file.module}:{qualname}",
                method=method_name,
            )
            yield from _with_arguments(file, shown, base, cls.method("__init__"), known)
        for name, method in cls.methods.items():
            builds = f"{cls.dotted}.{name}" in shown.networks.builders or _builds(method)
            if method.decorators & {"classmethod", "staticmethod"} and builds:
                known = shown.sites.get(f"{cls.dotted}.{name}", [])
                base = Candidate(
                    file.module,
                    f"{qualname}.{name}",
                    rank=_rank_of_builder(f"{cls.dotted}.{name}", qualname, 1.0, shown),
                    needs_nothing=not _required(method),
                )
                yield from _with_arguments(file, shown, base, method, known)
        yield from _of_plain_object(file, shown, cls)
    for qualname, function in file.functions.items():
        dotted = f"{file.module}.{qualname}"
        builds = dotted in shown.networks.builders
        if function.owner is None and "." not in qualname and _is_builder(function, builds):
            more = 1.5 if _BUILDER.fullmatch(qualname) else 0.5
            base = Candidate(
                file.module,
                qualname,
                item=_item(function),
                rank=_rank_of_builder(dotted, qualname, more, shown),
                needs_nothing=not _required(function),
            )
            yield from _with_arguments(file, shown, base, function, shown.sites.get(dotted, []))


def _of_plain_object(file: FileFacts, shown: _Shown, cls: ClassFacts) -> Iterator[Candidate]:
    """`Experiment().get_model()`: what a method gives of an object that is made of nothing."""
    constructor = cls.method("__init__")
    if cls.is_module or (constructor is not None and _required(constructor)):
        return
    methods = {name: owner for owner in reversed(cls.mro) for name in owner.methods}
    for name, owner in methods.items():
        method = owner.methods[name]
        dotted = f"{owner.dotted}.{name}"
        is_plain = not method.decorators and not name.startswith(("__", "test"))
        if is_plain and dotted in shown.networks.builders and not _required(method):
            yield Candidate(
                file.module,
                f"{cls.qualname}().{name}",
                item=_item(method),
                rank=_rank_of_builder(dotted, cls.qualname, 1.0, shown),
            )


def _rank_of_builder(dotted: str, name: str, more: float, shown: _Shown) -> float:
    """Of a function: more than that of what it builds, unless that is a part."""
    rank = _rank(name, shown.sites.get(dotted, [])) + more
    if _FETCHES.search(dotted.rpartition(".")[2]):
        rank -= _README
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


# ---------------------------------------------------------------------------- what builds a model


def is_model(cls: ClassFacts) -> bool:
    """Whether it is a Module that can be called: it has a forward of its own or of a base under
    the path, or is a Sequential."""
    has_forward = cls.method("forward") is not None or any(
        base.startswith("torch.nn.") and base.rpartition(".")[2] not in _WITHOUT_FORWARD
        for base in cls.outside_bases
    )
    is_wrapper = any(base.endswith("DataParallel") for base in cls.outside_bases)
    return cls.is_module and has_forward and not _is_abstract(cls) and not is_wrapper


def methods_in_place_of_forward(cls: ClassFacts, called: Collection[str]) -> list[str]:
    """What a Module without a forward to be called is called by: those of its methods that code
    outside of Modules calls, that take something and give something. A base class of others, and
    one that is never called so, has none."""
    if not cls.is_module or cls.subclasses or is_model(cls):
        return []
    found = [
        name
        for name, method in cls.methods.items()
        if name in called
        and not name.startswith("_")
        and method.parameters
        and not method.decorators & {"staticmethod", "classmethod", "property"}
        and any(value is not None for value in method.returns)
        and name != "forward"
    ]
    return sorted(found, key=lambda name: not _METHOD.fullmatch(name))[:MOST_METHODS]


_METHOD = re.compile(r"act|infer(ence)?|encode|predict|generate|sample|evaluate|step|extract\w*")
"""Names of methods that models are called by."""
_WITHOUT_FORWARD = frozenset({"Module", "ModuleList", "ModuleDict", "ParameterList", "Parameter"})


def _needs_no_argument(cls: ClassFacts) -> bool:
    constructor = cls.method("__init__")
    if constructor is None:
        return cls.outside_bases - {"object"} <= {"torch.nn.Module"}
    return not _required(constructor)


def _required(function: FunctionFacts) -> bool:
    """Whether a parameter must be given."""
    return any(parameter.arg not in function.defaults for parameter in function.parameters)


def _is_abstract(cls: ClassFacts) -> bool:
    if any(base.startswith("abc.") for base in cls.outside_bases):
        return True
    forward = cls.method("forward")
    body = forward.node.body if forward is not None else []
    return bool(body) and isinstance(body[-1], ast.Raise) and len(body) <= 2


def _is_builder(function: FunctionFacts, builds: bool) -> bool:
    if isinstance(function.node, ast.AsyncFunctionDef) or function.name.startswith("test"):
        return False
    if any(_is_given_back(value, function) for value in function.returns):
        return False  # what fuses, freezes or converts a model builds none
    if not all(_REGISTERS.search(decorator) for decorator in function.decorators):
        return False  # a command, a fixture: whatever calls it is not this code
    return builds or _builds(function)


def _is_given_back(value: ast.expr | None, function: FunctionFacts) -> bool:
    """Whether a function returns what it was given, as it was given."""
    if not isinstance(value, ast.Name) or function.assignments.get(value.id):
        return False
    names = {parameter.arg for parameter in function.parameters}
    return value.id in names and value.id not in function.defaults


def _builds(function: FunctionFacts, depth: int = 4) -> bool:
    """Whether its annotation, or a return statement, shows that it gives a Module."""
    annotation = function.node.returns
    if annotation is not None and _is_module_class(_named(annotation, function), function):
        return True
    return any(_gives_a_module(value, function, depth) for value in function.returns)


def _item(function: FunctionFacts, depth: int = 4) -> str:
    """`[0]` where it returns a tuple that begins with a model, or what another function returns
    so."""
    for value in function.returns:
        if isinstance(value, ast.Tuple):
            return "[0]"
        if isinstance(value, ast.Call) and depth:
            dotted = function.file.dotted(value.func)
            callee = function.file.project.functions.get(dotted)
            if callee is not None and _item(callee, depth - 1):
                return "[0]"
    return ""


def _gives_a_module(value: ast.expr | None, function: FunctionFacts, depth: int = 4) -> bool:
    """Whether an expression is a call of a Module's class or of what builds one, or a name bound
    to such a call, or a tuple that begins with it."""
    if depth == 0:
        return False
    match value:
        case ast.Tuple(elts=[first, *_]):
            return _gives_a_module(first, function, depth - 1)
        case ast.IfExp(body=body, orelse=orelse):
            return any(_gives_a_module(v, function, depth - 1) for v in (body, orelse))
        case ast.Call(func=ast.Name(id="cls")):
            return function.owner is not None and function.owner.is_module
        case ast.Call(func=ast.Attribute(value=inner, attr="to" | "cuda" | "eval" | "cpu")):
            return _gives_a_module(inner, function, depth - 1)
        case ast.Call(func=func):
            dotted = function.file.dotted(func)
            callee = function.file.project.functions.get(dotted)
            if callee is not None and callee is not function:
                return _builds(callee, depth - 1)
            return _is_module_class(dotted, function)
        case ast.Name(id=name):
            bound = function.assignments.get(name, [])
            return any(_gives_a_module(v, function, depth - 1) for v in bound)
    return False


def _named(annotation: ast.expr, function: FunctionFacts) -> str:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            annotation = ast.parse(annotation.value, mode="eval").body
        except SyntaxError:
            return ""
    return function.file.dotted(annotation)


def _is_module_class(dotted: str, function: FunctionFacts) -> bool:
    cls = function.file.project.classes.get(dotted)
    if cls is not None:
        return cls.is_module
    last = dotted.rpartition(".")[2]
    return dotted.startswith("torch.nn.") and dotted.count(".") == 2 and last[:1].isupper()
