"""The summary: short for large runs, whole with `verbose`, and nothing said without need."""

from dataclasses import replace
from pathlib import Path

import click
import pytest

from torchscript_fix.facts.diagnosed import Diagnosis
from torchscript_fix.importing.roots import ImportRoot
from torchscript_fix.packages import MissingPackage, MissingPackages
from torchscript_fix.report.describe import last_words
from torchscript_fix.report.telling import Deed, Telling, shown
from torchscript_fix.report.text import summary
from torchscript_fix.result import (
    FileChange,
    MadeRewrite,
    Problem,
    Result,
    Standing,
    TakenBack,
    Tried,
)
from torchscript_fix.rule import HeldBack, Rewrite, Safety
from torchscript_fix.verify.verdict import Difference, NotImported, Outcome, Verdict

HERE = Path("/home/somebody/clone")
NET = HERE / "networks" / "net.py"


def told(result: Result, deed: Deed = Deed.SHOWN, **settings: bool) -> str:
    return click.unstyle(summary(result, Telling(deed, HERE, **settings)))


def made(
    rule: str = "optional-argument",
    standing: Standing = Standing.VERIFIED,
    safety: Safety = Safety.SAFE,
    line: int = 7,
) -> MadeRewrite:
    rewrite = Rewrite(rule, NET, line, "Net.forward", "x2: Optional[Tensor] = None", safety, ())
    return MadeRewrite(rewrite, standing, ())


def held(
    line: int, reason: str = "nothing says what x2 is", decided_by: str | None = None
) -> HeldBack:
    return HeldBack("optional-argument", NET, line, "Net.forward", reason, decided_by)


def test_nothing_to_do() -> None:
    assert told(Result(3)) == "Nothing to change in 3 Python files.\n"


def test_a_dry_run_says_how_to_write() -> None:
    change = FileChange(NET, b"a", b"b", "utf-8")
    assert told(Result(3, (change,))) == (
        "1 of 3 Python files would change. Nothing was written: --write does it.\n"
    )


def test_what_was_written_is_listed() -> None:
    change = FileChange(NET, b"a", b"b", "utf-8")
    assert told(Result(1, (change,)), Deed.WRITTEN) == (
        "changed: networks/net.py\n1 of 1 Python file changed.\n"
    )


def test_rewrites_are_counted_by_rule_and_standing() -> None:
    rewrites = (
        made(),
        made(),
        made(standing=Standing.PARTIAL),
        made("hoist-conditional-layer", Standing.UNVERIFIED, Safety.CHANGES_CHECKPOINTS),
    )
    lines = told(Result(1, rewrites=rewrites)).splitlines()
    assert lines[:3] == [
        "Rewrites",
        "  hoist-conditional-layer  1 unverified, 1 of them changes-checkpoints",
        "  optional-argument        2 verified, 1 partial",
    ]
    assert "  (unverified: no case reaches it)" in lines


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.STILL_FAILING, "is fixed yet; those that run behave as before)"),
        (Outcome.CANNOT_RUN, "is fixed yet)"),
        (Outcome.CANNOT_BUILD, "is fixed yet)"),
    ],
)
def test_a_case_that_cannot_run_does_not_behave_as_before(outcome: Outcome, said: str) -> None:
    rewrite = MadeRewrite(made().rewrite, Standing.PARTIAL, ("net",))
    verdicts = (Verdict("net", outcome, "no", found="declared"), Verdict("other", Outcome.FIXED))
    text = told(Result(1, rewrites=(rewrite,), verdicts=verdicts))
    assert f"  (partial: no case that reaches it {said}\n" in text


def test_without_verification_no_standing_is_claimed() -> None:
    text = told(Result(1, rewrites=(made(standing=Standing.UNVERIFIED),)), verified=False)
    assert "  optional-argument  1, not verified\n" in text


def test_every_rewrite_with_verbose() -> None:
    text = told(Result(1, rewrites=(made(),)), verbose=True)
    assert "networks/net.py:7  Net.forward: x2: Optional[Tensor] = None" in text


def test_held_back_for_one_reason_is_said_once() -> None:
    text = told(Result(1, held_back=tuple(held(line) for line in range(1, 101))))
    assert text.count("nothing says what x2 is") == 1
    assert "Held back (100)" in text
    assert "networks/net.py:1  Net.forward" in text
    assert "… and 96 more places" in text


def test_hundreds_held_back_for_as_many_reasons_stay_readable() -> None:
    result = Result(1, held_back=tuple(held(n, f"reason {n}") for n in range(300)))
    assert len(told(result).splitlines()) < 40
    assert "… and 288 more: --verbose lists them" in told(result)
    assert told(result, verbose=True).count("reason ") == 300


