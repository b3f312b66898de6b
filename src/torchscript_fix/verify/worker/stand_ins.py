"""Inert stand-ins for packages that the user's code imports and this environment lacks, and for
names that an installed package no longer has.

While something is imported they take part in whatever is done with them: attributes, base classes,
decorators, calls. While a model is built they may be made, called for nothing and held
(`holding.py`). Any other use of one raises NeedsPackage and is noted, so that no case ever passes
on what a stand-in gave.
"""

import dis
import os
import sys
from abc import ABCMeta
from collections.abc import Iterator
from contextlib import suppress
from types import FrameType, ModuleType
from typing import Any

from . import gone_names
from .guards import Sources
from .holding import Holding, holds_model
from .phases import Phase, phase_of
from .versions import version_for

MOST_ASKED = 10_000
"""Times that a truth is asked of stand-ins while importing: `while package.busy():` ends."""
MOST_ANSWERS = 20
"""That are told of."""
CO_OPTIMIZED = 0x1
WEIGHTS = "weights that are not there"
"""What `weights.py` stands in for."""

Uses = tuple[tuple[str, str], ...]
"""(package, what of it) of each use that raised."""

_getframe = sys._getframe


class NeedsPackage(AttributeError):
    """A stand-in was used where only the package itself would do.

    An AttributeError, so that `hasattr`, `getattr` with a default, `copy` and `pytest` take it for
    an answer; that it was raised is noted whatever becomes of it.
    """

    def __init__(self, package: str, words: str) -> None:
        super().__init__(f"needs {words}" if not package else f"needs {package}: {words}")
        self.package = package
        """"" where it is installed, and what is missing is in it."""


class Standing:
    """What is known in this process: who is stood in for, and what was used of them."""

    def __init__(self) -> None:
        self.sources = Sources("")
        self.root = os.sep
        self.own: frozenset[str] = frozenset()
        """Top-level names that the repository itself has."""
        self.distributions: dict[str, str] = {}
        """What packages are installed as, where it is another name."""
        self.modules: dict[str, StandInModule] = {}
        self.names: dict[str, Any] = {}
        """What was given for names that an installed module does not have."""
        self.missing: dict[str, str] = {}
        """Such names, and modules, that are stood in for, with what there is to say of each."""
        self.generated: set[str] = set()
        """Modules among these that the repository's build writes."""
        self.successors: dict[str, str] = {}
        """The same of those whose successor was given."""
        self.weights: dict[str, str] = {}
        """Places where weights that are not there were passed over, with what they are."""
        self.heard: set[ModuleType] = set()
        """Installed modules that ask here for what they do not have."""
        self.used: list[tuple[str, str]] = []
        self.asked = 0
        self.answers: dict[str, None] = {}
        """Where a plain answer was given while importing, in words."""
        self.idle: dict[str, str] = {}
        """Places where nothing was done while a model was built, with whose part it was."""


standing = Standing()


# ------------------------------------------------------------------------------------ from outside


def also_user_code(filename: str, source: str) -> None:
    """Take code that lies in no file, such as that of `python -c`, for the user's."""
    standing.sources.add(filename, source)


def stood_in_for() -> list[str]:
    """The packages that were stood in for so far, and the names of installed ones, dotted."""
    packages = {name.partition(".")[0] for name in standing.modules if not _lost(name)}
    names = {f"{n}.py" if n in standing.generated and "." not in n else n for n in standing.missing}
    return sorted(packages | names)


def told() -> dict[str, Any]:
    """For the host: what is stood in for, what there is to say of names, and where a stand-in
    decided something while the code was imported, by holding nothing or by being there."""
    return {
        "stood_in": stood_in_for(),
        "lost_names": [*standing.missing.items(), *standing.successors.items()],
        "answers": list(standing.answers),
        "weights": [f"{place}: {what}" for place, what in standing.weights.items()],
        "idle": [f"{place}: {name}" for place, name in standing.idle.items()],
    }


def _lost(name: str) -> str:
    """Which name that an installed package no longer has this is, or is a part of; "" if none."""
    while name and name not in standing.missing:
        name = name.rpartition(".")[0]
    return name


def count_used() -> int:
    """How many uses were noted so far."""
    return len(standing.used)


def uses(since: int) -> Uses:
    """What was used after the first `since` uses."""
    return tuple(standing.used[since:])


def note_again(uses: Uses) -> None:
    """These uses are those of the case that now starts."""
    standing.used += uses


def needs(since: int = 0) -> dict[str, Any] | None:
    """The error to report where stand-ins were used after the first `since` uses."""
    used = standing.used[since:]
    if not used:
        return None
    package, what = used[0]
    return {
        "type": "NeedsPackage",
        "message": str(NeedsPackage(package, what)),
        "needs": sorted({package for package, _ in used} - {""}),
        "place": "",
    }


