"""Attributes that are computed when first asked for."""

import threading

from torchscript_fix.facts.attribute import cached_property


class Pair:
    def __init__(self) -> None:
        self.other: Pair | None = None
        self.computed = 0
        self.meeting = threading.Barrier(1)

    @cached_property
    def one(self) -> int:
        self.computed += 1
        self.meeting.wait()
        return self.other.two + 1 if self.other is not None else 1

    @cached_property
    def two(self) -> int:
        self.meeting.wait()
        return self.other.one + 1 if self.other is not None else 2


def test_it_is_computed_once() -> None:
    pair = Pair()
    assert (pair.one, pair.one, pair.computed) == (1, 1, 1)


def test_of_each_instance_on_its_own() -> None:
    first, second = Pair(), Pair()
    second.other = Pair()
    assert (first.one, second.one) == (1, 3)


def test_two_threads_that_ask_the_other_way_round_both_get_an_answer() -> None:
    pairs = [Pair(), Pair()]
    meeting = threading.Barrier(2, timeout=10)
    for pair in pairs:
        pair.other = Pair()
        pair.meeting = meeting
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(pairs[0].one), daemon=True),
        threading.Thread(target=lambda: answers.append(pairs[1].two), daemon=True),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(answers) == [2, 3]
