"""A repository that takes too much time, memory, disk or processes is ended, named, and alone."""

from pathlib import Path

import pytest

from tests.bulk.conftest import Ended, Results, bulk, repository
from torchscript_fix.verify.sandbox import why_uncontained

pytestmark = pytest.mark.skipif(bool(why_uncontained()), reason=why_uncontained())

MODEL = """\
import os, time
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
        {code}

    def forward(self, x):
        return self.layer(x)
"""
GREEDY = {
    "disk": """
        with open(os.environ["TMPDIR"] + "/huge", "wb") as file:
            while True:
                file.write(bytes(1 << 24))
    """,
    "memory": """
        for _ in range(9):
            if os.fork() == 0:
                break
        else:
            time.sleep(1000)
        kept = bytearray(400 << 20)
        for i in range(0, len(kept), 4096):
            kept[i] = 1
        time.sleep(1000)
    """,
    "processes": """
        for _ in range(600):
            if os.fork() == 0:
                time.sleep(1000)
        time.sleep(1000)
    """,
    "time": "time.sleep(1000)",
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, Results]:
    """All of them, and one that is content with little."""
    folder = tmp_path_factory.mktemp("greedy")
    for name, code in GREEDY.items():
        told = MODEL.format(code=code.strip("\n").strip())
        repository(folder / "clones" / name, {"net.py": told})
    repository(folder / "clones" / "zz", {"net.py": MODEL.format(code="pass")})
    results = Results(folder / "results")
    ended = bulk(
        folder / "clones",
        *("--out", results.folder, "--timeout", "60", "--timeout-per-repo", "60"),
        *("--memory-per-repo", "2G", "--disk-per-repo", "300M", "--jobs", "2"),
    )
    return ended, results


@pytest.mark.parametrize(
    ("name", "verdict", "words"),
    [
        ("disk", "crashed", "wrote more than 0.293 GB to its scratch folder"),
        ("memory", "crashed", "took more than 2 GB of memory"),
        ("processes", "crashed", "started more than 400 processes"),
        ("time", "timed-out", "took more than 60 s"),
    ],
)
def test_ended(name: str, verdict: str, words: str, ran: tuple[Ended, Results]) -> None:
    row = ran[1].by_name[f"clones/{name}"]
    assert (row["verdict"], row["message"], row["run"]) == (verdict, words, None)


def test_the_others_are_done(ran: tuple[Ended, Results]) -> None:
    assert ran[1].verdicts["clones/zz"] in ("already-scriptable", "compiles")
    assert ran[0].code == 1


def test_it_is_said_in_the_table(ran: tuple[Ended, Results]) -> None:
    assert "took more than N GB of memory  (clones/memory)" in ran[0].out
    assert "5  in all" in ran[0].out


def test_no_process_and_no_scratch_folder_is_left(ran: tuple[Ended, Results]) -> None:
    folder = ran[1].folder
    assert not (folder / "scratch").exists()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            assert str(folder).encode() not in (process / "cmdline").read_bytes()
        except OSError:
            continue