def note_returned(value: Any) -> None:
    """A model takes or gives a value that is kept: if it is a stand-in, that is a use of it."""
    if isinstance(value, StandIn):
        noted(_name(value), "is passed on")


def note_mentioned(message: str) -> None:
    """The compiler's words on what it cannot compile: if that is a stand-in, it is a use."""
    if f"{__name__}.{StandIn.__name__}" in message:
        for name in stood_in_for():
            noted(name, "is met by the compiler")


def forget_used() -> None:
    """Begin anew: what was used before is no concern of the case that now starts."""
    standing.used.clear()


# -------------------------------------------------------------------------------------------- uses


def _is_inert(frame: FrameType) -> bool:
    """Whether whoever uses a stand-in is being imported, or is a line of the script itself."""
    return is_main(frame) or phase_of(frame) is Phase.IMPORTING


def is_main(frame: FrameType | None) -> bool:
    """Whether it is a line of the script itself, in no function."""
    return (
        frame is not None
        and frame.f_globals.get("__name__") == "__main__"
        and not frame.f_code.co_flags & CO_OPTIMIZED
        and standing.sources.is_user(frame)
    )


def use(stand_in: Any, what: str) -> None:
    """Something is done with a stand-in from which another comes, or nothing. Raises NeedsPackage,
    and notes it, unless something is imported, or the line that a model is built by holds it."""
    frame = _asker()
    phase = phase_of(frame)
    if is_main(frame) or type(stand_in).is_free_in(phase):
        return
    name = _name(stand_in)
    if _is_ours(frame):  # the worker looks around; nobody uses it
        raise AttributeError(f"{name} is stood in for")
    if phase is not Phase.BUILDING or not Holding(standing.sources, stands_in).only_holds(frame):
        raise noted(name, what)
    if len(standing.idle) < MOST_ANSWERS:
        standing.idle[f"{frame.f_code.co_filename}:{frame.f_lineno}"] = name


def _decide(stand_in: Any, what: str) -> None:
    """Something is asked of a stand-in that has a plain answer: while importing alone. Raises
    NeedsPackage, and notes it, at any other time."""
    frame = _asker()
    if not _is_inert(frame):
        if _is_ours(frame):
            raise AttributeError(f"{_name(stand_in)} is stood in for")
        raise noted(_name(stand_in), what)


def stands_in(value: Any) -> bool:
    """Whether a value is a stand-in; it is not asked."""
    return issubclass(type(value), StandIn)


def _user() -> FrameType:
    """The frame that uses a stand-in: the innermost outside of this file."""
    frame = _getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _asker() -> FrameType:
    """The same, outside of what Python imports with as well."""
    frame = _user()
    while frame.f_code.co_filename.startswith("<frozen importlib") and frame.f_back is not None:
        frame = frame.f_back
    return frame


def _is_ours(frame: FrameType) -> bool:
    return os.path.dirname(frame.f_code.co_filename) == os.path.dirname(__file__)


def _is_probe(name: str) -> bool:
    """Whether a library asks for an attribute that nobody's code here ever writes: it wants to
    know what it was given, as `torch.jit` does with all that a module holds."""
    return not standing.sources.is_needing(_asker()) and not standing.sources.mention(name)


def noted(name: str, what: str) -> NeedsPackage:
    """The error for a use that nothing may come of, which is noted with it."""
    lost = _lost(name)
    package = "" if lost or name == WEIGHTS else name.partition(".")[0]
    if lost:
        words = f"{lost}: {standing.missing[lost]}; it {what}"
    else:
        words = f"{name}: one of them {what}" if name == WEIGHTS else f"{name} {what}"
    standing.used.append((package, words))
    return NeedsPackage(package, words)


def _ask(stand_in: Any, what: str) -> None:
    """A plain value is asked of a stand-in, and decides something: while importing alone, and not
    for ever."""
    frame = _user()
    standing.asked += 1
    if is_main(frame) or not _is_inert(frame) or standing.asked > MOST_ASKED:
        raise noted(_name(stand_in), what)
    if len(standing.answers) < MOST_ANSWERS:
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
        standing.answers[f"{place}: {_name(stand_in)} {what}"] = None


def _name(stand_in: Any) -> str:
    return str(object.__getattribute__(stand_in, "_stands_for"))


def is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


# --------------------------------------------------------------------------------------- stand-ins


