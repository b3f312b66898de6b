"""What makes two reports different, and what must be in none."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.benchmarks.scripts import script
from torchscript_fix.report import document

compare_reports = script("compare_reports")

TOOL = document.Tool(version="0", torch=None, libcst="1", python="3.11")
PATCH = "--- a/net.py\n+++ b/net.py\n@@ -1,2 +1,2 @@\n KEY = 0xdeadbeef\n-x\n+y\n"


def case(name: str, verdict: document.VerdictName = "fixed") -> document.Case:
    return document.Case(
        name=name,
        found="written",
        how="",
        arguments=[],
        verdict=verdict,
        message="",
        error="",
        place=None,
        before="still-failing",
        before_message="",
        before_error="",
        difference=None,
        seconds={"original eval": 0.25, "rewritten eval": 0.5},
    )


def a_run(root: str = "/elsewhere/net") -> Any:
    """A run as JSON has it."""
    made = document.Run(
        schema_version=document.SCHEMA_VERSION,
        tool=TOOL,
        root=root,
        deed="shown",
        verified=True,
        files=1,
        changes=[document.Change(path="net.py", added=1, removed=1, patch=PATCH)],
        rewrites=[],
        held_back=[],
        taken_back=[],
        cases=[case("net::first"), case("net::second", "still-failing"), case("net::third")],
        problems=[],
        notes=[f"{root}/net.py was read", "another note"],
        stand_ins=[],
        left_over=True,
    )
    return msgspec.to_builtins(made)


def a_campaign(root: str = "/elsewhere/net") -> Any:
    repositories = [
        document.Repository(
            name=name,
            source=root,
            commit="c0ffee",
            verdict="fixed",
            message="",
            error="",
            patch=f"patches/{name}.patch",
            branch=None,
            written=False,
            seconds=1.5,
            peak_memory=1 << 20,
            tries=1,
            run=msgspec.convert(a_run(root), document.Run),
        )
        for name in ("one", "two")
    ]
    made = document.Campaign(
        schema_version=document.SCHEMA_VERSION,
        tool=TOOL,
        started="2026-01-01T00:00:00Z",
        finished="2026-01-01T00:00:09Z",
        options={"timeout": 60.0},
        sandbox=True,
        total=2,
        repositories=repositories,
    )
    return msgspec.to_builtins(made)


Change = Callable[[Any], object]


@pytest.fixture
def compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Exit code and words for reports, each in a folder of its own."""

    def compare(*reports: Any) -> tuple[int, str]:
        paths = []
        for number, report in enumerate(reports):
            path = tmp_path / str(number) / "report.json"
            path.parent.mkdir()
            path.write_bytes(msgspec.json.encode(report))
            paths.append(str(path))
        return compare_reports.main(paths), capsys.readouterr().out

    return compare


def changed(report: Any, change: Change) -> Any:
    made = copy.deepcopy(report)
    change(made)
    return made


def test_equal_reports_of_two_copies_of_a_tree(compared: Any) -> None:
    assert compared(a_run("/a/new/swin"), a_run("/b/new/swin"))[0] == 0


def test_equal_bulk_reports_of_two_copies_of_a_tree(compared: Any) -> None:
    assert compared(a_campaign("/a/new/swin"), a_campaign("/b/new/swin"))[0] == 0


def test_a_folder_that_only_starts_like_the_root_is_another_one(compared: Any) -> None:
    one, other = a_run("/a/new"), a_run("/b/new")
    one["notes"][1], other["notes"][1] = "/a/newer/net.py", "/b/newer/net.py"
    code, told = compared(one, other)
    assert code == 1
    assert "$.notes[/a/newer/net.py]" in told


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run["cases"][0]["seconds"].update({"original eval": 9.0}),
        lambda run: run["cases"].__setitem__(0, dict(reversed(run["cases"][0].items()))),
    ],
    ids=["seconds", "order of keys"],
)
def test_what_may_differ_in_a_run(compared: Any, change: Change) -> None:
    assert compared(a_run(), changed(a_run(), change))[0] == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda made: made.update(started="2027-01-01T00:00:00Z"),
        lambda made: made.update(finished="2027-01-01T00:00:00Z"),
        lambda made: made["repositories"][1].update(seconds=9.0),
        lambda made: made["repositories"][1].update(peak_memory=9),
        lambda made: made["repositories"][1].update(tries=2),
        lambda made: made["repositories"][1]["run"]["cases"][2]["seconds"].update(
            {"original eval": 9.0}
        ),
    ],
    ids=["started", "finished", "seconds", "peak memory", "tries", "seconds of a stage"],
)
def test_what_may_differ_in_a_bulk_run(compared: Any, change: Change) -> None:
    report = a_campaign()
    other = changed(report, change)
    assert other != report
    assert compared(report, other)[0] == 0


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda run: run["cases"][1].update(verdict="fixed"), "$.cases[net::second].verdict"),
        (lambda run: run["cases"].reverse(), "order, from number 0"),
        (lambda run: run["cases"].pop(0), "$.cases[net::first]\n"),
        (lambda run: run["notes"].reverse(), "order, from number 0"),
        (lambda run: run["cases"][1].update(rounds=7), "$.cases[net::second].rounds"),
        (lambda run: run["cases"][0]["seconds"].popitem(), "seconds.rewritten eval"),
        (lambda run: run["tool"].update(python="3.12"), "$.tool.python"),
        (lambda run: run.update(left_over=1), "$.left_over"),
        (lambda run: run["changes"][0].update(patch=PATCH + "+z\n"), "$.changes[net.py].patch"),
    ],
)
def test_what_may_not_differ(compared: Any, change: Change, place: str) -> None:
    code, told = compared(a_run(), changed(a_run(), change))
    assert code == 1
    assert place in told


