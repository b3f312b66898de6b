"""Exploring a candidate: is it a model, what is it built with, what does it run on?

One fork per candidate. The answer is plain text for the host: a target and inputs such as a person
would have declared, how they were found, or why there are none.
"""

import hashlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import nn

from . import phases, stand_ins
from .building import Blueprint, Builder, Given, evaluated
from .calling import Hung, Inputs, find_inputs, runs, shown_inputs
from .diagnose import describe, without_addresses
from .fork import in_fork
from .guesses import Known, completed
from .stages import seed
from .work import Account

LONGEST_TEXT = 20_000
LARGEST_ANSWER = 1 << 20
MOST_PARTS = 2000
LEAST_FOR_INPUTS = 5.0
"""Seconds of work that are left for finding inputs, and for a second go, whatever was spent."""
OF_A_CRASH = 1.0
"""Seconds of work that a process stands for which ended without a word."""


@dataclass(frozen=True)
class Quest:
    """One candidate, and what may be spent on it."""

    blueprint: Blueprint
    known: Known
    work: float
    """In seconds of work, as `work.py` counts it."""
    seconds: float
    """Of the clock, after which it hangs."""
    folder: str
    root: str
    seen: frozenset[str]
    """Digests of the parts of models that run already."""
    inputs: tuple[Inputs, ...] = ()
    """What scripts call the model with."""

    @classmethod
    def of_request(
        cls, request: Mapping[str, Any], index: int, root: str, seen: frozenset[str]
    ) -> "Quest":
        candidate = request["candidates"][index]
        known = Known(request["settings"], request["choices"], request["sections"])
        return cls(
            Blueprint(
                candidate["callee"],
                tuple(
                    Given(name, tuple(completed(text, known) for text in texts))
                    for name, texts in candidate["given"]
                ),
                candidate["item"],
                candidate["alike"],
                candidate["method"],
            ),
            known,
            candidate["each"],
            request["seconds_each"],
            os.path.join(request["folder"], str(index)),
            root,
            seen,
            tuple(
                Inputs(tuple(texts), f"inputs from the call in {where}")
                for texts, where in candidate["inputs"]
            ),
        )


def explored(module: Any, quest: Quest, forked: Callable[[], None]) -> dict[str, Any]:
    """What came of one candidate, in a fork of this process, which calls `forked` first.

    `work` is what it took; `time_limit` is there where the clock ended it: its seconds.
    """
    os.makedirs(quest.folder)
    ending = in_fork(partial(_explore, module, quest, forked), quest.seconds)
    if ending.how == "timeout":
        return _hung(quest, quest.seconds)
    answer = _read(quest.folder)
    if not answer:
        answer = {"why_not": f"its process ended ({ending.how} {ending.code})"}
    work = answer.get("work")
    is_told = isinstance(work, (int, float)) and 0 <= work < float("inf")
    return {**answer, "work": work if is_told else OF_A_CRASH}


def _hung(quest: Quest, seconds: float) -> dict[str, Any]:
    return {
        "why_not": f"it was ended by the time limit of {seconds:g} s",
        "time_limit": seconds,
        "work": quest.work,
    }


def _explore(module: Any, quest: Quest, forked: Callable[[], None]) -> None:
    forked()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    account = Account(quest.work)
    try:
        answer = _found(vars(module), quest, account)
        answer |= stand_ins.told()
    except Hung as hung:
        answer = _hung(quest, hung.seconds)
    except BaseException as error:
        answer = {"why_not": str(describe(error, quest.root)["message"])[:500]}
    answer.setdefault("work", round(account.spent, 6))
    with open(os.path.join(quest.folder, "answer.json"), "w", encoding="utf-8") as file:
        json.dump(answer, file)


phases.running(_explore.__code__)


