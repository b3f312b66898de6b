"""Finding the arguments that a model is built with, where the repository leaves some open.

What the repository says comes from the host, as source; the rest is guessed by name, tried, and
corrected by the error. A parameter that holds settings is first given a Recorder, which notes what
is asked of it, and becomes the `Namespace` or the dictionary that would have done.
"""

import inspect
import linecache
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import torch
from torch.nn.modules.module import register_module_module_registration_hook

from . import phases, stand_ins
from .calling import time_limit
from .diagnose import without_addresses
from .frontier import Attempt, Proposal, Search
from .guesses import PRETRAINED, Known, for_complaint, guesses, means_settings
from .offline import NeedsDownload
from .work import PATIENCE, REGISTRATION, Account, TooMuchWork

TRIES = 60
ONE_TRY = 15.0
"""Seconds of work of one build."""
RECORDED = "settings"
MOST_ALTERNATIVES = 10


@dataclass(frozen=True)
class Given:
    """An argument that the repository shows; without a name it goes by position."""

    name: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Blueprint:
    """What to build: a callable of the module and the arguments that are known."""

    callee: str
    given: tuple[Given, ...] = ()
    item: str = ""
    """What is taken of the result: `[0]` of a tuple."""
    alike: bool = False
    """Whether widths that are guessed are to be the same."""
    method: str = ""
    """The method that is called in place of forward."""


@dataclass(frozen=True)
class Plan:
    """One guess of all arguments. `settings` are (parameter, name, source) that a Recorder is to
    answer with."""

    arguments: tuple[tuple[str, str], ...]
    settings: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Built:
    """A module, and how to write what built it; or why none could be built."""

    module: Any = None
    write: Callable[[], str] | None = None
    guessed: tuple[str, ...] = ()
    why_not: str = ""
    recorded: bool = False


