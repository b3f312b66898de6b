"""The repair loop, with a Verifier that answers from a table: what is left alone, taken back, kept.

That real Verifiers answer rightly is tested in `tests/verify/`.
"""

import ast
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from torchscript_fix import reading, repair
from torchscript_fix.cases import DeclaredCase
from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.observed import Observed
from torchscript_fix.facts.static import FileFacts
from torchscript_fix.packages import Installed
from torchscript_fix.repair import Request, run
from torchscript_fix.result import Result, Standing
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety
from torchscript_fix.verify.interpreter import VerifierUnavailable
from torchscript_fix.verify.verdict import NotImported, Outcome, Verdict
from torchscript_fix.verify.verifier import Attempt, Observation, Observations

from .silent import Silent

TWO_MODELS = """
    import torch.nn as nn

    class First(nn.Module):
        def forward(self, x):
            return x + 1

    class Second(nn.Module):
        def forward(self, x):
            return x + 2
"""


class ReplacesNumber(Rule):
    """`+ 1` becomes `+ 10`, or whatever: a rule per number, so that several can act."""

    summary = "test"
    messages = ()
    safety = Safety.SAFE

    def __init__(self, number: int, safety: Safety = Safety.SAFE, more: str = "0") -> None:
        name = f"replaces-{number}" if more == "0" else "fallback"
        self.name = name  # type: ignore[misc]  # one class, several rules
        self.more = more
        self.number = number
        self.safety = safety  # type: ignore[misc]

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        for function in facts.functions.values():
            for node in function.nodes:
                if isinstance(node, ast.Constant) and node.value == self.number:
                    edit = ReplaceExpression(node, f"{self.number}{self.more}")
                    yield Rewrite(
                        self.name,
                        facts.path,
                        node.lineno,
                        function.qualname,
                        f"{self.number}{self.more}",
                        self.safety,
                        (edit,),
                    )


Judge = Callable[[str, str], Outcome]
"""Case and text of the file, to what becomes of it."""


class TableVerifier:
    """Stands in for a Verifier; `judge` and `scriptable` are set by each test."""

    judge: Judge
    scriptable: frozenset[str] = frozenset()
    path: Path

    def __init__(self, **_: Any) -> None:
        self.containment = ""
        self.jobs = 1
        self.interpreter: Any = None
        self.stood_in: tuple[str, ...] = ()
        self.notes: tuple[str, ...] = ()
        self.time_limits: tuple[str, ...] = ()
        self.not_imported: tuple[NotImported, ...] = ()

    def __enter__(self) -> "TableVerifier":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def _reached(self, case: str) -> frozenset[tuple[Path, str]]:
        cls = case.partition("-")[0]  # First-again is another case of First
        return frozenset({(self.path, f"{cls}.forward")})

    def explore(self, *_: Any) -> list[Any]:
        """Inputs are found for no case that has none."""
        return []

    def observe(self, cases: Sequence[DeclaredCase]) -> Observations:
        found = tuple(
            Observation(
                name=case.name,
                builds=True,
                runs=True,
                scriptable=case.name in self.scriptable,
                message="",
                reached=self._reached(case.name),
                outcome=Outcome.STILL_FAILING,
            )
            for case in cases
        )
        return Observations(found, Observed())

    def attempt(
        self, names: Collection[str], rewritten: Mapping[Path, bytes]
    ) -> dict[str, Attempt]:
        return {name: Attempt(False, "words", ()) for name in names}

    def verify(
        self,
        cases: Sequence[DeclaredCase],
        rewritten: Mapping[Path, bytes],
        names: Collection[str] | None = None,
        reach: Mapping[str, object] | None = None,
    ) -> tuple[Verdict, ...]:
        text = rewritten.get(self.path, b"").decode()
        return tuple(
            Verdict(
                case.name,
                type(self).judge(case.name, text),
                "words",
                reached=self._reached(case.name),
                found="declared",
            )
            for case in cases
            if names is None or case.name in names
        )