def test_what_a_case_would_decide_comes_first() -> None:
    held_back = (held(1, "other"), held(1, "other"), held(2, "unknown", "--case that calls f"))
    text = told(Result(1, held_back=held_back))
    assert text.index("unknown") < text.index("other")
    assert "would be decided by --case that calls f" in text


def test_what_was_taken_back() -> None:
    taken = TakenBack(made().rewrite, "net:Net(): output[0]: 3 of 12 numbers differ")
    text = told(Result(1, taken_back=(taken,)))
    assert "Taken back (1)" in text
    assert "3 of 12 numbers differ" in text


def test_a_failing_case_shows_the_compilers_words() -> None:
    verdict = Verdict("net", Outcome.STILL_FAILING, "first\n  second", found="declared")
    text = told(Result(1, verdicts=(verdict,)))
    assert "  still-failing       net\n      first\n        second\n" in text
    assert "Left to do: 1 case not fixed." in text


def test_a_difference_is_named() -> None:
    difference = Difference("output[1]", "3 of 12 numbers differ", 0.25)
    verdict = Verdict("net", Outcome.BEHAVIOUR_CHANGED, "", difference)
    assert "output[1]: 3 of 12 numbers differ, by at most 0.25" in told(
        Result(1, verdicts=(verdict,))
    )


def test_a_difference_that_the_message_names_is_not_said_twice() -> None:
    difference = Difference("output", "3 of 12 numbers differ", 0.25)
    verdict = Verdict("net", Outcome.BEHAVIOUR_CHANGED, f"eager: {difference}", difference)
    assert told(Result(1, verdicts=(verdict,))).count("3 of 12") == 1


def test_a_long_message_is_cut() -> None:
    verdict = Verdict("net", Outcome.CRASHED, "\n".join(f"line {n}" for n in range(100)))
    text = told(Result(1, verdicts=(verdict,)))
    assert "… 86 more lines: --verbose shows them" in text
    assert "line 99" in told(Result(1, verdicts=(verdict,)), verbose=True)


def test_hundreds_of_cases_are_counted() -> None:
    verdicts = [Verdict(f"good{n}", Outcome.FIXED, found="declared") for n in range(500)]
    verdicts += [
        Verdict(f"bad{n}", Outcome.CANNOT_RUN, f"no {n}", found="declared") for n in range(100)
    ]
    text = told(Result(1, verdicts=tuple(verdicts)))
    assert "  fixed               500 cases\n" in text
    assert "  cannot-run          … and 80 more" in text
    assert "Left to do: 100 cases not fixed." in text
    assert len(text.splitlines()) < 60


@pytest.mark.parametrize(("line", "where"), [(3, "networks/net.py:3"), (None, "networks/net.py")])
def test_a_problem_says_where_why_and_what_next(line: int | None, where: str) -> None:
    problem = Problem(NET, line, "Python 2 syntax", "Convert it")
    text = told(Result(1, problems=(problem,)))
    assert f"  {where}: Python 2 syntax\n    Convert it.\n" in text
    assert "Left to do: 1 file left alone." in text


def test_a_problem_that_nobody_needs_is_a_note_and_not_counted() -> None:
    problems = tuple(Problem(HERE / f"{n}.py", 3, "Python 2", needed=False) for n in "abc")
    text = told(Result(3, problems=problems))
    assert text.startswith(
        "Note: 3 files cannot be read or parsed, and no case needs them: Python 2; -v lists them\n"
    )
    assert "left alone" not in text.lower()
    assert not Result(3, problems=problems).left_over
    assert "\n    b.py:3: Python 2\n" in told(Result(3, problems=problems), verbose=True)


def test_modules_that_cannot_be_imported_are_told_by_error() -> None:
    modules = [NotImported(f"a{n}", HERE / f"a{n}.py", f"no {n}\n  place") for n in range(9)]
    modules += [NotImported(f"b{n}", HERE / f"b{n}.py", "no b") for n in range(3)]
    lines = told(Result(3, not_imported=tuple(modules))).splitlines()
    assert lines[:4] == [
        "Note: 3 modules cannot be imported: no b; -v lists them",
        "Note: a0 cannot be imported: no 0",
        "Note: a1 cannot be imported: no 1",
        "Note: 7 modules cannot be imported: 7 other errors; -v lists them",
    ]


def test_notes() -> None:
    assert told(Result(1, notes=("nothing is contained",))).startswith(
        "Note: nothing is contained\n"
    )


