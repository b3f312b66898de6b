"""The one verdict that the cases of a repository come to."""

from typing import Any

import pytest

from torchscript_fix.bulk.verdicts import standing_of
from torchscript_fix.report import document
from torchscript_fix.report.describe import tool


def case(
    verdict: str,
    before: str = "still-failing",
    runs: bool = True,
    whole: bool | None = True,
    found: str = "deduced",
) -> document.Case:
    made: dict[str, Any] = {
        "name": "net:Net()",
        "found": found,
        "how": "",
        "arguments": [],
        "verdict": verdict,
        "message": f"{verdict}: why",
        "error": f"{verdict}: …",
        "place": None,
        "before": before,
        "before_message": "",
        "before_error": "",
        "difference": None,
        "seconds": {},
        "runs": runs,
        "whole": whole,
    }
    return document.Case(**made)


def run(*cases: document.Case, models: int = 1) -> document.Run:
    return document.Run(
        schema_version=document.SCHEMA_VERSION,
        tool=tool(),
        root="/x",
        deed="shown",
        verified=True,
        files=1,
        changes=[],
        rewrites=[],
        held_back=[],
        taken_back=[],
        cases=list(cases),
        problems=[document.Problem(path="a.py", line=3, reason="invalid syntax", advice="")],
        notes=[],
        stand_ins=[],
        left_over=False,
        models=models,
    )


FIXED = case("fixed")
FINE = case("already-scriptable", "already-scriptable")
FAILING = case("still-failing")
CHANGED = case("behaviour-changed")
UNBUILT = case("cannot-build", "cannot-build")
HUNG = case("timed-out", "timed-out")
ONLY_COMPILED = case("compiles", runs=False)
ONLY_FAILED = case("still-failing", runs=False)
FINE_PART = case("already-scriptable", "already-scriptable", whole=False)
FIXED_PART = case("fixed", whole=False)
FAILING_PART = case("still-failing", whole=False)


@pytest.mark.parametrize(
    ("cases", "verdict"),
    [
        ((FIXED,), "fixed"),
        ((FIXED, FINE, UNBUILT, HUNG, ONLY_FAILED), "fixed"),
        ((FIXED, FAILING), "partly-fixed"),
        ((FIXED, CHANGED), "partly-fixed"),
        ((FIXED, case("timed-out")), "partly-fixed"),  # the original ran, the rewrite hung
        ((FINE,), "already-scriptable"),
        ((FINE, UNBUILT), "already-scriptable"),
        ((FINE, FAILING), "still-failing"),
        ((FAILING, ONLY_COMPILED), "still-failing"),
        ((ONLY_COMPILED, UNBUILT), "compiles"),
        ((ONLY_FAILED,), "no-running-case"),
        ((UNBUILT, HUNG), "no-running-case"),
        ((), "no-running-case"),
        ((FINE_PART,), "no-running-network"),
        ((FIXED_PART, FAILING_PART, UNBUILT), "no-running-network"),
        ((FINE_PART, ONLY_COMPILED), "no-running-network"),
        ((FAILING, FINE_PART, FIXED_PART), "still-failing"),
        ((FINE, FAILING_PART), "already-scriptable"),
        ((case("fixed", whole=False, found="declared"), FINE_PART), "fixed"),  # the user named it
        ((case("fixed", whole=None),), "fixed"),  # of a report that does not know
    ],
)
def test_verdict(cases: tuple[document.Case, ...], verdict: str) -> None:
    assert standing_of(run(*cases)).verdict == verdict


def test_no_model() -> None:
    standing = standing_of(run(models=0))
    assert standing.verdict == "no-model"
    assert standing.message == "a.py: invalid syntax"  # it may have been there


def test_where_no_network_runs_its_parts_are_counted() -> None:
    standing = standing_of(run(FIXED_PART, FINE_PART, FINE_PART, UNBUILT))
    assert standing.message.endswith(
        "of its parts and losses: 2 already-scriptable, 1 fixed"
    ), standing.message
    assert standing.error == "No whole network could be built and run"


def test_why() -> None:
    standing = standing_of(run(FIXED, FAILING))
    assert (standing.message, standing.error) == ("still-failing: why", "still-failing: …")
    assert standing_of(run(FIXED)).message == ""
