"""Every example in `before_after/` is what it says: tried with the real compiler."""

from collections import Counter

import pytest
import torch

from tests.worked_examples import COMPILES, Example, Trial, all_examples, rewritten, tried
from torchscript_fix.rule import all_rules

EXAMPLES = all_examples()
REWRITTEN = [example for example in EXAMPLES if example.after is not None]
FOUNDING = {"optional-argument", "enumerate-module-list", "hoist-conditional-layer"}
LEFT_ALONE = [example for example in EXAMPLES if example.after is None]

named = {"ids": lambda example: example.name}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def assert_same(one: object, other: object, **tolerance: float) -> None:
    """Equal outputs: tensors bit for bit unless a tolerance is given, the rest by `==`."""
    if isinstance(other, torch.Tensor):
        torch.testing.assert_close(one, other, equal_nan=True, **tolerance)
    elif isinstance(one, list | tuple) and isinstance(other, list | tuple):
        assert len(one) == len(other)
        for part, other_part in zip(one, other, strict=True):
            assert_same(part, other_part, **tolerance)
    elif isinstance(one, dict) and isinstance(other, dict):
        assert list(one) == list(other)
        for key, part in one.items():
            assert_same(part, other[key], **tolerance)
    else:
        assert one == other


EXACTLY = {"rtol": 0.0, "atol": 0.0}


def assert_claims_of_before_hold(example: Example, trial: Trial) -> None:
    said = [error for error in trial.script_errors if error is not None]
    said_of_saving = [error for error in trial.save_errors if error is not None]
    wanted, of_saving = example.script_message, example.save_message
    assert wanted or of_saving or example.is_snippet, "the head names no message"
    if wanted == COMPILES:
        assert not said, f"it does not compile: {said}"
    elif wanted:
        assert any(wanted in error for error in said), f"the compiler says {said or 'nothing'}"
    if of_saving:
        assert not said, f"it does not compile: {said}"
        assert any(of_saving in error for error in said_of_saving), said_of_saving
    elif wanted == COMPILES:
        assert not said_of_saving


@pytest.mark.parametrize("example", REWRITTEN, **named)
def test_rule_turns_before_into_after(example: Example) -> None:
    rewriting = rewritten(example, example.before)
    assert not rewriting.failures
    held_back = [held.reason for held in rewriting.held_back]
    assert (
        rewriting.texts
    ), f"the rule leaves it alone: {held_back or 'it has nothing to say of it'}"
    assert next(iter(rewriting.texts.values())) == example.after


@pytest.mark.parametrize("example", REWRITTEN, **named)
def test_rule_leaves_after_alone(example: Example) -> None:
    assert example.after is not None
    assert rewritten(example, example.after).texts == {}


@pytest.mark.parametrize("example", REWRITTEN, **named)
def test_after_compiles_and_is_the_same(example: Example) -> None:
    assert example.after is not None
    before = tried(example.folder / "before.py", example.before)
    after = tried(example.folder / "after.py", example.after)
    assert_claims_of_before_hold(example, before)
    assert before.eager, "examples() yields nothing"
    assert after.script_errors == [None] * len(before.eager)
    assert after.save_errors == [None] * len(before.eager)
    assert_same(after.eager, before.eager, **EXACTLY)
    assert [list(state) for state in after.states] == [list(state) for state in before.states]
    assert_same(after.states, before.states, **EXACTLY)
    for eager, scripted, loaded in zip(before.eager, after.scripted, after.loaded, strict=True):
        assert_same(scripted[0], eager, **EXACTLY)
        assert_same(loaded[0], eager, **EXACTLY)
        for later in (*scripted[1:], *loaded[1:]):
            assert_same(later, eager)


@pytest.mark.parametrize("example", LEFT_ALONE, **named)
def test_rule_leaves_it_alone_and_says_why(example: Example) -> None:
    rewriting = rewritten(example, example.before)
    assert not rewriting.failures
    assert rewriting.texts == {}
    reasons = [held.reason for held in rewriting.held_back]
    if example.held_back is None:
        assert reasons == []
    else:
        assert any(example.held_back in reason for reason in reasons), reasons


@pytest.mark.parametrize("example", LEFT_ALONE, **named)
def test_claims_of_what_is_left_alone_hold(example: Example) -> None:
    trial = tried(example.folder / "before.py", example.before)
    assert_claims_of_before_hold(example, trial)


def test_every_rule_has_examples_with_a_hold_back_among_them() -> None:
    of_rule = Counter(example.rule for example in EXAMPLES)
    held_back = Counter(example.rule for example in EXAMPLES if example.held_back)
    for rule in all_rules():
        assert of_rule[rule.name] >= (12 if rule.name in FOUNDING else 5), rule.name
        assert held_back[rule.name] >= 1, rule.name


def test_every_folder_of_examples_belongs_to_a_rule() -> None:
    assert {example.rule for example in EXAMPLES} <= {rule.name for rule in all_rules()}
