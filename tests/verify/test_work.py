"""Work that is counted: the same each time, near to what a second is, and no change to a model."""

import contextlib
import time
from collections.abc import Callable

import pytest
import torch
from torch import nn

from torchscript_fix.verify.worker.calling import Hung, time_limit
from torchscript_fix.verify.worker.work import (
    FLOPS,
    NUMBERS,
    OPERATION,
    TRY,
    Account,
    Meter,
    TooMuchWork,
)

MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "convolution": (lambda: nn.Conv2d(3, 4, 3), (2, 3, 8, 8)),
    "recurrent": (lambda: nn.LSTM(8, 8, 2), (5, 2, 8)),
    "transformer": (lambda: nn.TransformerEncoderLayer(16, 2, batch_first=True), (2, 5, 16)),
    "scripted": (lambda: torch.jit.script(nn.Sequential(nn.Linear(4, 4), nn.ReLU())), (2, 4)),
}


def work_of(call: Callable[[], object]) -> float:
    with torch.no_grad(), Meter(100.0) as meter:
        call()
    return meter.done


def test_a_product_of_matrices_is_its_flops_and_numbers() -> None:
    one, other = torch.rand(20, 30), torch.rand(30, 40)
    numbers = 20 * 30 + 30 * 40 + 20 * 40
    expected = OPERATION + numbers / NUMBERS + 2 * 20 * 30 * 40 / FLOPS
    assert work_of(lambda: one @ other) == pytest.approx(expected)


def test_a_view_touches_no_number() -> None:
    large = torch.rand(1000, 1000)
    assert work_of(large.t) == OPERATION


def test_a_row_of_a_large_table_is_no_more_than_a_row() -> None:
    table, rows = nn.Embedding(100_000, 8), torch.tensor([1, 2])
    assert work_of(lambda: table(rows)) < 2 * OPERATION


@pytest.mark.parametrize("name", MODELS)
def test_a_model_does_the_same_while_it_is_counted(name: str) -> None:
    build, shape = MODELS[name]
    model, inputs = build().eval(), torch.rand(*shape)
    with torch.no_grad():
        plain = model(inputs)
        with Meter(100.0) as meter:
            counted = model(inputs)
    assert meter.done > 0
    torch.testing.assert_close(counted, plain, rtol=0, atol=0)


def test_it_ends_at_the_same_operation_each_time() -> None:
    def operations() -> int:
        done, numbers = 0, torch.zeros(10)
        with pytest.raises(TooMuchWork), Meter(100.5 * (OPERATION + 20 / NUMBERS)):
            while done < 1000:
                torch.relu(numbers)
                done += 1
        return done

    assert operations() == operations() == 100


def test_a_model_that_catches_every_exception_is_ended_all_the_same() -> None:
    with pytest.raises(TooMuchWork), Meter(OPERATION / 2):
        try:
            torch.zeros(1)
        except Exception:
            pytest.fail("it was told as an error of the model")


def test_what_catches_even_the_end_of_its_try_has_not_come_to_its_end() -> None:
    account = Account(1.0)
    with (
        pytest.raises(TooMuchWork),
        account.one_try(OPERATION / 2),
        contextlib.suppress(BaseException),
    ):
        torch.zeros(1)


def test_an_account_adds_up_its_tries() -> None:
    account = Account(0.05)
    for _ in range(3):
        with account.one_try(8.0):
            torch.zeros(1)
    assert 3 * TRY < account.spent < 3 * TRY + 0.001
    assert not account.is_spent
    with account.one_try(8.0) as meter:
        meter.take(1.0)
    assert account.is_spent
    account.leave(5.0)
    assert not account.is_spent


def test_what_hangs_and_catches_everything_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(Hung) as hung, time_limit(0.3):
        try:
            while time.monotonic() - began < 60:
                pass
        except BaseException:
            pass  # as a training loop with a bare `except` does
    assert hung.value.seconds == 0.3
    assert time.monotonic() - began < 30
