"""All files or none, and always a way back."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from torchscript_fix import journal
from torchscript_fix.journal import (
    JournalError,
    State,
    WriteFailed,
    default_state_folder,
    journals,
    read_journal,
    undo,
    write_all,
)
from torchscript_fix.source import Unwritable, write_atomically


@dataclass(frozen=True)
class Change:
    path: Path
    before: bytes
    after: bytes


@pytest.fixture
def changes(tmp_path: Path) -> list[Change]:
    tree = tmp_path / "tree"
    tree.mkdir()
    made = []
    for name in ("a.py", "b.py", "c.py"):
        change = Change(tree / name, f"old {name}".encode(), f"new {name}".encode())
        change.path.write_bytes(change.before)
        made.append(change)
    return made


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def contents(changes: list[Change]) -> list[bytes]:
    return [change.path.read_bytes() for change in changes]


def test_written_and_undone(changes: list[Change], state: Path) -> None:
    run = write_all(changes, state)
    assert contents(changes) == [b"new a.py", b"new b.py", b"new c.py"]
    assert run.state is State.DONE
    assert journals(state) == (run.folder,)
    assert read_journal(run.folder) == run

    undoing = undo(run.folder)
    assert contents(changes) == [b"old a.py", b"old b.py", b"old c.py"]
    assert undoing.restored == tuple(change.path for change in changes)
    assert read_journal(run.folder).state is State.UNDONE
    assert undo(run.folder).already == undoing.restored


def test_nothing_but_the_files_is_left_in_the_tree(changes: list[Change], state: Path) -> None:
    write_all(changes, state)
    assert {path.name for path in changes[0].path.parent.iterdir()} == {"a.py", "b.py", "c.py"}


def test_the_journal_is_for_its_owner_alone(changes: list[Change], state: Path) -> None:
    run = write_all(changes, state)
    assert run.folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in run.folder.iterdir())


def test_the_journal_is_whole_before_the_first_file_is_replaced(
    changes: list[Change], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[State, list[bytes]]] = []

    def watch(path: Path, expected: bytes, new: bytes) -> None:
        if not seen:
            (folder,) = journals(state)
            run = read_journal(folder)
            originals = [(folder / entry.original).read_bytes() for entry in run.entries]
            seen.append((run.state, originals))
        write_atomically(path, expected, new)

    monkeypatch.setattr(journal, "write_atomically", watch)
    write_all(changes, state)
    assert seen == [(State.PLANNED, [b"old a.py", b"old b.py", b"old c.py"])]


def test_a_file_changed_since_is_not_overwritten_by_undo(
    changes: list[Change], state: Path
) -> None:
    run = write_all(changes, state)
    changes[1].path.write_bytes(b"edited since")
    changes[2].path.unlink()
    undoing = undo(run.folder)
    assert undoing.restored == (changes[0].path,)
    assert [refused.path for refused in undoing.refused] == [changes[1].path, changes[2].path]
    assert "has changed since torchscript-fix wrote it" in undoing.refused[0].reason
    assert changes[1].path.read_bytes() == b"edited since"
    assert read_journal(run.folder).state is State.DONE


def test_a_read_only_file_among_others_leaves_all_as_they_were(
    changes: list[Change], state: Path
) -> None:
    changes[2].path.chmod(0o444)
    with pytest.raises(WriteFailed, match=r"c\.py: it is read-only.*No file was changed"):
        write_all(changes, state)
    assert contents(changes) == [b"old a.py", b"old b.py", b"old c.py"]
    assert journals(state) == ()


def test_a_file_that_changed_while_we_worked_leaves_all_as_they_were(
    changes: list[Change], state: Path
) -> None:
    changes[1].path.write_bytes(b"edited meanwhile")
    with pytest.raises(WriteFailed, match="has changed since it was read"):
        write_all(changes, state)
    assert contents(changes) == [b"old a.py", b"edited meanwhile", b"old c.py"]


def test_a_write_that_fails_half_way_puts_the_others_back(
    changes: list[Change], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_at_c(path: Path, expected: bytes, new: bytes) -> None:
        if path.name == "c.py":
            raise Unwritable(path, "the disk is full")
        write_atomically(path, expected, new)

    monkeypatch.setattr(journal, "write_atomically", fail_at_c)
    with pytest.raises(WriteFailed) as failed:
        write_all(changes, state)
    assert failed.value.left == ()
    assert str(failed.value).endswith("c.py: the disk is full. No file was changed")
    assert contents(changes) == [b"old a.py", b"old b.py", b"old c.py"]
    (folder,) = journals(state)
    assert read_journal(folder).state is State.ROLLED_BACK


def test_what_cannot_be_put_back_is_named_and_can_be_undone(
    changes: list[Change], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_from_b_on(path: Path, expected: bytes, new: bytes) -> None:
        if path.name != "a.py" or new.startswith(b"old"):
            raise Unwritable(path, "the disk is full")
        write_atomically(path, expected, new)

    with monkeypatch.context() as patched:
        patched.setattr(journal, "write_atomically", fail_from_b_on)
        with pytest.raises(WriteFailed) as failed:
            write_all(changes, state)
    assert [left.path for left in failed.value.left] == [changes[0].path]
    (folder,) = journals(state)
    assert str(folder) in str(failed.value)
    assert undo(folder).restored == (changes[0].path,)
    assert contents(changes) == [b"old a.py", b"old b.py", b"old c.py"]


def test_no_place_for_the_journal_no_writing(changes: list[Change], tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, not a folder")
    with pytest.raises(JournalError, match=r"cannot be kept in .*Nothing was written"):
        write_all(changes, tmp_path / "state")
    assert contents(changes) == [b"old a.py", b"old b.py", b"old c.py"]


def test_a_damaged_journal_undoes_nothing(changes: list[Change], state: Path) -> None:
    run = write_all(changes, state)
    (run.folder / run.entries[2].original).write_bytes(b"damaged")
    with pytest.raises(JournalError, match="is damaged; nothing was undone"):
        undo(run.folder)
    assert contents(changes) == [b"new a.py", b"new b.py", b"new c.py"]
    (run.folder / run.entries[2].original).unlink()
    with pytest.raises(JournalError, match="lacks"):
        undo(run.folder)
    (run.folder / "manifest.json").write_text("{")
    with pytest.raises(JournalError, match="is not a journal"):
        undo(run.folder)


def test_a_name_with_undecodable_bytes_goes_through(tmp_path: Path, state: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 \xc3\xa9.py")
    path.write_bytes(b"old")
    run = write_all([Change(path, b"old", b"new")], state)
    assert read_journal(run.folder).entries[0].path == path
    assert undo(run.folder).restored == (path,)
    assert path.read_bytes() == b"old"


def test_where_journals_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_state_folder() == tmp_path / ".local" / "state" / "torchscript-fix"
    monkeypatch.setenv("XDG_STATE_HOME", "relative/is/to/be/ignored")
    assert default_state_folder() == tmp_path / ".local" / "state" / "torchscript-fix"
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    assert default_state_folder() == Path("/var/state/torchscript-fix")


KILLED = """
import os, signal, sys
from dataclasses import dataclass
from pathlib import Path
from torchscript_fix.journal import write_all