def test_import_roots_in_one_line() -> None:
    base = ImportRoot(HERE, "the folder that its packages lie in")
    more = [ImportRoot(HERE / name, f"because of {name}") for name in ("a", "b", "c", "d")]
    named = ImportRoot(HERE / "lib", "found in no other place", ("core", "nets"))
    assert "Imported from" not in told(Result(1, import_roots=(base,)))
    text = told(Result(1, import_roots=(base, named)))
    assert text.startswith("Imported from: ., lib (core, nets: found in no other place)\n")
    text = told(Result(1, import_roots=(base, *more)))
    assert "c (because of c), and 1 more\n" in text


def test_packages_that_were_stood_in_for() -> None:
    text = told(Result(1, stand_ins=("cv", "kit")))
    assert text.startswith("Note: not installed, so stand-ins took their place: cv, kit. ")


def test_what_a_time_limit_ended() -> None:
    text = told(Result(1, time_limits=("exploring net:Net (160 s)", "running demo.py (120 s)")))
    assert text.startswith(
        "Note: a time limit ended this, and another run may find otherwise: "
        "exploring net:Net (160 s); running demo.py (120 s).\n"
    )
    assert "time limit" not in told(Result(1))


def test_a_path_elsewhere_is_absolute() -> None:
    assert shown(Path("/tmp/net.py"), HERE) == "/tmp/net.py"


def test_a_path_that_is_not_text() -> None:
    assert shown(HERE / "odd\udcff.py", HERE) == "odd\\xff.py"


FAILING = Diagnosis(
    "compile",
    "cannot statically infer the expected size of a list in this context",
    NET,
    12,
    "Net.forward",
    "*sizes",
)
ELSEWHERE = Diagnosis(
    "compile",
    "Lambda aren't supported",
    NET,
    20,
    "Net.forward",
    "",
    outside="timm 0.9, timm/a.py:3",
)


def test_a_case_that_is_left_says_what_was_tried_and_what_to_do_next() -> None:
    verdict = Verdict("net:Net()", Outcome.STILL_FAILING, "no good", diagnoses=(FAILING,))
    tried = {"net:Net()": Tried(2, ("varargs",), False, "another", (FAILING, ELSEWHERE))}
    said = told(Result(1, verdicts=(verdict,), tried=tried))
    assert "  still-failing       net:Net()\n      another\n" in said
    assert "no good" not in said
    assert "      it was compiled in 2 rewritten versions, made by varargs\n" in said
    assert "      list-size at networks/net.py:12 in Net.forward\n" in said
    assert "      other errors in it: lambda-def\n" in said
    assert "      next: Pass the list itself" in said


def test_the_originals_error_comes_with_verbose() -> None:
    verdict = Verdict(
        "net:Net()", Outcome.STILL_FAILING, "now", original_message="at first\n  there"
    )
    tried = {"net:Net()": Tried(1, (), False, "at last", ())}
    said = told(Result(1, verdicts=(verdict,), tried=tried), verbose=True)
    words = (
        "      before anything was rewritten it failed with:\n        at first\n          there\n"
    )
    assert f"      at last\n{words}" in said
    assert "at first" not in told(Result(1, verdicts=(verdict,), tried=tried))


def test_what_a_case_ends_with_is_its_last_error_unless_it_compiled() -> None:
    verdict = Verdict("net", Outcome.STILL_FAILING, "saved model differs")
    assert last_words(verdict, Tried(1, (), True, "", ())) == "saved model differs"
    changed = Verdict("net", Outcome.BEHAVIOUR_CHANGED, "other numbers")
    assert last_words(changed, Tried(1, (), False, "at last", ())) == "other numbers"
    assert last_words(verdict, None) == "saved model differs"


def test_a_failure_that_several_cases_share_is_told_once() -> None:
    verdicts = [Verdict(f"net{n}", Outcome.CANNOT_BUILD, "no cv2\n  there") for n in range(9)]
    verdicts.insert(1, Verdict("other", Outcome.CANNOT_BUILD, "no numpy"))
    verdicts.insert(2, Verdict("run", Outcome.CANNOT_RUN, "no cv2\n  there"))
    said = told(Result(1, verdicts=tuple(verdicts)))
    lines = said.splitlines()
    assert lines[1:11] == [
        *(f"  cannot-build        net{n}" for n in range(6)),
        "  cannot-build        … and 3 more",
        "      9 cases share this failure:",
        "      no cv2",
        "        there",
    ]
    assert said.count("no cv2") == 2
    assert lines[11:13] == ["  cannot-build        other", "      no numpy"]
    assert "net8" in told(Result(1, verdicts=tuple(verdicts)), verbose=True)


