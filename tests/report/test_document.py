"""The documents: valid by their own schema, read back as written, and safe whatever is in them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from torchscript_fix import cli, result
from torchscript_fix.cases import DeclaredCase
from torchscript_fix.facts.diagnosed import Caller, Diagnosis
from torchscript_fix.importing.roots import ImportRoot
from torchscript_fix.packages import MissingPackage, MissingPackages
from torchscript_fix.report import document
from torchscript_fix.report.describe import blanked, rules_document, run_document
from torchscript_fix.rule import HeldBack, Rewrite, Safety, all_rules
from torchscript_fix.verify.verdict import Difference, Model, Outcome, Verdict

ROOT = Path("/work place")


DIAGNOSIS = Diagnosis(
    "compile",
    "cannot statically infer the expected size of a list in this context",
    ROOT / "net.py",
    7,
    "Net.forward",
    "*sizes",
    model="Net",
    chain=(Caller(ROOT / "net.py", 9, "Net.run"),),
)
LAST = replace(DIAGNOSIS, stage="run", message="what nobody knows", path=None, line=0)


def found() -> result.Result:
    """A Result with something in every field."""
    path = ROOT / "net.py"
    rewrite = Rewrite("optional-argument", path, 3, "Net.forward", "y: int", Safety.SAFE, ())
    message = f'RuntimeError: \nno good:\n  File "{path}", line 7\n  File "{path}", line 9'
    last = f'RuntimeError: at last:\n  File "{path}", line 8'
    return result.Result(
        files=2,
        changes=(result.FileChange(path, b"-- a\nb\n", b"++ a\nb\nc\n", "utf-8"),),
        rewrites=(result.MadeRewrite(rewrite, result.Standing.VERIFIED, ("net:Net()",)),),
        held_back=(HeldBack("hoist", path, 4, "Net", "because", "--case"),),
        taken_back=(result.TakenBack(rewrite, "it changed"),),
        verdicts=(
            Verdict(
                "net:Net()",
                Outcome.FIXED,
                difference=Difference("output", "close", 1e-7),
                seconds=(("original eval", 0.25),),
                found="declared",
                model=Model("net.Net", 12, (path, "Net")),
                whole=True,
                original=Outcome.STILL_FAILING,
                original_message=message,
            ),
            Verdict(
                "other",
                Outcome.STILL_FAILING,
                message,
                diagnoses=(DIAGNOSIS,),
                original_message=message,
            ),
        ),
        tried={"other": result.Tried(3, ("varargs",), False, last, (LAST, DIAGNOSIS))},
        problems=(result.Problem(ROOT / "bad.py", 1, "invalid syntax", "mend it"),),
        cases=(DeclaredCase("net:Net()", "net:Net()", ("torch.rand(2)", "y=1")),),
        notes=("a note",),
        import_roots=(
            ImportRoot(ROOT, "the folder that its packages lie in"),
            ImportRoot(ROOT / "lib", "found in no other place", ("core",)),
        ),
        stand_ins=("package",),
        missing=MissingPackages(
            (
                MissingPackage("cv2", path, 1, "opencv-python>=4", False),
                MissingPackage("foo", path, 2, None, True),
            )
        ),
        time_limits=("exploring net:Net (160 s)",),
    )


@pytest.fixture
def validator() -> Iterator[jsonschema.Draft202012Validator]:
    schema = document.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    yield jsonschema.Draft202012Validator(schema)


def test_a_run_is_valid_and_reads_back(validator: jsonschema.Draft202012Validator) -> None:
    made = run_document(found(), ROOT, "shown", True)
    data = document.encode(made)
    validator.validate(json.loads(data))
    assert document.decode(data) == made


def test_the_schema_refuses_a_wrong_verdict(validator: jsonschema.Draft202012Validator) -> None:
    made = json.loads(document.encode(run_document(found(), ROOT, "shown", True)))
    made["cases"][0]["verdict"] = "splendid"
    assert not validator.is_valid(made)


def test_rules_are_valid(validator: jsonschema.Draft202012Validator) -> None:
    made = rules_document(all_rules())
    assert [rule.name for rule in made.rules] == [rule.name for rule in all_rules()]
    validator.validate(json.loads(document.encode(made)))


def test_import_roots_are_relative_to_the_root() -> None:
    base, lib = run_document(found(), ROOT, "shown", True).import_roots
    assert (base.folder, base.names) == (".", [])
    assert (lib.folder, lib.why, lib.names) == ("lib", "found in no other place", ["core"])


def test_what_a_case_says() -> None:
    fixed, failing = run_document(found(), ROOT, "shown", True).cases
    assert fixed.found == "declared"
    assert fixed.arguments == [
        *("--case", "net:Net()", "--input", "torch.rand(2)", "--input", "y=1")
    ]
    assert (fixed.before, fixed.verdict) == ("still-failing", "fixed")
    assert fixed.before_error == "RuntimeError: no good:"
    assert fixed.seconds == {"original eval": 0.25}
    assert (fixed.model, fixed.parameters, fixed.whole) == ("net.Net", 12, True)
    assert (failing.model, failing.parameters, failing.whole) == (None, None, False)
    assert failing.found == "deduced"
    assert failing.place == document.Place(path="net.py", line=8)
    assert failing.error == "RuntimeError: at last:"
    assert failing.before_error == "RuntimeError: no good:"


def test_what_a_time_limit_ended_is_told() -> None:
    data = json.loads(document.encode(run_document(found(), ROOT, "shown", True)))
    assert data["time_limits"] == ["exploring net:Net (160 s)"]
    nothing = json.loads(document.encode(run_document(result.Result(1), ROOT, "shown", True)))
    assert nothing["time_limits"] == []


def test_what_is_missing_is_told() -> None:
    data = json.loads(document.encode(run_document(found(), ROOT, "shown", True)))
    assert data["missing_packages"] == [
        {
            "name": "cv2",
            "file": "net.py",
            "line": 1,
            "requirement": "opencv-python>=4",
            "optional": False,
        },
        {"name": "foo", "file": "net.py", "line": 2, "requirement": None, "optional": True},
    ]
    assert data["install"] == "pip install 'opencv-python>=4'"
    nothing = json.loads(document.encode(run_document(result.Result(1), ROOT, "shown", True)))
    assert (nothing["missing_packages"], nothing["install"]) == ([], None)


def test_lines_of_a_diff_that_look_like_its_header_are_counted() -> None:
    change = run_document(found(), ROOT, "shown", True).changes[0]
    assert (change.path, change.added, change.removed) == ("net.py", 2, 1)
    assert change.patch.startswith("diff --git a/net.py b/net.py\n--- a/net.py\n+++ b/net.py\n@@")


def test_names_that_are_no_unicode_can_be_encoded(
    validator: jsonschema.Draft202012Validator,
) -> None:
    odd = ROOT / "n\udce9t.py"
    made = result.Result(
        files=1,
        changes=(result.FileChange(odd, b"\xe9\n", b"\xe8\n", "latin-1"),),
        verdicts=(Verdict("c\ud800", Outcome.CRASHED, "m\udfff"),),
        problems=(result.Problem(odd, None, "r\udce9"),),
    )
    data = document.encode(run_document(made, ROOT, "shown", True))
    validator.validate(json.loads(data))
    assert json.loads(data)["changes"][0]["path"] == r"n\udce9t.py"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "expected input[1, 3, 8, 8] to have 4 channels",
            "expected input[2, 5] to have 6 channels",
        ),
        ("No module named 'a.b'", "No module named 'c'"),
        ('RuntimeError: \n\nbad:\n  File "/a/b.py", line 3', 'RuntimeError: \nbad:\n  File "c"'),
        ("needs a download of https://a/b", "needs a download of https://c/d?e=f"),
    ],
)
def test_the_same_error_elsewhere_reads_the_same(one: str, other: str) -> None:
    assert blanked(one) == blanked(other) != ""


def test_other_errors_read_otherwise() -> None:
    assert blanked("No module named 'a'") != blanked("No attribute named 'a'")
    assert blanked("") == ""


# ------------------------------------------------------------------------------------ commands


def test_json_goes_to_standard_output_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, validator: jsonschema.Draft202012Validator
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.py").write_text("")
    ran = CliRunner().invoke(cli.cli, [".", "--no-verify", "--format", "json"])
    assert (ran.exit_code, ran.stderr) == (0, "")
    made = json.loads(ran.stdout)
    validator.validate(made)
    assert (made["files"], made["verified"], made["deed"]) == (1, False, "shown")


def test_exit_code_and_left_over_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.py").write_text("def (")
    ran = CliRunner().invoke(cli.cli, [".", "--no-verify", "--format", "json"])
    made = json.loads(ran.stdout)
    assert (ran.exit_code, made["left_over"]) == (1, True)
    assert made["problems"][0]["path"] == "broken.py"


def test_the_commands_schema_and_rules_agree() -> None:
    schema = json.loads(CliRunner().invoke(cli.cli, ["schema"]).stdout)
    rules = CliRunner().invoke(cli.cli, ["rules", "--format", "json"])
    jsonschema.Draft202012Validator(schema).validate(json.loads(rules.stdout))


def test_a_case_that_is_left_has_its_diagnoses(validator: jsonschema.Draft202012Validator) -> None:
    made = run_document(found(), ROOT, "shown", True)
    validator.validate(json.loads(document.encode(made)))
    fixed, other = made.cases
    assert fixed.diagnoses == []
    assert [each.kind for each in other.diagnoses] == ["other", "list-size"]
    assert (other.rounds, other.tried) == (3, ["varargs"])
    last = other.diagnoses[1]
    assert (last.path, last.line, last.function, last.code) == (
        "net.py",
        7,
        "Net.forward",
        "*sizes",
    )
    assert last.next.startswith("Pass the list itself")
    assert last.chain == [document.Caller(path="net.py", line=9, function="Net.run")]


def test_without_attempts_the_diagnoses_are_those_of_the_code() -> None:
    made = run_document(replace(found(), tried={}), ROOT, "shown", True)
    assert [each.message for each in made.cases[1].diagnoses] == [DIAGNOSIS.message]


def test_a_document_of_an_older_version_is_read() -> None:
    data = json.loads(document.encode(run_document(found(), ROOT, "shown", True)))
    for case in data["cases"]:
        for name in ("diagnoses", "before_diagnoses", "rounds", "tried"):
            del case[name]
        for name in ("model", "parameters", "whole"):
            del case[name]
    read = document.decode(json.dumps(data).encode())
    assert isinstance(read, document.Run)
    assert read.cases[1].diagnoses == []
    assert read.cases[1].whole is None
