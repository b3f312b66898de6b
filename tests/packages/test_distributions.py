"""The table."""

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from torchscript_fix.packages import distributions
from torchscript_fix.packages.distributions import (
    distributions_of,
    is_taken_by_another,
    not_packages,
)


def test_every_entry_is_a_requirement_of_the_package_index() -> None:
    table = distributions._table()
    for name in (*table["renamed"], *table["same"]["names"]):
        assert name.isidentifier()
        for each in distributions_of(name):
            assert Requirement(each).url is None


def test_an_entry_is_in_one_place() -> None:
    table = distributions._table()
    names = [*table["renamed"], *table["same"]["names"]]
    names += [*table["taken_by_others"]["names"], *not_packages()]
    assert len(names) == len(set(names))
    same = {canonicalize_name(name) for name in table["same"]["names"]}
    assert len(same) == len(table["same"]["names"])


def test_what_is_asked() -> None:
    assert distributions_of("cv2")[0] == "opencv-python"
    assert distributions_of("pytorch_lightning") == ("pytorch-lightning",)
    assert distributions_of("clip") == ()
    assert is_taken_by_another("clip")