class Builder:
    """Builds one blueprint among the names of its module."""

    def __init__(
        self, blueprint: Blueprint, names: Mapping[str, Any], known: Known, seed: Callable[[], None]
    ) -> None:
        self._blueprint, self._names, self._known, self._seed = blueprint, names, known, seed
        self._parameters: list[inspect.Parameter] = []
        self._recorders: dict[str, Recorder] = {}
        self._module: Any = None
        self._account = Account(0.0)

    def build(self, account: Account) -> Built:
        """The first module that the search comes to before the account is spent.

        Raises Hung where a constructor does not come to an end.
        """
        self._account = account
        try:
            callee = evaluated(self._blueprint.callee, self._names)
            self._parameters = list(inspect.signature(callee).parameters.values())
        except Exception as error:
            if not isinstance(error, ValueError):
                return Built(why_not=without_addresses(f"{type(error).__name__}: {error}")[:500])
        search: Search[Plan] = Search(self._attempt, TRIES, lambda: account.is_spent)
        plan = search.run(self._first())
        if plan is None:
            return Built(why_not=search.furthest[1])
        recorders = self._recorders
        shown = {given.name for given in self._blueprint.given}
        return Built(
            self._module,
            lambda: self._written(plan, {name: r.source() for name, r in recorders.items()}),
            tuple(name for name, _ in plan.arguments if name and name not in shown),
            recorded=bool(recorders),
        )

    # ------------------------------------------------------------------------------- first plans

    def _first(self) -> Iterator[Proposal[Plan]]:
        given = self._blueprint.given
        arguments = [(each.name, self._safe(each.name, each.texts[0])) for each in given]
        positional = sum(not each.name for each in given)
        named = {each.name for each in given}
        for index, parameter in enumerate(self._parameters):
            name = parameter.name
            if index < positional or name in named or parameter.kind in _STARRED:
                continue
            if parameter.default is parameter.empty:
                first = RECORDED if means_settings(name) else self._guesses(name)[0]
                arguments.append((name, first))
            elif PRETRAINED.fullmatch(name) and parameter.default not in (False, None, 0, ""):
                arguments.append((name, self._guesses(name)[0]))
        yield Proposal(Plan(tuple(arguments)), 0.0)

    @staticmethod
    def _safe(name: str, text: str) -> str:
        """An argument as the repository shows it, without what would download something, in a
        dictionary or a call within it either."""
        if PRETRAINED.fullmatch(name) and text == "True":
            return "False"
        return _SWITCH.sub(_switched_off, text)

    def _guesses(self, name: str) -> tuple[str, ...]:
        annotation = ""
        for parameter in self._parameters:
            if parameter.name == name and parameter.annotation is not parameter.empty:
                annotation = inspect.formatannotation(parameter.annotation).strip("'\"")
        found = guesses(name, annotation, self._known, self._blueprint.alike)
        return (*found[:1], *self._classes(name), *found[1:])

    def _classes(self, name: str) -> list[str]:
        """Classes of the module that a parameter called `block` may want."""
        word = _PART.search(name)
        if word is None:
            return []
        return [
            known
            for known, value in self._names.items()
            if isinstance(value, type)
            and issubclass(value, torch.nn.Module)
            and (word[0].lower() in known.lower() or _BLOCK.search(known))
        ][:4]

    # ------------------------------------------------------------------------------ one attempt

    def _attempt(self, plan: Plan) -> Attempt[Plan]:
        self._recorders = {
            name: Recorder(
                name, self._known, {key: text for p, key, text in plan.settings if p == name}
            )
            for name, text in plan.arguments
            if text == RECORDED
        }
        registered = 0
        used = stand_ins.count_used()

        def count(*_: Any) -> None:
            nonlocal registered
            registered += 1
            meter.take(REGISTRATION)

        hook = register_module_module_registration_hook(count)
        try:
            self._seed()
            with time_limit(ONE_TRY * PATIENCE), self._account.one_try(ONE_TRY) as meter:
                answering = {f"_{name}": recorder for name, recorder in self._recorders.items()}
                text = self._written(plan, {name: f"_{name}" for name in self._recorders})
                module = evaluated(text, {**self._names, **answering})
            needs = stand_ins.needs(used)
            if needs is not None:
                return Attempt(False, registered, needs["message"])
            if not isinstance(module, torch.nn.Module):
                found = type(module).__name__
                return Attempt(False, 0, f"it builds a {found}, not an nn.Module")
            self._module = module
            return Attempt(True, registered)
        except TooMuchWork:
            return Attempt(False, registered, f"building is more than {ONE_TRY:.0f} s of work")
        except Exception as error:
            words = without_addresses(f"{type(error).__name__}: {error}")[:1000]
            return Attempt(False, registered, words, self._proposals(plan, error, words))
        finally:
            hook.remove()

    def _written(self, plan: Plan, recorded: Mapping[str, str]) -> str:
        arguments = []
        for name, planned in plan.arguments:
            text = recorded.get(name, planned) if planned == RECORDED else planned
            arguments.append(f"{name}={text}" if name else text)
        blueprint = self._blueprint
        built = f"{blueprint.callee}({', '.join(arguments)}){blueprint.item}"
        return with_method(built, blueprint.method) if blueprint.method else built

    # ------------------------------------------------------------------------------ corrections

    def _proposals(self, plan: Plan, error: Exception, words: str) -> tuple[Proposal[Plan], ...]:
        if isinstance(error, (NeedsDownload, stand_ins.NeedsPackage)):
            return ()
        suspects = _names_in_failing_lines(error.__traceback__)
        found = [
            *self._other_arguments(plan, words, suspects),
            *self._other_settings(plan, words, suspects),
            *self._more_arguments(plan, words, suspects),
        ]
        return tuple(sorted(found, key=lambda proposal: proposal.cost))

    def _other_arguments(
        self, plan: Plan, words: str, suspects: Sequence[str]
    ) -> Iterator[Proposal[Plan]]:
        shown = {given.name: given.texts for given in self._blueprint.given}
        for index, (name, text) in enumerate(plan.arguments):
            alternatives: tuple[str, ...] = shown.get(name, ())
            if name and (name not in shown or name in suspects):
                wrong_kind = for_complaint(words)
                alternatives = (*alternatives, *wrong_kind, *self._guesses(name))
                if "has no attribute" in words and text != RECORDED:
                    alternatives = (RECORDED, *alternatives)
            base = 2.0 if name in shown else 0.0
            base += _suspicion(name, suspects)
            others = [a for a in dict.fromkeys(alternatives) if a != text]
            for order, other in enumerate(others[:MOST_ALTERNATIVES]):
                changed = list(plan.arguments)
                changed[index] = (name, other)
                yield Proposal(replace(plan, arguments=tuple(changed)), base + 0.3 * order)

    def _other_settings(
        self, plan: Plan, words: str, suspects: Sequence[str]
    ) -> Iterator[Proposal[Plan]]:
        for parameter, recorder in self._recorders.items():
            for name, text in recorder.answered.items():
                base = 0.5 + _suspicion(name.rpartition(".")[2], suspects)
                last = name.rpartition(".")[2]
                sections: tuple[str, ...] = tuple(self._known.sections.get(last, ()))
                if text in sections:
                    sections = (*sections[sections.index(text) + 1 :], RECORDED)
                elif _NO_SECTION.search(words):
                    sections = (*sections, RECORDED)
                else:
                    sections = ()
                others = (*sections, *for_complaint(words), *guesses(last, "", self._known))
                others = tuple(o for o in dict.fromkeys(others) if o != text)
                for order, other in enumerate(others[:MOST_ALTERNATIVES]):
                    kept = tuple(s for s in plan.settings if s[:2] != (parameter, name))
                    settings = (*kept, (parameter, name, other))
                    yield Proposal(replace(plan, settings=settings), base + 0.3 * order)

    def _more_arguments(
        self, plan: Plan, words: str, suspects: Sequence[str]
    ) -> Iterator[Proposal[Plan]]:
        """Parameters with a default that does not do."""
        named = {name for name, _ in plan.arguments}
        positional = sum(not name for name, _ in plan.arguments)
        missing = _MISSING.search(words)
        if missing is not None and any(p.kind is p.VAR_KEYWORD for p in self._parameters):
            name = missing["name"]
            for order, text in enumerate(self._guesses(name)[:MOST_ALTERNATIVES]):
                arguments = (*plan.arguments, (name, text))
                yield Proposal(replace(plan, arguments=arguments), 0.2 + 0.3 * order)
        for index, parameter in enumerate(self._parameters):
            name = parameter.name
            if index < positional or name in named or parameter.kind in _STARRED:
                continue
            if parameter.default is None or name in suspects:
                base = 1.0 if parameter.default is None and "None" in words else 2.0
                base += _suspicion(name, suspects)
                texts = (*for_complaint(words), *self._guesses(name))
                for order, text in enumerate(texts[:MOST_ALTERNATIVES]):
                    arguments = (*plan.arguments, (name, text))
                    yield Proposal(replace(plan, arguments=arguments), base + 0.3 * order)