@pytest.fixture
def repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[str, Result]]:
    """Runs the loop over TWO_MODELS; gives the new text ("" where none) and the Result."""

    def repaired(
        judge: Judge,
        *,
        numbers: Sequence[int] = (1, 2),
        rules: Sequence[Rule] = (),
        cases: Sequence[str] = ("First", "Second"),
        scriptable: Collection[str] = (),
        has: Collection[str] | None = ("torch",),
        **options: Any,
    ) -> tuple[str, Result]:
        path = tmp_path / "models.py"
        path.write_text(dedent(TWO_MODELS))

        class Verifier(TableVerifier):
            pass

        def installed(*_: object) -> Installed:
            if has is None:
                raise VerifierUnavailable
            return Installed(frozenset(has), (3, 11, 7), {})

        Verifier.judge = staticmethod(judge)  # type: ignore[method-assign, assignment]
        Verifier.scriptable = frozenset(scriptable)
        Verifier.path = path
        monkeypatch.setattr(repair, "Verifier", Verifier)
        monkeypatch.setattr(repair, "installed", installed)
        request = Request(
            paths=(path,),
            rules=tuple(rules or map(ReplacesNumber, numbers)),
            cases=tuple(DeclaredCase(name, f"models:{name}()") for name in cases),
            **options,
        )
        result = run(request, Silent())
        (after,) = [change.after.decode() for change in result.changes] or [""]
        return after, result

    return repaired


Repaired = Callable[..., tuple[str, Result]]


def always(outcome: Outcome) -> Judge:
    return lambda case, text: outcome


def test_what_a_fixed_case_reaches_is_verified(repaired: Repaired) -> None:
    after, result = repaired(always(Outcome.FIXED))
    assert "x + 10" in after
    assert "x + 20" in after
    assert [made.standing for made in result.rewrites] == [Standing.VERIFIED] * 2
    assert [made.cases for made in result.rewrites] == [("First",), ("Second",)]
    assert not result.left_over


def test_code_that_only_an_already_scriptable_case_reaches_is_left_alone(
    repaired: Repaired,
) -> None:
    def judge(case: str, text: str) -> Outcome:
        return Outcome.ALREADY_SCRIPTABLE if case == "First" else Outcome.FIXED

    after, result = repaired(judge, scriptable={"First"})
    assert "x + 1\n" in after
    assert "x + 20" in after
    assert not result.left_over


def test_a_rewrite_that_changes_a_case_is_taken_back_and_the_other_stays(
    repaired: Repaired,
) -> None:
    def judge(case: str, text: str) -> Outcome:
        changed = case == "First" and "x + 10" in text
        return Outcome.BEHAVIOUR_CHANGED if changed else Outcome.STILL_FAILING

    after, result = repaired(judge)
    assert "x + 1\n" in after
    assert "x + 20" in after
    assert [back.rewrite.rule for back in result.taken_back] == ["replaces-1"]
    assert "First" in result.taken_back[0].reason


def test_of_rewrites_that_change_a_case_only_together_one_is_taken_back(
    repaired: Repaired,
) -> None:
    def judge(case: str, text: str) -> Outcome:
        changed = "x + 10" in text and "x + 20" in text
        return Outcome.CHECKPOINT_CHANGED if changed else Outcome.STILL_FAILING

    after, result = repaired(judge, cases=("Elsewhere",))
    assert ("x + 10" in after) != ("x + 20" in after)
    assert len(result.taken_back) == 1


def test_a_case_that_changes_whatever_is_done_ends_the_loop(repaired: Repaired) -> None:
    after, result = repaired(always(Outcome.BEHAVIOUR_CHANGED))
    assert after == ""
    assert {verdict.outcome for verdict in result.verdicts} == {Outcome.BEHAVIOUR_CHANGED}
    assert result.left_over


