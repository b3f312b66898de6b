"""The table of names that packages once had."""

import importlib
import importlib.util

import pytest

from torchscript_fix.verify.worker import gone_names
from torchscript_fix.verify.worker.gone_names import GONE


def is_there(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


SAME = {name: gone for name, gone in GONE.items() if gone.same}
HERE = [name for name, gone in SAME.items() if is_there(gone.successor.strip("(").split(".")[0])]


@pytest.mark.parametrize("name", HERE)
def test_what_is_given_for_a_name_is_there(name: str) -> None:
    assert gone_names.thing(GONE[name].successor) is not None


@pytest.mark.parametrize("name", GONE)
def test_an_entry_says_what_took_its_place_or_who_had_it(name: str) -> None:
    assert GONE[name].successor or GONE[name].last
    assert GONE[name].successor or not GONE[name].same


def test_what_was_in_a_module_that_has_moved_has_moved_with_it() -> None:
    found = gone_names.found("xml.etree.cElementTree.Element")
    assert found is not None and found.same
    assert (
        gone_names.thing(found.successor)
        is importlib.import_module("xml.etree").ElementTree.Element
    )


def test_what_was_in_a_module_that_is_gone_has_no_successor() -> None:
    found = gone_names.found("torch._six.PY37")
    assert found is not None and not found.same and not found.successor


def test_the_words_say_the_successor_else_the_release_else_neither() -> None:
    assert gone_names.words("numpy.int", "numpy 2.4") == "numpy 2.4 has no numpy.int (now int)"
    words = gone_names.words("torch._six.PY3", "torch 2.13")
    assert words == "torch 2.13 has no torch._six.PY3 (torch 1.13 had it)"
    assert gone_names.words("numpy.gone", "numpy 2.4") == "numpy 2.4 has no numpy.gone"


def test_a_successor_that_is_not_there_either_raises() -> None:
    with pytest.raises((ImportError, AttributeError)):
        gone_names.thing("numpy.nowhere.at_all")
