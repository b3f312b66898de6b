"""Imports of what is not there: the finder of missing packages, and of names that packages lost.

A name that an installed module does not have is seen by the line that needs it alone: nothing is
put into the module, and `hasattr` says what it always said.
"""

import builtins
import dis
import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec
from types import FrameType, ModuleType
from typing import Any

from . import gone_names
from .generated import GeneratedModule
from .guards import Sources
from .phases import Phase, phase_of
from .stand_ins import StandIn, StandInModule, is_main, is_special, standing

_IMPORT_FROM = dis.opmap["IMPORT_FROM"]
_LOADS = frozenset(dis.opmap[name] for name in ("LOAD_ATTR", "LOAD_METHOD") if name in dis.opmap)
_getframe = sys._getframe
_NOTHING: Any = object()


def install(settings: Mapping[str, Any]) -> None:
    """Stand in, from now on, for what the code below the root imports and nobody has: modules that
    its build writes and, where that is wanted, packages and names of packages."""
    root = settings["root"]
    standing.sources = Sources(root)
    standing.own = _own_names(root, settings["files"])
    standing.distributions = dict(settings.get("installed_as", {}))
    standing.root = root.rstrip(os.sep) + os.sep
    if settings.get("generated"):
        sys.meta_path.append(_FinderOfGenerated(settings["generated"]))
    if not settings.get("stub_missing"):
        return
    sys.meta_path.append(_Finder())
    builtins.__import__ = _import
    importlib.util.find_spec = _find_spec


# ------------------------------------------------------------------------------- whole modules


class _Finder:
    """Asked when everybody else has said no."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """A stand-in, where the module is nobody's and the code cannot do without it."""
        if self._is_wanted(fullname) and standing.sources.needs_import(_getframe(1)):
            return ModuleSpec(fullname, _Loader(), is_package=True)  # type: ignore[arg-type]  # it has what a loader needs
        return None

    @staticmethod
    def _is_wanted(fullname: str) -> bool:
        parent, _, _ = fullname.rpartition(".")
        above = sys.modules.get(parent)
        if not parent:
            known = standing.own | sys.stdlib_module_names
            return fullname not in known and not fullname.startswith("_torchscript_fix")
        if isinstance(above, StandInModule):
            return True
        # `from package import name` asks whether the name is a module; it need not be one.
        return _is_installed(above) and not _is_asked_for_a_name(_getframe(2))


class _FinderOfGenerated:
    """Knows the files that the repository's build would write, each with what writes it."""

    def __init__(self, writers: Mapping[str, str]) -> None:
        self._writers = writers

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """A stand-in, where the module would be one of these files."""
        last = fullname.rpartition(".")[2]
        for folder in sys.path if path is None else path:
            file = os.path.join(folder or os.getcwd(), f"{last}.py")
            writer = self._writers.get(file)
            if writer is not None and standing.sources.needs_import(_getframe(1)):
                return ModuleSpec(fullname, _LoaderOfGenerated(writer))  # type: ignore[arg-type]  # as below
        return None


class _LoaderOfGenerated:
    def __init__(self, writer: str) -> None:
        self._writer = writer

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        words = f"{spec.name} is not there until the repository is built ({self._writer} writes it)"
        standing.missing[spec.name] = f"{words}, a stand-in took its place"
        standing.generated.add(spec.name)
        return GeneratedModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _Loader:
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        known = standing.modules.get(spec.name)
        if known is None:
            known = standing.modules[spec.name] = StandInModule(spec.name)
        above = sys.modules.get(spec.name.rpartition(".")[0])
        if above is not None and not isinstance(above, StandInModule):
            standing.missing.setdefault(spec.name, gone_names.words(spec.name, _release(spec.name)))
            _lent.append(spec.name)
        elif spec.name in gone_names.GONE:
            standing.missing.setdefault(spec.name, gone_names.words(spec.name, _python()))
        return known

    def exec_module(self, module: ModuleType) -> None:
        pass


_lent: list[str] = []
"""Stand-ins for modules of installed packages, that are to be seen while they are imported."""


def _take_back(since: int) -> None:
    """Let packages be as they were before more than `since` were lent: who looks again goes
    through all of this again."""
    while len(_lent) > since:
        name = _lent.pop()
        parent, _, last = name.rpartition(".")
        for each in [each for each in sys.modules if f"{each}.".startswith(f"{name}.")]:
            if isinstance(sys.modules[each], StandInModule):
                del sys.modules[each]
        above = sys.modules.get(parent)  # not there any more where it was lent itself
        if above is not None and isinstance(vars(above).get(last), StandInModule):
            delattr(above, last)


def _is_installed(module: ModuleType | None) -> bool:
    """Whether it is a module of Python's or of an installed package, and none of the user's."""
    if type(module) is not ModuleType or module.__name__ == "__main__":
        return False
    top = module.__name__.partition(".")[0]
    if top in standing.own or top.startswith("_torchscript_fix"):
        return False
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]
    return not any(isinstance(p, str) and p.startswith(standing.root) for p in places)