def test_where_there_was_too_much_to_take_back_the_files_are_left_alone(
    repaired: Repaired, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judge(case: str, text: str) -> Outcome:
        return Outcome.BEHAVIOUR_CHANGED if "x + 10" in text else Outcome.FIXED

    monkeypatch.setattr(repair, "MOST_VERIFYING", 0)
    after, result = repaired(judge)
    assert after == ""
    assert {back.rewrite.rule for back in result.taken_back} == {"replaces-1", "replaces-2"}
    assert {verdict.outcome for verdict in result.verdicts} == {Outcome.FIXED}


def test_what_changes_no_case_stays_though_there_was_no_more_time_to_ask(
    repaired: Repaired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repair, "MOST_VERIFYING", 0)
    after, result = repaired(always(Outcome.FIXED))
    assert "x + 10" in after
    assert "x + 20" in after
    assert result.taken_back == ()


def test_a_changed_checkpoint_stays_where_it_was_asked_for(repaired: Repaired) -> None:
    after, result = repaired(always(Outcome.CHECKPOINT_CHANGED), hoist="always")
    assert "x + 10" in after
    assert result.taken_back == ()


def test_where_a_case_still_fails_its_rewrites_stay_and_are_partial(repaired: Repaired) -> None:
    after, result = repaired(always(Outcome.STILL_FAILING), cases=("First",))
    assert "x + 10" in after
    assert [made.standing for made in result.rewrites] == [Standing.PARTIAL, Standing.UNVERIFIED]
    assert result.left_over


def test_only_fixed_keeps_what_a_fixed_case_reaches(repaired: Repaired) -> None:
    def judge(case: str, text: str) -> Outcome:
        return Outcome.FIXED if case == "Second" and "x + 20" in text else Outcome.STILL_FAILING

    after, result = repaired(judge, only_fixed=True)
    assert "x + 1\n" in after
    assert "x + 20" in after
    assert [made.rewrite.rule for made in result.rewrites] == ["replaces-2"]


NARROWING = (ReplacesNumber(1, Safety.NARROWING), ReplacesNumber(2, Safety.NARROWING))


def test_what_only_failing_cases_reach_stays_only_if_it_is_safe(repaired: Repaired) -> None:
    after, result = repaired(always(Outcome.STILL_FAILING), rules=NARROWING, cases=("First",))
    assert "x + 1\n" in after
    assert "x + 20" in after  # no case reaches it
    assert [made.standing for made in result.rewrites] == [Standing.UNVERIFIED]
    assert any("1 rewrite is left out that only failing cases reach" in n for n in result.notes)
    assert result.tried["First"].rules == ("replaces-1",)


def test_keep_partial_keeps_what_only_failing_cases_reach(repaired: Repaired) -> None:
    after, result = repaired(
        always(Outcome.STILL_FAILING), rules=NARROWING, cases=("First",), keep_partial=True
    )
    assert "x + 10" in after
    assert [made.standing for made in result.rewrites] == [Standing.PARTIAL, Standing.UNVERIFIED]
    assert result.notes == ()


@pytest.mark.parametrize("outcome", [Outcome.CANNOT_RUN, Outcome.CRASHED, Outcome.TIMED_OUT])
def test_a_case_that_does_not_run_is_a_failing_one(repaired: Repaired, outcome: Outcome) -> None:
    after, _ = repaired(always(outcome), rules=NARROWING, cases=("First",))
    assert "x + 1\n" in after


def test_what_a_fixed_case_reaches_too_stays(repaired: Repaired) -> None:
    def judge(case: str, text: str) -> Outcome:
        return Outcome.FIXED if case == "First-again" else Outcome.STILL_FAILING

    after, result = repaired(judge, rules=NARROWING, cases=("First", "First-again"))
    assert "x + 10" in after
    assert [made.standing for made in result.rewrites] == [Standing.VERIFIED, Standing.UNVERIFIED]


def test_what_a_fixed_case_needs_stays_though_it_is_not_known_to_reach_it(
    repaired: Repaired,
) -> None:
    def judge(case: str, text: str) -> Outcome:
        both = "x + 10" in text and "x + 20" in text
        return Outcome.FIXED if case == "Second" and both else Outcome.STILL_FAILING

    after, result = repaired(judge, rules=NARROWING)
    assert "x + 10" in after
    assert "x + 20" in after
    assert [verdict.outcome for verdict in result.verdicts] == [
        Outcome.STILL_FAILING,
        Outcome.FIXED,
    ]
    assert result.notes == ()


def test_what_hoist_always_asks_for_stays(repaired: Repaired) -> None:
    rules = [ReplacesNumber(1, Safety.CHANGES_CHECKPOINTS)]
    options = {"rules": rules, "cases": ("First",), "hoist": "always"}
    after, _ = repaired(always(Outcome.STILL_FAILING), **options)
    assert "x + 10" in after


@pytest.mark.parametrize("options", [{"only_fixed": True}, {}])
def test_no_fallback_acts_where_something_is_left_out(
    repaired: Repaired, options: dict[str, bool]
) -> None:
    fallback = ReplacesNumber(1, Safety.NARROWING, "00")
    after, result = repaired(
        always(Outcome.STILL_FAILING), rules=[NARROWING[0], fallback], cases=("First",), **options
    )
    assert after == ""
    assert result.rewrites == ()


def test_a_safe_fallback_acts_where_something_is_left_out(repaired: Repaired) -> None:
    rules = [NARROWING[0], ReplacesNumber(1, Safety.SAFE, "00")]
    after, result = repaired(always(Outcome.STILL_FAILING), rules=rules, cases=("First",))
    assert "x + 100" in after
    assert [made.rewrite.rule for made in result.rewrites] == ["fallback"]


def test_without_verification_everything_found_is_kept_and_unverified(repaired: Repaired) -> None:
    after, result = repaired(always(Outcome.CRASHED), verify=False)
    assert "x + 10" in after
    assert result.verdicts == ()
    assert {made.standing for made in result.rewrites} == {Standing.UNVERIFIED}


def test_what_is_missing_is_told(repaired: Repaired) -> None:
    _, result = repaired(always(Outcome.FIXED), has=())
    assert [each.name for each in result.missing.packages] == ["torch"]
    assert not result.missing.stood_in
    _, result = repaired(always(Outcome.FIXED), has=(), stub_missing=True)
    assert result.missing.stood_in
    _, result = repaired(always(Outcome.FIXED))
    assert not result.missing.packages


def test_where_the_interpreter_does_not_say_what_it_has_the_cases_are_run(
    repaired: Repaired,
) -> None:
    _, result = repaired(always(Outcome.FIXED), has=None)
    assert {verdict.outcome for verdict in result.verdicts} == {Outcome.FIXED}
    assert not result.missing.packages


def test_without_verification_no_interpreter_is_asked_what_it_has(repaired: Repaired) -> None:
    _, result = repaired(always(Outcome.FIXED), has=(), verify=False)
    assert not result.missing.packages


def test_where_the_repository_is_told_none_is_looked_for(
    repaired: Repaired, tmp_path: Path
) -> None:
    """A bulk run exports what was committed to a folder that may lie in a repository of its own."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "torch").mkdir()
    _, result = repaired(always(Outcome.FIXED), has=())
    assert not result.missing.packages
    inner = tmp_path / "inner"
    inner.mkdir()
    _, result = repaired(always(Outcome.FIXED), has=(), repository=inner)
    assert [each.name for each in result.missing.packages] == ["torch"]


@pytest.mark.parametrize("root", ["project", "project/src", "elsewhere"])
def test_an_import_root_from_here_above_some_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    for name in ("project/src/net.py", "project/train.py", "elsewhere/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("import torch\n")
    monkeypatch.chdir(tmp_path)
    request = Request(paths=(Path("project"),), rules=(), import_roots=(Path(root),), verify=False)
    modules = {file.module for file in reading.read(request, Silent()).project.files.values()}
    assert modules == {"src.net" if root != "project/src" else "net", "train"}
