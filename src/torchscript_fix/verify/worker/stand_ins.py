"""Inert stand-ins for packages that the user's code imports and this environment lacks.

While something is imported they take part in whatever is done with them: attributes, base classes,
decorators, calls. After that any use of one raises NeedsPackage and is noted, so that no case ever
passes on what a stand-in gave.
"""

import builtins
import dis
import importlib.util
import os
import sys
from abc import ABCMeta
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import ModuleSpec
from types import CodeType, FrameType, ModuleType
from typing import Any

from .guards import Sources

NEWEST = "9999.0.0"
"""The `__version__` of every stand-in: code that asks takes the way of the newest release."""
MOST_ASKED = 10_000
"""Times that a truth is asked of stand-ins while importing: `while package.busy():` ends."""
MOST_ANSWERS = 20
"""That are told of."""
CO_OPTIMIZED = 0x1

Uses = tuple[tuple[str, str], ...]
"""(package, what of it) of each use that raised."""

_getframe = sys._getframe


class NeedsPackage(AttributeError):
    """A stand-in was used where only the package itself would do.

    An AttributeError, so that `hasattr`, `getattr` with a default, `copy` and `pytest` take it for
    an answer; that it was raised is noted whatever becomes of it.
    """

    def __init__(self, package: str, words: str) -> None:
        super().__init__(f"needs {package}: {words}")
        self.package = package


class _Standing:
    """What is known in this process: who is stood in for, and what was used of them."""

    def __init__(self) -> None:
        self.sources = Sources("")
        self.own: frozenset[str] = frozenset()
        """Top-level names that the repository itself has."""
        self.modules: dict[str, StandInModule] = {}
        self.used: list[tuple[str, str]] = []
        self.boundaries: set[CodeType] = set()
        """Functions within which a case is built and run, whatever is being imported around it."""
        self.asked = 0
        self.answers: dict[str, None] = {}
        """Where a plain answer was given while importing, in words."""


_standing = _Standing()


# ------------------------------------------------------------------------------------ from outside


def install(root: str, files: Iterable[str]) -> None:
    """Stand in, from now on, for packages that code below `root` imports and nobody has."""
    _standing.sources = Sources(root)
    _standing.own = _own_names(root, files)
    sys.meta_path.append(_Finder())
    builtins.__import__ = _import
    importlib.util.find_spec = _find_spec


def is_installed() -> bool:
    """Whether missing packages are stood in for."""
    return any(isinstance(finder, _Finder) for finder in sys.meta_path)


def also_user_code(filename: str, source: str) -> None:
    """Take code that lies in no file, such as that of `python -c`, for the user's."""
    _standing.sources.add(filename, source)


def within(code: CodeType) -> None:
    """Let stand-ins be of no use within this function, though it be called while importing."""
    _standing.boundaries.add(code)


def stood_in_for() -> list[str]:
    """The packages that were stood in for so far."""
    return sorted({name.partition(".")[0] for name in _standing.modules})


def told() -> dict[str, list[str]]:
    """For the host: the packages, and where a stand-in decided something while the code was
    imported, by holding nothing or by being there."""
    return {"stood_in": stood_in_for(), "answers": list(_standing.answers)}


def count_used() -> int:
    """How many uses were noted so far."""
    return len(_standing.used)


def uses(since: int) -> Uses:
    """What was used after the first `since` uses."""
    return tuple(_standing.used[since:])


def note_again(uses: Uses) -> None:
    """These uses are those of the case that now starts."""
    _standing.used += uses


def needs(since: int = 0) -> dict[str, Any] | None:
    """The error to report where stand-ins were used after the first `since` uses."""
    used = _standing.used[since:]
    if not used:
        return None
    package, what = used[0]
    return {
        "type": "NeedsPackage",
        "message": f"needs {package}: {what}",
        "needs": sorted({package for package, _ in used}),
        "place": "",
    }


def note_returned(value: Any) -> None:
    """A model takes or gives a value that is kept: if it is a stand-in, that is a use of it."""
    if isinstance(value, StandIn):
        _noted(_name(value), "is passed on")


def note_mentioned(message: str) -> None:
    """The compiler's words on what it cannot compile: if that is a stand-in, it is a use."""
    if f"{__name__}.{StandIn.__name__}" in message:
        _noted(", ".join(stood_in_for()), "is met by the compiler")


def forget_used() -> None:
    """Begin anew: what was used before is no concern of the case that now starts."""
    _standing.used.clear()


# --------------------------------------------------------------------------------------- importing


class _Finder:
    """Asked when everybody else has said no."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: object = None
    ) -> ModuleSpec | None:
        """A stand-in, where the package is nobody's and the code cannot do without it."""
        parent, _, _ = fullname.rpartition(".")
        if parent:
            wanted = isinstance(sys.modules.get(parent), StandInModule)
        else:
            known = _standing.own | sys.stdlib_module_names
            wanted = fullname not in known and not fullname.startswith("_torchscript_fix")
        if wanted and _standing.sources.needs_import(_getframe(1)):
            return ModuleSpec(fullname, _Loader(), is_package=True)  # type: ignore[arg-type]  # it has what a loader needs
        return None