def test_a_missing_case_does_not_make_those_behind_it_differ(compared: Any) -> None:
    _, told = compared(a_run(), changed(a_run(), lambda run: run["cases"].pop(0)))
    assert "different, 1" in told


def test_cases_that_share_a_name_are_matched_by_position(compared: Any) -> None:
    report = changed(a_run(), lambda run: run["cases"][1].update(name="net::first"))
    other = changed(report, lambda run: run["cases"][1].update(verdict="fixed"))
    assert "$.cases[1].verdict" in compared(report, other)[1]


def test_a_bulk_run_that_is_not_finished_is_different(compared: Any) -> None:
    code, told = compared(
        a_campaign(), changed(a_campaign(), lambda made: made.update(finished=None))
    )
    assert code == 1
    assert "$.finished" in told


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda run: run["notes"].append("<Net object at 0x7f0a1b2c3d40>"), "an address"),
        (lambda run: run["notes"].append("/tmp/torchscript-fix-dtvsqnl3/net.py"), "scratch"),
        (lambda run: run["notes"].append("OUT/scratch/torchscript-fix-bulk-7-3-ab_d"), "scratch"),
        (lambda run: run["notes"].append('File "/tmp/pytest-1/net.py"'), "scratch"),
        (lambda run: run.update(root="/tmp/torchscript-fix-bulk-7-3-ab_d/tree"), "$.root"),
        (lambda run: run["changes"][0].update(patch=PATCH + "+0x7f0a1b2c3d40\n"), "an address"),
    ],
)
def test_what_must_be_in_no_report(compared: Any, change: Change, place: str) -> None:
    code, told = compared(changed(a_run(), change))
    assert code == 1
    assert place in told


@pytest.mark.parametrize(
    "note", ["0xffff", "torchscript-fix-0.1", "a/tmp/b", "torchscript-fix bulk"]
)
def test_what_is_no_address_and_no_scratch_folder(compared: Any, note: str) -> None:
    assert compared(changed(a_run(), lambda run: run["notes"].append(note)))[0] == 0


def test_patches_of_two_bulk_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        (folder / "patches").mkdir(parents=True)
        (folder / "patches" / "one.patch").write_text(PATCH)
        (folder / "report.json").write_bytes(msgspec.json.encode(a_campaign()))
    arguments = [str(folder) for folder in folders]
    assert compare_reports.main(arguments) == 0
    (folders[1] / "patches" / "two.patch").write_text(PATCH)
    assert compare_reports.main(arguments) == 1
    assert "$.patches.two.patch" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"kind": "run"}', '{"kind": "other"}', "\x00"])
def test_what_cannot_be_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    assert compare_reports.main([str(path)]) == 2
    assert compare_reports.main([str(tmp_path / "missing.json")]) == 2


def test_what_may_differ_is_there_in_the_documents() -> None:
    """A field that gets another name may not fall out of the list unseen."""
    for report in (a_run(), a_campaign()):
        for where in compare_reports.MAY_DIFFER[report["kind"]]:
            assert values_at(report, where), where


def values_at(value: Any, where: tuple[str, ...]) -> list[Any]:
    if not where:
        return [value]
    if where[0] != compare_reports.EACH:
        return values_at(value[where[0]], where[1:])
    items = value.values() if isinstance(value, dict) else value
    return [found for item in items for found in values_at(item, where[1:])]
