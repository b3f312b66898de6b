"""Answers about facts, remembered on the facts themselves, so that they go when those go."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from torchscript_fix.facts.attribute import cached_property

Facts = TypeVar("Facts")
Answer = TypeVar("Answer")
More = ParamSpec("More")

_NAME = "_remembered"


def remembered(
    question: Callable[Concatenate[Facts, More], Answer],
) -> Callable[Concatenate[Facts, More], Answer]:
    """A decorator that remembers the answers of a function of facts: a Project, a file, a class, a
    function, a Definition; or of the tree of a file, for what nothing but its text decides, since
    trees outlive the Projects that a repair makes. What is asked beside must be hashable; nodes
    are told apart by identity.

    Two threads may answer the same question at once; both come to the same.
    """

    @wraps(question)
    def ask(facts: Facts, *more: More.args, **named: More.kwargs) -> Answer:
        held: dict[str, Any] = facts.__dict__
        answers = held.get(_NAME)
        if answers is None:
            answers = held.setdefault(_NAME, {})
        key = (question, more) if more else question
        try:
            answer: Answer = answers[key]
        except KeyError:
            answer = answers[key] = question(facts, *more, **named)
        return answer

    return ask  # type: ignore[return-value]  # which says that the facts go by position


def forget(facts: object) -> None:
    """Let go of all that was computed of facts: it is computed again when it is asked for again."""
    held = vars(facts)
    for name in list(held):
        if name == _NAME or isinstance(getattr(type(facts), name, None), cached_property):
            del held[name]