class _Loader:
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        known = _standing.modules.get(spec.name)
        if known is None:
            known = _standing.modules[spec.name] = StandInModule(spec.name)
        return known

    def exec_module(self, module: ModuleType) -> None:
        pass


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
    top = name.partition(".")[0]
    is_known = level == 0 and top in _standing.modules and top in sys.modules
    if is_known and not _standing.sources.needs_import(_getframe(1)):
        with _hidden(top):
            return _real_import(name, globals, locals, fromlist, level)
    return _real_import(name, globals, locals, fromlist, level)


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


# -------------------------------------------------------------------------------------------- uses


def _is_inert(frame: FrameType | None) -> bool:
    """Whether whoever uses a stand-in is being imported: the innermost import is not around the
    case, but within it."""
    if _is_main(frame):
        return True
    while frame is not None:
        code = frame.f_code
        if code in _standing.boundaries:
            return False
        if code.co_name in ("exec_module", "_load_unlocked"):
            return True
        frame = frame.f_back
    return False


def _is_main(frame: FrameType | None) -> bool:
    """Whether it is a line of the script itself, in no function."""
    return (
        frame is not None
        and frame.f_globals.get("__name__") == "__main__"
        and not frame.f_code.co_flags & CO_OPTIMIZED
        and _standing.sources.is_user(frame)
    )


def _use(stand_in: Any, what: str) -> bool:
    """True while importing. Raises NeedsPackage, and notes it, at any other time."""
    frame = _user()
    if _is_inert(frame):
        return True
    name = _name(stand_in)
    if _is_ours(frame):  # the worker looks around; nobody uses it
        raise AttributeError(f"{name} is stood in for")
    raise _noted(name, what)


def _user() -> FrameType:
    """The frame that uses a stand-in: the innermost outside of this file."""
    frame = _getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _is_ours(frame: FrameType) -> bool:
    return os.path.dirname(frame.f_code.co_filename) == os.path.dirname(__file__)


def _is_probe(name: str) -> bool:
    """Whether a library asks for an attribute that nobody's code here ever writes: it wants to
    know what it was given, as `torch.jit` does with all that a module holds."""
    sources = _standing.sources
    return not sources.is_user(_user()) and not sources.mention(name)


def _noted(name: str, what: str) -> NeedsPackage:
    package = name.partition(".")[0]
    words = f"{name} {what}"
    _standing.used.append((package, words))
    return NeedsPackage(package, words)


def _ask(stand_in: Any, what: str) -> None:
    """A plain value is asked of a stand-in, and decides something: while importing alone, and not
    for ever."""
    frame = _user()
    _standing.asked += 1
    if _is_main(frame) or not _is_inert(frame) or _standing.asked > MOST_ASKED:
        raise _noted(_name(stand_in), what)
    if len(_standing.answers) < MOST_ANSWERS:
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        _standing.answers[f"{place}: {_name(stand_in)} {what}"] = None


def _name(stand_in: Any) -> str:
    return str(object.__getattribute__(stand_in, "_stands_for"))


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


# --------------------------------------------------------------------------------------- stand-ins


