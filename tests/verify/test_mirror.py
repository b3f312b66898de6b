"""The mirror of the user's tree."""

from pathlib import Path

import pytest

from torchscript_fix.verify.mirror import Mirror


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in ("a.py", "pkg/b.py", "pkg/data.txt", "data/x/y.txt", ".git/config", "weights.pt"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"original {name}")
    return root


def mirror(root: Path, links: Path | None) -> tuple[Mirror, Path]:
    folder = root.parent / "mirror"
    files = [root / "a.py", root / "pkg" / "b.py", root.parent / "outside.py"]
    return Mirror(root, files, folder, links, root), folder


def test_python_files_are_copies_and_the_rest_are_links(tree: Path) -> None:
    _, folder = mirror(tree, tree)
    assert not (folder / "a.py").is_symlink()
    assert (folder / "pkg" / "b.py").read_text() == "original pkg/b.py"
    assert (folder / "pkg" / "data.txt").readlink() == tree / "pkg" / "data.txt"
    assert (folder / "data").readlink() == tree / "data"


def test_hidden_files_are_left_out(tree: Path) -> None:
    _, folder = mirror(tree, tree)
    assert not (folder / ".git").exists()


def test_nothing_but_the_copies_where_the_tree_is_not_to_be_seen(tree: Path) -> None:
    _, folder = mirror(tree, None)
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    assert names == ["a.py", "pkg", "pkg/b.py"]


def test_a_rewrite_takes_a_files_place_and_goes_again(tree: Path) -> None:
    made, folder = mirror(tree, tree)
    made.put({tree / "a.py": b"new a"})
    assert (folder / "a.py").read_bytes() == b"new a"
    made.put({tree / "pkg" / "b.py": b"new b"})
    assert (folder / "a.py").read_text() == "original a.py"
    assert (folder / "pkg" / "b.py").read_bytes() == b"new b"
    assert (tree / "pkg" / "b.py").read_text() == "original pkg/b.py"


def test_a_place_to_mount_on_inside_of_the_mirror(tree: Path) -> None:
    made, folder = mirror(tree, tree)
    made.make_place_for(tree / ".venv")
    made.make_place_for(tree / "data" / "deep")
    assert (folder / ".venv").is_dir()
    assert (folder / "data" / "deep").is_dir()
    assert not (tree / "data" / "deep").exists()