@dataclass(frozen=True)
class Change:
    path: Path
    before: bytes
    after: bytes

tree, state, last = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
calls = 0

def counting(frame, event, argument):
    # Every call into the operating system is an instant at which we may be killed.
    global calls
    if event == "c_call" and getattr(argument, "__module__", None) in ("posix", "io", "_io", None):
        calls += 1
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)

changes = [Change(tree / n, f"old {n}".encode(), f"new {n}".encode()) for n in ("a.py", "b.py")]
sys.setprofile(counting)
write_all(changes, state)
sys.setprofile(None)
print(calls)
"""


def killed_at(tree: Path, state: Path, call: int) -> subprocess.CompletedProcess[str]:
    for name in ("a.py", "b.py"):
        (tree / name).write_bytes(f"old {name}".encode())
    return subprocess.run(
        [sys.executable, "-c", KILLED, str(tree), str(state), str(call)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_kill_at_any_instant_leaves_whole_files_and_a_way_back(tmp_path: Path) -> None:
    tree, state = tmp_path / "tree", tmp_path / "state"
    tree.mkdir()
    whole = killed_at(tree, state, -1)
    calls = int(whole.stdout)
    assert calls > 50
    seen = set()
    for call in range(1, calls + 1, 9):
        shutil.rmtree(state)
        killed = killed_at(tree, state, call)
        assert killed.returncode == -signal.SIGKILL
        names = ("a.py", "b.py")
        now = tuple((tree / name).read_bytes()[:3] for name in names)
        assert set(now) <= {b"old", b"new"}
        seen.add(now)
        for folder in journals(state):
            assert undo(folder).refused == ()
        assert {path.name: path.read_bytes()[:3] for path in tree.iterdir()} == dict.fromkeys(
            names, b"old"
        )
        state.mkdir(exist_ok=True)
    assert {(b"old", b"old"), (b"new", b"new")} <= seen


def test_the_manifest_is_plain_json(changes: list[Change], state: Path) -> None:
    run = write_all(changes, state)
    manifest = json.loads((run.folder / "manifest.json").read_bytes())
    assert manifest["state"] == "done"
    assert [file["path"] for file in manifest["files"]] == [str(c.path) for c in changes]