class StandIn:
    """Anything of a missing package: a class, a function, a value, or what came of using one."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_stands_for", name)

    def __repr__(self) -> str:
        return f"<stand-in for {_name(self)}>"

    def __getattr__(self, name: str) -> Any:
        if name == "__signature__":
            _use(self, "is called")
        if _is_special(name) or _is_probe(name):
            raise AttributeError(f"{_name(self)} is stood in for and has no {name}")
        _use(self, f"is used ({name})")
        return StandIn(f"{_name(self)}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        _use(self, f"is used ({name})")

    def __delattr__(self, name: str) -> None:
        _use(self, f"is used ({name})")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _use(self, "is called")
        if len(args) == 1 and not kwargs and _standing.sources.decorates(_getframe(1), args[0]):
            return args[0]
        return StandIn(_name(self))

    def __getitem__(self, key: Any) -> Any:
        _use(self, "is indexed")
        return StandIn(_name(self))

    def __setitem__(self, key: Any, value: Any) -> None:
        _use(self, "is written to")

    def __delitem__(self, key: Any) -> None:
        _use(self, "is written to")

    def __iter__(self) -> Iterator[Any]:
        """Of nothing; of as many stand-ins as are unpacked: `a, b = package.pair()`."""
        frame = _getframe(1)
        count = _unpacked(frame)
        if count:
            _use(self, "is unpacked")
        else:
            _ask(self, "is iterated over")
        return iter([StandIn(_name(self)) for _ in range(count)])

    def __contains__(self, item: Any) -> bool:
        _ask(self, "is searched")
        return False

    def __bool__(self) -> bool:
        _ask(self, "decides")
        return True

    def __enter__(self) -> Any:
        _use(self, "is entered")
        return StandIn(_name(self))

    def __exit__(self, *_: Any) -> None:
        pass

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        _use(self, "is subclassed")
        return (_base(_name(self), bases),)

    def __instancecheck__(self, instance: Any) -> bool:
        _use(self, "is a class that is asked for")
        return False

    def __subclasscheck__(self, subclass: Any) -> bool:
        _use(self, "is a class that is asked for")
        return False

    def __eq__(self, other: object) -> bool:
        # Dictionaries, typing and the compiler compare what they hold; the user's code decides.
        if _standing.sources.is_user(_getframe(1)):
            _use(self, "is compared")
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _: Any) -> Any:
        return self

    def __reduce_ex__(self, _: Any) -> Any:
        raise _noted(_name(self), "is pickled")


class StandInModule(StandIn, ModuleType):
    """A missing package, or a module of one."""

    def __init__(self, name: str) -> None:
        ModuleType.__init__(self, name)
        ModuleType.__setattr__(self, "_stands_for", name)
        ModuleType.__setattr__(self, "__path__", [])

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            _use(self, "is asked for its version")
            return NEWEST
        if name == "__all__":
            return _standing.sources.unbound(_getframe(1))
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        # The import system puts modules into each other.
        if _is_special(name) or isinstance(value, StandInModule):
            ModuleType.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


def _unpacked(frame: FrameType) -> int:
    """How many values a frame is about to unpack."""
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at + 1] if at >= 0 and code[at] == dis.opmap["UNPACK_SEQUENCE"] else 0


def _operator(name: str, words: str) -> Any:
    def operate(self: Any, *_: Any) -> Any:
        _use(self, words)
        return StandIn(_name(self))

    operate.__name__ = name
    return operate


def _order(name: str, answer: bool) -> Any:
    def compare(self: Any, _: Any) -> bool:
        _use(self, "is compared")
        return answer

    compare.__name__ = name
    return compare


def _number(name: str) -> Any:
    def refuse(self: Any, *_: Any) -> Any:
        # While importing, too: what the number would have been goes into the model unseen.
        raise _noted(_name(self), "is taken for a number")

    refuse.__name__ = name
    return refuse


_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor")
_SHIFTS = ("lshift", "rshift")
for _each in (*_BINARY, *_SHIFTS):
    for _form in (f"__{_each}__", f"__r{_each}__"):
        setattr(StandIn, _form, _operator(_form, "is calculated with"))
for _form in ("__neg__", "__pos__", "__abs__", "__invert__"):
    setattr(StandIn, _form, _operator(_form, "is calculated with"))
# As the newest release would: above every bound from below, and within a stated range.
for _form, _answer in (("__lt__", False), ("__le__", True), ("__gt__", True), ("__ge__", True)):
    setattr(StandIn, _form, _order(_form, _answer))
for _form in ("__int__", "__float__", "__complex__", "__index__", "__len__"):
    setattr(StandIn, _form, _number(_form))


# ----------------------------------------------------------------------------------------- classes


class _ClassOfMissing(ABCMeta):
    """The class of classes whose base is missing: what they inherit is not there."""

    def __getattribute__(cls, name: str) -> Any:
        if not name.startswith("_"):
            _use_class(cls)
        return super().__getattribute__(name)


def _base(name: str, bases: tuple[Any, ...]) -> type:
    """A class to put in the place of a missing base, beside the other bases."""
    kind = _kind({type(base) for base in bases if isinstance(base, type)})

    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        _use_class(cls)
        return StandIn(name)

    def started(cls: Any, /, **kwargs: Any) -> None:
        cls.__new__ = staticmethod(new)  # before that of another base

    body = {"_stands_for": name, "__slots__": (), "__new__": new}
    made: type = kind(
        name.rpartition(".")[2], (), {**body, "__init_subclass__": classmethod(started)}
    )
    return made


def _kind(others: set[Any]) -> Any:
    """A metaclass that goes with those of the other bases."""
    others = {o for o in others if not any(o is not x and o in x.__mro__ for x in others)}
    if any(issubclass(other, _ClassOfMissing) for other in others):
        kinds = tuple(others)
    else:
        kinds = (_ClassOfMissing, *(others - {type, ABCMeta}))
    return kinds[0] if len(kinds) == 1 else type("ClassOfMissing", kinds, {})


def _use_class(cls: Any) -> None:
    frame = _user()
    if not _is_inert(frame) and not _is_ours(frame):
        missing = type.__getattribute__(cls, "_stands_for")
        own = type.__getattribute__(cls, "__name__")
        raise _noted(missing, f"is the base of {own}")
