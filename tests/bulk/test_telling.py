"""What a bulk run says: while it runs, at its end, and afterwards to whoever asks."""

import json
import sqlite3
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from tests.bulk.conftest import FIXABLE, Results, bulk, repository
from torchscript_fix import cli
from torchscript_fix.bulk import commands, table
from torchscript_fix.bulk.tables import TABLES
from torchscript_fix.bulk.words import duration
from torchscript_fix.report import document
from torchscript_fix.terminal import printable


@pytest.fixture
def ran(clones: Path, results: Results) -> Results:
    """A run over two good repositories and an empty folder that claims to be one."""
    for name in ("one", "two"):
        repository(clones / name, {"net.py": FIXABLE})
    (clones / "zz" / ".git").mkdir(parents=True)
    assert bulk(clones, "--out", results.folder, "--no-verify").code == 1
    return results


def test_the_report_is_valid(ran: Results) -> None:
    jsonschema.Draft202012Validator(document.schema()).validate(ran.report)
    campaign = document.decode((ran.folder / "report.json").read_bytes())
    assert isinstance(campaign, document.Campaign)
    assert campaign.total == len(campaign.repositories) == 3
    assert campaign.finished is not None and campaign.sandbox
    assert campaign.options["verify"] is False


def test_no_path_of_the_scratch_folder_is_told(ran: Results) -> None:
    told = (ran.folder / "report.json").read_text()
    assert "torchscript-fix-bulk-" not in told and f"{ran.folder}/scratch" not in told


def test_status_and_report_afterwards(ran: Results) -> None:
    (ran.folder / "report.html").unlink()
    told = bulk("status", ran.folder)
    assert told.code == 0
    assert "2  no-running-case" in told.out and "1  refused" in told.out
    assert "not that of a git repository, or is damaged  (clones/zz)" in told.out
    as_json = json.loads(bulk("status", ran.folder, "--format", "json").out)
    assert as_json["total"] == 3 and as_json["repositories"] == []
    again = bulk("report", ran.folder)
    assert again.code == 0 and (ran.folder / "report.html").exists()
    assert json.loads(bulk("report", ran.folder, "--format", "json").out) == ran.report


def test_a_folder_without_a_run(tmp_path: Path) -> None:
    for what in ("status", "report"):
        told = bulk(what, tmp_path)
        assert told.code == 2 and "it holds no bulk run" in told.err


def test_the_state_can_be_read_where_nothing_can_be_written(ran: Results) -> None:
    assert sorted(path.name for path in ran.folder.glob("state.sqlite*")) == ["state.sqlite"]
    uri = f"{(ran.folder / 'state.sqlite').as_uri()}?immutable=1"
    with sqlite3.connect(uri, uri=True) as connection:
        told = connection.execute("select count(*) from repository").fetchone()
    connection.close()
    assert told == (3,)


def test_every_column_is_explained(ran: Results) -> None:
    told = set(ran.query('select "table", "column" from about'))
    for each in TABLES.sorted_tables:
        assert (each.name, "") in told
        there = ran.query(f'select name from pragma_table_info("{each.name}")')
        assert {(each.name, name) for (name,) in there} <= told
    shown = CliRunner().invoke(cli.cli, ["schema", "--tables"]).output
    assert "peak_memory  Bytes." in shown


def test_no_sandbox(clones: Path, results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    repository(clones / "one", {"net.py": FIXABLE})
    monkeypatch.setattr(commands, "why_uncontained", lambda: "bubblewrap is not installed: so")
    arguments = ["bulk", str(clones), "--out", str(results.folder), "--no-verify"]
    refused = CliRunner().invoke(cli.cli, arguments)
    assert refused.exit_code == 2
    assert "bubblewrap is not installed, and unknown code is not run without it" in refused.output
    assert not results.folder.exists()
    assert CliRunner().invoke(cli.cli, [*arguments, "--sandbox", "off"]).exit_code == 0
    assert results.report["sandbox"] is False


def test_one_run_after_another_in_the_same_process(clones: Path, results: Results) -> None:
    for name in ("one", "two"):
        repository(clones / name, {"net.py": FIXABLE})
        arguments = ["bulk", str(clones), "--out", str(results.folder), "--no-verify"]
        ran = CliRunner().invoke(cli.cli, arguments)
        assert ran.exit_code == 0, ran.output
    assert [each["verdict"] for each in results.report["repositories"]] == ["no-running-case"] * 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--write", "--branch", "x"), "exclude each other"),
        (("--allow-dirty",), "belongs to --write or --branch"),
        (("--dask", "a:1", "--jobs", "2"), "--jobs is for this machine"),
        (("--branch", "no good"), "no branch can be called 'no good'"),
        (("--timeout-per-repo", "soon"), "is no time"),
        (("--memory-per-repo", "much"), "is no size"),
        (("--memory", "much"), "is no size"),
        (("--memory", "9G"), "--memory-per-repo is 8 GiB"),
        (("--select", "nonsense"), "no such rule"),
    ],
)
def test_options_that_are_wrong(arguments: tuple[str, ...], words: str, clones: Path) -> None:
    ran = CliRunner().invoke(cli.cli, ["bulk", str(clones), "--out", "/nowhere", *arguments])
    assert ran.exit_code == 2
    assert words in ran.output


def test_the_table() -> None:
    errors = [
        ("crashed", "took more than N GB", 1, "o/big"),
        ("fixed", "", 12, "o/a"),
        ("still-failing", "cannot do …", 7, "o/b"),
        ("still-failing", "…()\x1b[31m", 2, "o/\nc"),
    ]
    assert list(table.lines(errors, 3)) == [
        "12  fixed",
        " 9  still-failing",
        "       7  cannot do …  (such as o/b)",
        "       2  …()\\x1b[31m  (such as o/\\x0ac)",
        " 1  crashed",
        "       1  took more than N GB  (o/big)",
        " 3  not done yet",
        "25  in all",
    ]


def test_words() -> None:
    assert [duration(s) for s in (5, 100, 5400, 200_000)] == ["5 s", "2 min", "1.5 h", "2.3 days"]
    assert printable("a\n\u202eb\u2028") == "a\\x0a\\u202eb\\u2028"