def _is_asked_for_a_name(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
        if frame.f_code.co_name == "_handle_fromlist":
            return True
        frame = frame.f_back
    return False


_real_import = builtins.__import__
_real_find_spec = importlib.util.find_spec


def _import(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Any = (),
    level: int = 0,
) -> Any:
    """`__import__`: a package that is stood in for stays missing to who can do without it, also
    where somebody else has imported it before."""
    frame = _getframe(1)
    top = name.partition(".")[0]
    is_known = level == 0 and top in standing.modules and top in sys.modules
    if is_known and not standing.sources.needs_import(frame):
        with _hidden(top):
            return _real_import(name, globals, locals, fromlist, level)
    lent = len(_lent)
    try:
        module = _real_import(name, globals, locals, fromlist, level)
    finally:
        _take_back(lent)
    if level == 0:
        _listen_for_names(name, fromlist or (), module, frame)
    return module


def _find_spec(name: str, package: str | None = None) -> ModuleSpec | None:
    """`importlib.util.find_spec`: who asks whether it is there is told that it is not."""
    with _hidden(name.partition(".")[0]):
        return _real_find_spec(name, package)


@contextmanager
def _hidden(top: str) -> Iterator[None]:
    hidden = {
        name: module
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == top and isinstance(module, StandInModule)
    }
    for name in hidden:
        del sys.modules[name]
    try:
        yield
    finally:
        sys.modules.update(hidden)


def _own_names(root: str, files: Iterable[str]) -> frozenset[str]:
    """Names that the repository's own modules are imported by, from whatever folder of it."""
    names = set()
    for file in files:
        parts = os.path.relpath(file, root).split(os.sep)
        names |= {*parts[:-1], os.path.splitext(parts[-1])[0]}
    with suppress(OSError):
        names |= {entry.partition(".")[0] for entry in os.listdir(root)}
    return frozenset(names)


# ------------------------------------------------------------------------------- single names


def _listen_for_names(name: str, fromlist: Sequence[str], module: Any, frame: FrameType) -> None:
    """Be asked for what these modules do not have: those that the user's code imports, and those
    that a library wants something of which is not there."""
    if standing.sources.is_user(frame):
        parts = name.split(".")
        names = [".".join(parts[: length + 1]) for length in range(len(parts))]
        names += [f"{name}.{each}" for each in fromlist]
        for each in names:
            _listen(sys.modules.get(each))
    elif any(each != "*" and not hasattr(module, each) for each in fromlist):
        _listen(module)


def _listen(module: ModuleType | None) -> None:
    if not _is_installed(module) or module in standing.heard:
        return
    assert module is not None
    standing.heard.add(module)
    own = vars(module).get("__getattr__")

    def __getattr__(name: str) -> Any:  # noqa: N807  # it is one, of a module
        try:
            if own is not None:
                return own(name)
            words = f"module {module.__name__!r} has no attribute {name!r}"
            raise AttributeError(words, name=name, obj=module)
        except AttributeError:
            found = _name_of(module, name, _getframe(1))
            if found is _NOTHING:
                raise
            return found

    setattr(module, "__getattr__", __getattr__)  # noqa: B010  # mypy knows none of a module


def _name_of(module: ModuleType, name: str, frame: FrameType) -> Any:
    """What a line is given for a name that the module does not have; _NOTHING where it is to see
    that."""
    full = f"{module.__name__}.{name}"
    at, code = frame.f_lasti, frame.f_code.co_code
    operation = code[at] if at >= 0 else -1
    # A module that is being imported may yet get the name; Python looks among the modules itself.
    is_unfinished = getattr(vars(module).get("__spec__"), "_initializing", False)
    if is_special(name) or is_unfinished or full in sys.modules:
        return _NOTHING
    if operation == _IMPORT_FROM:
        needs = standing.sources.needs_import(frame)
        return _given(full, True) if needs else _NOTHING
    if operation not in _LOADS or not standing.sources.is_user(frame):
        return _NOTHING
    if full in standing.modules:
        return standing.modules[full]
    if not standing.sources.needs_attribute(frame):
        return _NOTHING
    return _given(full, is_main(frame) or phase_of(frame) is Phase.IMPORTING)


def _given(full: str, may_stand_in: bool) -> Any:
    """The successor of a name, where it is the same; else a stand-in."""
    if full in standing.modules:
        return standing.modules[full]
    if full in standing.names:
        return standing.names[full]
    gone = gone_names.found(full)
    words = gone_names.words(full, _release(full))
    if gone is not None and gone.same:
        with suppress(ImportError, AttributeError):
            successor = gone_names.thing(gone.successor)
            standing.successors[full] = f"{words}, which was taken"
            standing.names[full] = successor
            return successor
    if not may_stand_in:
        return _NOTHING
    standing.missing[full] = words
    if gone_names.is_module(full):
        standing.modules[full] = StandInModule(full)
        return standing.modules[full]
    standing.names[full] = StandIn(full)
    return standing.names[full]


def _release(full: str) -> str:
    """`scipy 1.17.1`: what is installed of the package that a name is of."""
    top = full.partition(".")[0]
    if top in sys.stdlib_module_names:
        return _python()
    version = vars(sys.modules[top]).get("__version__") if top in sys.modules else None
    if not isinstance(version, str):
        with suppress(importlib.metadata.PackageNotFoundError):
            version = importlib.metadata.version(top)
    return f"{top} {version}" if isinstance(version, str) else top


def _python() -> str:
    return f"Python {platform.python_version()}"
