"""The copy of the tree that commands write to: whole, new each time, and nothing but a copy."""

from pathlib import Path

import pytest

from torchscript_fix.verify import writable
from torchscript_fix.verify.mirror import Mirror
from torchscript_fix.verify.writable import fill


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "data" / "deep").mkdir(parents=True)
    (root / "net.py").write_text("original")
    (root / "data" / "a.json").write_text("a")
    (root / "data" / "deep" / "b.txt").write_text("b")
    (root / "data" / "large.bin").write_bytes(b"x" * 100)
    (root / "readme").write_text("r")
    (root / "link").symlink_to("readme")
    (root / ".git").mkdir()
    return root


def filled(root: Path, copy: Path) -> Path:
    links = root.parent / "seen"
    mirror = root.parent / "mirror"
    if not mirror.exists():
        made = Mirror(root, [root / "net.py"], mirror, links, root)
        made.put({root / "net.py": b"rewritten"})
    copy.mkdir(exist_ok=True)
    fill(copy, mirror, root)
    return copy


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_and_folders_are_copies(root: Path, tmp_path: Path) -> None:
    copy = filled(root, tmp_path / "copy")
    assert (copy / "net.py").read_text() == "rewritten"
    for name in ("data/a.json", "data/deep/b.txt", "readme"):
        assert (copy / name).read_bytes() == (root / name).read_bytes()
        assert not (copy / name).is_symlink()
    assert not (copy / ".git").exists()


def test_a_link_of_the_users_stays_one(root: Path, tmp_path: Path) -> None:
    assert (filled(root, tmp_path / "copy") / "link").readlink() == Path("readme")


def test_what_was_done_to_it_is_undone(root: Path, tmp_path: Path) -> None:
    copy = filled(root, tmp_path / "copy")
    (copy / "net.py").write_text("spoilt")
    (copy / "data" / "a.json").unlink()
    (copy / "data" / "new").mkdir()
    (copy / "data" / "deep" / "b.txt").unlink()
    (copy / "data" / "deep" / "b.txt").mkdir()
    (copy / "out.txt").write_text("out")
    (copy / "readme").unlink()
    (copy / "readme").symlink_to(root / "readme")
    filled(root, copy)
    assert (copy / "net.py").read_text() == "rewritten"
    assert names(copy) == ["data", "link", "net.py", "readme"]
    assert names(copy / "data") == ["a.json", "deep", "large.bin"]
    assert (copy / "data" / "deep" / "b.txt").read_text() == "b"
    assert not (copy / "readme").is_symlink()
    assert (root / "readme").read_text() == "r"


def test_large_files_are_links_to_where_the_original_is_seen(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writable, "LARGEST_COPY", 50)
    copy = filled(root, tmp_path / "copy")
    assert (copy / "data" / "large.bin").readlink() == tmp_path / "seen" / "data" / "large.bin"
    assert not (copy / "data" / "a.json").is_symlink()


def test_what_cannot_be_read_is_a_link(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: Path, place: Path) -> None:
        if source.name == "a.json":
            raise PermissionError(source)
        place.write_bytes(Path(source).read_bytes())

    monkeypatch.setattr(writable.shutil, "copyfile", lambda s, p: refuse(Path(s), Path(p)))
    copy = filled(root, tmp_path / "copy")
    assert (copy / "data" / "a.json").readlink() == tmp_path / "seen" / "data" / "a.json"
    assert (copy / "data" / "deep" / "b.txt").read_text() == "b"
