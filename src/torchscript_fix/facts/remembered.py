"""Answers about facts, remembered on the facts themselves, so that they go when those go."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from torchscript_fix.facts.attribute import cached_property

Facts = TypeVar("Facts")
Answer = TypeVar("Answer")
More = ParamSpec("More")

_NAME = "_remembered"
MOST_TEXTS = 10_000
"""The texts of which an answer is remembered: the files of a large repository, and what they were
rewritten to on the way."""


class HasText(Protocol):
    """A file, as far as its text alone decides."""

    @property
    def digest(self) -> bytes:
        """What tells its text from others."""


File = TypeVar("File", bound=HasText)


def remembered(
    question: Callable[Concatenate[Facts, More], Answer],
) -> Callable[Concatenate[Facts, More], Answer]:
    """A decorator that remembers the answers of a function of facts: a Project, a file, a class, a
    function, a Definition; or of the Parsed text of a file, for what nothing but that decides,
    since it outlives the Projects that a repair makes. What is asked beside must be hashable; nodes
    are told apart by identity.

    Two threads may answer the same question at once; both come to the same.
    """

    @wraps(question)
    def ask(facts: Facts, *more: More.args, **named: More.kwargs) -> Answer:
        key = (question, more) if more else question
        try:
            answer: Answer = facts.__dict__[_NAME][key]
        except KeyError:
            answer = question(facts, *more, **named)
            facts.__dict__.setdefault(_NAME, {})[key] = answer
        return answer

    return ask  # type: ignore[return-value]  # which says that the facts go by position


def remembered_of_text(question: Callable[[File], Answer]) -> Callable[[File], Answer]:
    """A decorator that remembers the answers of a function of a file which nothing but its text
    decides, and which holds no nodes: they outlive the trees, so that a file that is only asked by
    name need not be parsed for each round of a repair."""
    answers: dict[bytes, Answer] = {}
    lock = threading.Lock()

    @wraps(question)
    def ask(file: File) -> Answer:
        try:
            return answers[file.digest]
        except KeyError:
            answer = question(file)
        with lock:
            answers[file.digest] = answer
            if len(answers) > MOST_TEXTS:
                answers.pop(next(iter(answers)))
        return answer

    return ask


def forget(facts: object) -> None:
    """Let go of all that was computed of facts: it is computed again when it is asked for again."""
    held = vars(facts)
    for name in list(held):
        if name == _NAME or isinstance(getattr(type(facts), name, None), cached_property):
            del held[name]
