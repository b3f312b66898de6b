"""Every kind of error is recognised by its own words, and is told in words for people."""

import pytest

from torchscript_fix.facts.catalogue import OTHER, kind_named, kinds_answered, recognised
from torchscript_fix.facts.complaints import Kind, kinds
from torchscript_fix.facts.diagnosed import Diagnosis


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_a_kind_knows_its_own_words(kind: Kind) -> None:
    for said in kind.says:
        assert recognised(said).kind is kind, said


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_a_kind_gives_an_example_of_what_it_recognises(kind: Kind) -> None:
    assert kind.patterns and kind.says


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.name)
def test_a_kind_says_what_it_means_and_what_to_do(kind: Kind) -> None:
    assert kind.means.endswith((".", "it."))
    assert len(kind.by_hand) > 20
    assert kind_named(kind.name) is kind


def test_names_are_told_apart() -> None:
    names = [kind.name for kind in kinds()]
    assert len(names) == len(set(names))


def test_a_rule_is_of_the_kinds_whose_words_it_answers() -> None:
    assert kinds_answered(["Expected integer literal for index but got"]) == {"module-list-index"}
    assert kinds_answered(["does not stand in any message"]) == frozenset()


SAID = {
    "Module 'Net' has no attribute 'down'": ("missing-attribute-conditional", "name", "down"),
    "Wrong type for attribute assignment. Expected int but got float": (
        "attribute-assignment",
        "found",
        "float",
    ),
    "'Tensor (inferred)' object has no attribute or method 'numpy'.": (
        "object-no-attribute",
        "name",
        "numpy",
    ),
    'Expected a default value of type int on parameter "n".': ("default-tensor", "name", "n"),
    "y is not defined in the false branch": ("branch-undefined", "name", "y"),
    'pad(Tensor input, int[] pad, str mode="constant", float? value=None) -> Tensor:\nExpected a '
    "value of type 'Optional[float]' for argument 'value' but instead found type 'int'.": (
        "int-float",
        "name",
        "value",
    ),
    "Arguments for call are not valid.\n  aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a):\n"
    "  Expected a value of type 'int' for argument '<varargs>' but instead found type 'float'.": (
        "int-float",
        "found",
        "float",
    ),
    "Unknown type name 'np.ndarray'": ("unknown-type", "name", "np.ndarray"),
}


@pytest.mark.parametrize("message", SAID)
def test_names_and_types_are_taken_out_of_a_message(message: str) -> None:
    kind, what, name = SAID[message]
    seen = recognised(message)
    assert (seen.kind.name, seen.involved[what]) == (kind, name)


def test_a_diagnosis_has_its_kind() -> None:
    diagnosis = Diagnosis("compile", "Lambda aren't supported", None, 0, "", "")
    assert diagnosis.kind == "lambda-def"


def test_what_nobody_knows() -> None:
    assert recognised("the moon is made of cheese").kind is OTHER
    assert Diagnosis("compile", "the moon", None, 0, "", "").kind == "other"
