"""What the cases of a repository come to: the one verdict that it is counted under.

It is that of its networks. A part of a network, or a loss, says nothing about whether the network
can be scripted: an activation function that compiles is no repository that does.
"""

from collections import Counter
from dataclasses import dataclass

from torchscript_fix.report import document
from torchscript_fix.report.describe import blanked

RUNNING: frozenset[document.VerdictName] = frozenset(
    {"already-scriptable", "fixed", "still-failing", "behaviour-changed", "checkpoint-changed"}
)
"""Verdicts of a case whose original was built and run."""
FINE: frozenset[document.VerdictName] = frozenset({"already-scriptable", "fixed"})


@dataclass(frozen=True)
class Standing:
    """A verdict, and why, in words and with names and numbers blanked."""

    verdict: document.RepositoryVerdict
    message: str = ""
    error: str = ""


def standing_of(run: document.Run) -> Standing:
    """The verdict of a repository that was run to the end.

    A case whose original cannot be built or run says nothing about the rewriting: it counts only
    where there is no other.
    """
    all_running = [case for case in run.cases if case.runs and case.before in RUNNING]
    running = [case for case in all_running if is_of_a_network(case)]
    if all_running and not running:
        return _parts_alone(all_running)
    left = [case for case in running if case.verdict not in FINE]
    fixed = any(case.verdict == "fixed" for case in running)
    if fixed:
        return _because("partly-fixed", left) if left else Standing("fixed")
    if left:
        return _because("still-failing", left)
    if running:
        return Standing("already-scriptable")
    if any(case.verdict == "compiles" for case in run.cases):
        return Standing("compiles")
    if run.cases:
        return _because("no-running-case", run.cases)
    if run.models:
        return Standing(
            "no-running-case",
            "No model could be built: no case was deduced or recorded",
            "No model could be built: no case was deduced or recorded",
        )
    return Standing("no-model", *_unreadable(run))


def is_of_a_network(case: document.Case) -> bool:
    """Whether the verdict of a case counts as that of a network: it builds a whole one, or one that
    the user named; all cases do of a report that does not know."""
    named = case.found != "deduced" and not case.how
    return case.whole is not False or named


def _parts_alone(running: "list[document.Case]") -> Standing:
    """Where parts and losses run, and no network."""
    counts = Counter(case.verdict for case in running)
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    words = "No whole network could be built and run"
    return Standing("no-running-network", f"{words}; of its parts and losses: {told}", words)


def _because(verdict: document.RepositoryVerdict, cases: "list[document.Case]") -> Standing:
    first = next((case for case in cases if case.message), cases[0])
    return Standing(verdict, first.message or first.verdict, first.error or first.verdict)


def _unreadable(run: document.Run) -> tuple[str, str]:
    """Why no model was seen, where files could not be read."""
    if not run.problems:
        return "", ""
    problem = run.problems[0]
    message = f"{problem.path}: {problem.reason}"
    return message, blanked(problem.reason)
