"""Every kind of rewrite gets the verdict that it deserves."""

from pathlib import Path

import pytest

from tests.verify.conftest import Verified, listing
from tests.verify.models import SITUATIONS, Situation, stem
from torchscript_fix.cases import parse_declared
from torchscript_fix.verify.verdict import Outcome
from torchscript_fix.verify.verifier import Limits, Verifier


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_the_verdict(situation: Situation, verified: Verified) -> None:
    verdict = verified.verdicts[situation.name]
    assert verdict.outcome is situation.outcome, verdict.message
    assert situation.words.replace("ROOT", str(verified.root)) in verdict.message
    if situation.where:
        assert verdict.difference is not None
        assert situation.where in verdict.difference.where
    if situation.largest is not None:
        assert verdict.difference is not None
        assert verdict.difference.largest == pytest.approx(situation.largest)


def test_the_originals_are_told_apart(verified: Verified) -> None:
    assert verified.observed["scripts-already"].scriptable
    failing = verified.observed["a-loop-over-a-module-list"]
    assert not failing.scriptable
    assert failing.outcome is Outcome.STILL_FAILING
    assert "Expected integer literal for index" in failing.message
    assert f'File "{verified.root}/a_loop_over_a_module_list.py", line 10' in failing.message


def test_an_argument_that_defaults_to_none_and_cannot_be_saved(verified: Verified) -> None:
    observed = verified.observed["an-optional-argument"]
    assert not observed.scriptable
    assert "strides() called on an undefined Tensor" in observed.message


def test_the_types_of_arguments_are_observed(verified: Verified) -> None:
    path = verified.root / "a_size_among_the_arguments.py"
    types = verified.observations.observed.argument_types
    assert types(path, "Net.forward", "x") == {"Tensor"}
    assert types(path, "Net.forward", "size") == {"List[int]"}
    assert types(path, "Net.forward", "other") == frozenset()


def test_the_functions_that_ran_are_known(verified: Verified) -> None:
    verdict = verified.verdicts["a-loop-over-a-module-list"]
    path = verified.root / "a_loop_over_a_module_list.py"
    assert verdict.reached == {(path, "Net.__init__"), (path, "Net.forward")}
    assert verdict.found == "declared"


def test_the_lines_that_ran_are_those_of_all_ways_that_are_compared(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(BRANCHES)
    case = parse_declared("net:Net()", ["torch.ones(2)", "torch.ones(2)"])
    with Verifier(tmp_path, [path], limits=Limits(seconds=60)) as verifier:
        observed = verifier.observe([case]).observed
    function = observed.function(path, "Net.forward")
    assert function is not None
    assert function.ran is not None
    lines = {BRANCHES.splitlines()[line - 1].strip() for line in function.ran}
    assert {"x = x * 2  # left out", "x = x * 3  # in train", "x = x * 4  # again"} <= lines
    assert "x = x * 5  # never" not in lines


BRANCHES = """
import torch
class Net(torch.nn.Module):
    calls = 0
    def forward(self, x, y=None):
        self.calls += 1
        if y is None:
            x = x * 2  # left out
        if self.training:
            x = x * 3  # in train
        if self.calls > 1:
            x = x * 4  # again
        if x.sum() < -1e9:
            x = x * 5  # never
        return x
"""


def test_how_long_each_stage_took_is_told(verified: Verified) -> None:
    stages = [stage for stage, _ in verified.verdicts["a-loop-over-a-module-list"].seconds]
    assert {"original build", "original eval", "rewrite script"} <= set(stages)


def test_the_users_tree_is_as_it_was(verified: Verified) -> None:
    assert listing(verified.root) == verified.before


def test_no_message_names_the_overlay(verified: Verified) -> None:
    assert not [v for v in verified.verdicts.values() if "torchscript-fix-" in v.message]


def test_situations_are_in_files_of_their_own() -> None:
    names = [stem(each.name) for each in SITUATIONS]
    assert len(names) == len(set(names))
    assert all(Path(name).name.isidentifier() for name in names)


def test_what_an_original_fails_with_is_diagnosed(verified: Verified) -> None:
    (diagnosis,) = verified.observed["a-loop-over-a-module-list"].diagnoses
    path = verified.root / "a_loop_over_a_module_list.py"
    assert (diagnosis.path, diagnosis.line, diagnosis.function) == (path, 10, "Net.forward")
    assert (diagnosis.kind, diagnosis.code) == ("module-list-index", "self.fcs[i]")


def test_what_cannot_be_saved_is_diagnosed_at_its_argument(verified: Verified) -> None:
    (diagnosis,) = verified.observed["an-optional-argument"].diagnoses
    assert (diagnosis.stage, diagnosis.kind) == ("save", "unsaved-none-default")
    assert (diagnosis.function, diagnosis.code) == ("Net.forward", "y")


def test_the_diagnoses_of_an_original_stay_with_its_verdict(verified: Verified) -> None:
    verdict = verified.verdicts["a-loop-over-a-module-list"]
    assert verdict.outcome is Outcome.FIXED
    assert verdict.diagnoses == ()
    assert [each.kind for each in verdict.original_diagnoses] == ["module-list-index"]


def test_every_case_that_still_fails_is_diagnosed(verified: Verified) -> None:
    failing = [v for v in verified.verdicts.values() if v.outcome is Outcome.STILL_FAILING]
    assert failing
    for verdict in failing:
        assert verdict.diagnoses, verdict.case
        assert all(each.kind != "other" for each in verdict.diagnoses), verdict.diagnoses