def test_where_cases_are_named_the_report_is_about_them() -> None:
    elsewhere = HeldBack("varargs", HERE / "other.py", 3, "f", "nobody knows")
    result = Result(1, held_back=(held(1), elsewhere), related=frozenset({NET}))
    assert "Held back (1)" in told(result)
    assert "nobody knows" not in told(result)
    assert "nobody knows" in told(result, verbose=True)
    assert "nobody knows" in told(Result(1, held_back=(held(1), elsewhere)))
    assert "Held back" not in told(Result(1, held_back=(elsewhere,), related=frozenset()))


def test_a_case_that_stops_where_a_rule_held_back_says_why() -> None:
    verdict = Verdict("net:Net()", Outcome.STILL_FAILING, "no good", diagnoses=(FAILING,))
    reason, decided_by = "nothing shows its type", "a --case that calls it"
    held = HeldBack("unpacked-size", NET, 10, "Net.forward", reason, decided_by)
    other = HeldBack("unpacked-size", NET, 50, "Other.forward", "something else")
    said = told(Result(1, verdicts=(verdict,), held_back=(held, held, other)))
    words = f"      unpacked-size held back: {reason}; {decided_by} would decide it\n"
    assert said.count(words) == 1
    assert "held back: something else" not in said


def test_a_case_that_stops_in_another_package_says_in_which() -> None:
    verdict = Verdict("net:Net()", Outcome.STILL_FAILING, "no good", diagnoses=(ELSEWHERE,))
    said = told(Result(1, verdicts=(verdict,)))
    assert "      outside of these files: timm 0.9, timm/a.py:3\n" in said
    assert "      next: That code is not among these files." in said
    assert "compiled in" not in said


def test_a_case_that_is_fixed_says_nothing_of_what_it_failed_with() -> None:
    verdict = Verdict("net:Net()", Outcome.FIXED, original_diagnoses=(FAILING,))
    assert "list-size" not in told(Result(1, verdicts=(verdict,)), verbose=True)


def lacking(name: str, requirement: str | None, optional: bool = False) -> MissingPackage:
    return MissingPackage(name, NET, 3, requirement, optional)


LACKING = MissingPackages(
    (
        lacking("cv2", "opencv-python"),
        lacking("foo", None),
        lacking("tensorflow", "tensorflow>=2.2"),
        lacking("wandb", "wandb", optional=True),
    ),
    ("requirements.txt is larger than 300 kB",),
)
FAILS = Verdict("net:Net()", Outcome.CANNOT_BUILD, "no cv2", found="declared")


def test_missing_packages_and_the_line_that_installs_them() -> None:
    text = told(Result(1, verdicts=(FAILS,), missing=LACKING))
    assert (
        "Missing packages: cv2, foo, tensorflow\n"
        "To install them: pip install opencv-python 'tensorflow>=2.2'   (or --stub-missing)\n"
        "Not known under which name: foo\n"
        "  Not read: requirements.txt is larger than 300 kB\n\n"
    ) in text
    assert "wandb" not in text


def test_nothing_of_what_is_missing_is_known() -> None:
    text = told(Result(1, missing=MissingPackages((lacking("foo", None),))))
    assert "Missing packages: foo\nTo go on without them: --stub-missing\nNot known" in text


def test_very_many_missing_packages_fit_a_screen() -> None:
    many = tuple(lacking(f"package_number_{n:03}", None) for n in range(300))
    lines = told(Result(1, missing=MissingPackages(many))).splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 20
    assert any("and 280 more" in line for line in lines)


def test_with_stand_ins_only_the_line_that_would_install_them() -> None:
    missing = replace(LACKING, stood_in=True)
    text = told(Result(1, verdicts=(FAILS,), missing=missing))
    assert "To install what is missing: pip install opencv-python 'tensorflow>=2.2'\n" in text
    assert "Missing packages" not in text


def test_what_no_case_needed_is_not_said() -> None:
    fine = replace(FAILS, outcome=Outcome.FIXED)
    assert "Missing" not in told(Result(1, verdicts=(fine,), missing=LACKING))
    assert "Missing" in told(Result(1, verdicts=(fine,), missing=LACKING), verbose=True)
    assert "Missing" in told(Result(1, verdicts=(fine, FAILS), missing=LACKING))
    found = replace(fine, found="deduced")
    assert "Missing" in told(Result(1, verdicts=(found,), missing=LACKING))


def test_what_can_be_done_without_is_not_said() -> None:
    missing = MissingPackages((lacking("wandb", "wandb", optional=True),))
    assert told(Result(3, missing=missing)) == "Nothing to change in 3 Python files.\n"