_SWITCH = re.compile(r"(?P<quote>['\"]?)\b(?P<name>\w+)(?P=quote)(?P<is>=|: )True\b")
"""`pretrained=True` and `'pretrained': True`."""
_MISSING = re.compile(r"missing \d+ required [\w-]+ arguments?: '(?P<name>\w+)'")
_NO_SECTION = re.compile(r"'(str|int|float|bool|NoneType|list|tuple)' object has no attribute")
_PART = re.compile(r"(?i)block|bottleneck|layer|unit|cell|attn|attention|ff|feed_forward")
_BLOCK = re.compile(r"(?i)block|bottleneck")
_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _switched_off(match: re.Match[str]) -> str:
    """What is switched on, off where it would download something."""
    if PRETRAINED.fullmatch(match["name"]) is None:
        return match[0]
    return match[0].removesuffix("True") + "False"


def _suspicion(name: str, suspects: Sequence[str]) -> float:
    """What it costs to change a name: little where the failing line has it."""
    return 0.3 + 0.2 * suspects.index(name) if name in suspects else 1.5


def evaluated(text: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression among a module's names."""
    return eval(compile(text, "<case>", "eval"), {"torch": torch, **names})


phases.building(evaluated.__code__)


def with_method(built: str, method: str) -> str:
    """What builds a model whose method is called in place of its forward."""
    return f"[_model := {built}, setattr(_model, 'forward', _model.{method}), _model][-1]"


def _names_in_failing_lines(traceback: TracebackType | None) -> list[str]:
    """Names in the lines that an error went through, those of the innermost first."""
    lines = []
    while traceback is not None:
        frame = traceback.tb_frame
        lines.append(linecache.getline(frame.f_code.co_filename, traceback.tb_lineno))
        traceback = traceback.tb_next
    names = (name for line in lines[::-1] for name in re.findall(r"[^\W\d]\w*", line))
    return list(dict.fromkeys(names))[:20]


class Recorder:
    """Settings that answer whatever they are asked, and note it.

    A name is answered with what the repository's settings say, else with a guess by name. Items
    and attributes are the same, and a name that stands for a section is a Recorder again.
    """

    def __init__(self, path: str, known: Known, wanted: Mapping[str, str]) -> None:
        self.__dict__.update(
            _path=path, _known=known, _wanted=wanted, answered={}, _values={}, _ways=set()
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._ways.add("attribute")
        return self._answer(name)

    def __getitem__(self, name: Any) -> Any:
        if not isinstance(name, str):
            raise KeyError(name)
        self._ways.add("item")
        return self._answer(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._values[name] = value

    __setitem__ = __setattr__

    def __contains__(self, name: object) -> bool:
        return name in self.answered or name in self._known.settings

    def __iter__(self) -> Iterator[str]:
        return iter(self.answered)

    def __deepcopy__(self, memo: Any) -> "Recorder":
        return self

    def get(self, name: str, default: Any = None) -> Any:
        """A setting that need not be there: only what the repository says."""
        if name in self.answered or name in self._known.settings:
            return self[name]
        return default

    def _answer(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        text = self._wanted.get(name) or self._section(name) or guesses(name, "", self._known)[0]
        if text == RECORDED or self._is_section(name):
            value: Any = Recorder(name, self._known, {})
        else:
            value = evaluated(text, {})
        self.answered[name] = text
        self._values[name] = value
        return value

    def _section(self, name: str) -> str:
        """What a configuration file holds under a name, unless that is known to be a value."""
        may_be_one = name.isupper() or not self._known.of(name)
        return self._known.sections[name][0] if may_be_one and name in self._known.sections else ""

    def _is_section(self, name: str) -> bool:
        return (
            name not in self._wanted
            and not self._known.of(name)
            and name not in self._known.sections
            and (means_settings(name) or name.isupper())
        )

    def source(self) -> str:
        """An expression for settings with what was asked for, in the way it was asked for."""
        pairs = []
        for name, text in self.answered.items():
            value = self._values.get(name)
            pairs.append((name, value.source() if isinstance(value, Recorder) else text))
        if "item" not in self._ways:
            return _called("__import__('argparse').Namespace", pairs)
        if "attribute" not in self._ways:
            return "{" + ", ".join(f"{name!r}: {text}" for name, text in pairs) + "}"
        both = "type('Settings', (dict,), {'__getattr__': dict.__getitem__})"
        return _called(both, pairs)


def _called(what: str, pairs: Sequence[tuple[str, str]]) -> str:
    return f"{what}({', '.join(f'{name}={text}' for name, text in pairs)})"