def _read(folder: str) -> dict[str, Any]:
    path = os.path.join(folder, "answer.json")
    try:
        if os.path.getsize(path) > LARGEST_ANSWER:
            return {}
        with open(path, encoding="utf-8") as file:
            answer = json.load(file)
    except (OSError, ValueError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _found(names: Mapping[str, Any], quest: Quest, account: Account) -> dict[str, Any]:
    """The answer for a candidate; where widths were guessed and nothing runs, that for the same
    with all widths alike, as blocks with a shortcut want it."""
    answer = _found_once(names, quest, account)
    if "inputs" not in answer and answer.get("guessed") and "digests" in answer:
        account.leave(LEAST_FOR_INPUTS)
        blueprint = replace(quest.blueprint, alike=not quest.blueprint.alike)
        again = _found_once(names, replace(quest, blueprint=blueprint), account)
        answer = again if "inputs" in again else answer
    return answer


def _found_once(names: Mapping[str, Any], quest: Quest, account: Account) -> dict[str, Any]:
    built = Builder(quest.blueprint, names, quest.known, seed).build(account)
    if built.write is None:
        return {"why_not": f"cannot be built: {built.why_not}"[:1000]}
    if getattr(built.module.forward, "__func__", None) is nn.Module.forward:
        return {"why_not": "what is built has no forward", "needless": True}
    built.module.eval()
    parts = _parts(built.module, quest.root)
    if not parts:
        return {"why_not": "no part of it is defined under the path", "needless": True}
    answer: dict[str, Any] = {
        "target": built.write()[:LONGEST_TEXT],
        "guessed": list(built.guessed),
        "parts": sorted(set(parts.values()))[:MOST_PARTS],
        "digests": sorted(parts)[:MOST_PARTS],
    }
    if set(parts) <= quest.seen:
        why_not = "it has no part that is not in a model found before"
        return {"why_not": why_not, "needless": True}
    account.leave(LEAST_FOR_INPUTS)
    inputs = shown_inputs(built.module, quest.inputs, names, account, seed)
    inputs = inputs or find_inputs(built.module, account, seed)
    if inputs.source is None:
        return {**answer, "why_not": inputs.why_not[:1000]}
    answer["target"] = built.write()[:LONGEST_TEXT]
    why_not = _again(names, answer["target"], inputs)
    if why_not:
        return {**answer, "why_not": f"it ran once, and not again: {why_not}"[:1000]}
    return {**answer, "inputs": list(inputs.source), "how": inputs.how}


def _again(names: Mapping[str, Any], target: str, inputs: Inputs) -> str:
    """Why the case does not run as it is written; "" where it does."""
    assert inputs.source is not None
    try:
        seed()
        module = evaluated(target, names)
        module.eval()
        seed()
        runs(module, inputs.source, names)
    except Exception as error:
        return without_addresses(f"{type(error).__name__}: {error}")
    return ""


def _parts(module: nn.Module, root: str) -> dict[str, str]:
    """Digest to class, `module:Class`, of each part that is defined under the path: two are alike
    where they are of one class, have children of the same names and the same flags, and so run
    the same code."""
    found: dict[str, str] = {}
    for part in module.modules():
        cls = type(part)
        file = getattr(sys.modules.get(cls.__module__), "__file__", None)
        if not isinstance(file, str) or not file.startswith(root.rstrip(os.sep) + os.sep):
            continue
        children = sorted((name, child is None) for name, child in part._modules.items())
        parameters = sorted((name, p is None) for name, p in part._parameters.items())
        flags = sorted(
            (name, repr(value))
            for name, value in vars(part).items()
            if (value is None or isinstance(value, (bool, str))) and name != "training"
        )
        name = f"{cls.__module__}:{cls.__qualname__}"
        facts = repr((name, _numberless(children), parameters, flags))
        found[hashlib.sha256(facts.encode()).hexdigest()[:20]] = name
    return found


def _numberless(children: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Children without those of a list, of which there may be more or fewer."""
    return [child for child in children if not child[0].isdigit()]