class StandIn:
    """Anything of a missing package: a class, a function, a value, or what came of using one."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_stands_for", name)

    @property  # type: ignore[misc]  # that of `object` can be set
    def __class__(self) -> Any:  # `isinstance` asks for it
        frame = _getframe(1)
        if standing.sources.is_user(frame) and not _is_inert(frame):
            noted(_name(self), "is asked for its class")
        return type(self)

    @classmethod
    def is_free_in(cls, phase: Phase) -> bool:
        """Whether anything can be done with it then that gives no plain answer."""
        return phase is Phase.IMPORTING

    def made_of(self, name: str) -> "StandIn":
        """What comes of using it."""
        return StandIn(name)

    def __repr__(self) -> str:
        return f"<stand-in for {_name(self)}>"

    def __getattr__(self, name: str) -> Any:
        if name == "__signature__":
            _decide(self, "is called")
        gone = gone_names.found(f"{_name(self)}.{name}")
        if gone is not None and gone.same:
            with suppress(ImportError, AttributeError):
                return gone_names.thing(gone.successor)
        if is_special(name) or _is_probe(name):
            raise AttributeError(f"{_name(self)} is stood in for and has no {name}")
        use(self, f"is used ({name})")
        return self.made_of(f"{_name(self)}.{name}")

    def __setattr__(self, name: str, value: Any) -> None:
        use(self, f"is used ({name})")

    def __delattr__(self, name: str) -> None:
        use(self, f"is used ({name})")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        use(self, "is called")
        if not _is_inert(_asker()) and holds_model(*args, *kwargs.values()):
            raise noted(_name(self), "is given a part of the model")
        if len(args) == 1 and not kwargs and standing.sources.decorates(_getframe(1), args[0]):
            return args[0]
        return self.made_of(_name(self))

    def __getitem__(self, key: Any) -> Any:
        use(self, "is indexed")
        return self.made_of(_name(self))

    def __setitem__(self, key: Any, value: Any) -> None:
        use(self, "is written to")

    def __delitem__(self, key: Any) -> None:
        use(self, "is written to")

    def __iter__(self) -> Iterator[Any]:
        """Of nothing; of as many stand-ins as are unpacked: `a, b = package.pair()`."""
        frame = _getframe(1)
        count = _unpacked(frame)
        if count:
            use(self, "is unpacked")
        else:
            _ask(self, "is iterated over")
        return iter([self.made_of(_name(self)) for _ in range(count)])

    def __contains__(self, item: Any) -> bool:
        _ask(self, "is searched")
        return False

    def __bool__(self) -> bool:
        _ask(self, "decides")
        return True

    def __enter__(self) -> Any:
        use(self, "is entered")
        return self.made_of(_name(self))

    def __exit__(self, *_: Any) -> None:
        pass

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        use(self, "is subclassed")
        return (_base(_name(self), bases),)

    def __instancecheck__(self, instance: Any) -> bool:
        _decide(self, "is a class that is asked for")
        return False

    def __subclasscheck__(self, subclass: Any) -> bool:
        _decide(self, "is a class that is asked for")
        return False

    def __eq__(self, other: object) -> bool:
        # Dictionaries, typing and the compiler compare what they hold; the user's code decides.
        if standing.sources.is_user(_getframe(1)):
            _decide(self, "is compared")
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, _: Any) -> Any:
        return self

    def __reduce_ex__(self, _: Any) -> Any:
        raise noted(_name(self), "is pickled")


class StandInModule(StandIn, ModuleType):
    """A missing package, or a module of one."""

    def __init__(self, name: str) -> None:
        ModuleType.__init__(self, name)
        ModuleType.__setattr__(self, "_stands_for", name)
        ModuleType.__setattr__(self, "__path__", [])

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            _decide(self, "is asked for its version")
            top = _name(self).partition(".")[0]
            tree = standing.sources.tree(_asker())
            return version_for(top, standing.distributions.get(top, top), tree)
        if name == "__all__":
            return standing.sources.unbound(_getframe(1))
        return super().__getattr__(name)

    def __setattr__(self, name: str, value: Any) -> None:
        # The import system puts modules into each other.
        if is_special(name) or isinstance(value, StandInModule):
            ModuleType.__setattr__(self, name, value)
        else:
            super().__setattr__(name, value)


def _unpacked(frame: FrameType) -> int:
    """How many values a frame is about to unpack."""
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at + 1] if at >= 0 and code[at] == dis.opmap["UNPACK_SEQUENCE"] else 0


def _operator(name: str, words: str) -> Any:
    def operate(self: Any, *_: Any) -> Any:
        use(self, words)
        return self.made_of(_name(self))

    operate.__name__ = name
    return operate


def _order(name: str, answer: bool) -> Any:
    def compare(self: Any, _: Any) -> bool:
        _decide(self, "is compared")
        return answer

    compare.__name__ = name
    return compare


def _number(name: str) -> Any:
    def refuse(self: Any, *_: Any) -> Any:
        # While importing, too: what the number would have been goes into the model unseen.
        raise noted(_name(self), "is taken for a number")

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
        raise noted(missing, f"is the base of {own}")
