"""Which files a path stands for, and from where they are imported."""

import os
from pathlib import Path

import pytest

from torchscript_fix.discover import (
    Discovery,
    NoSuchPath,
    discover,
    import_root,
)


def plant(root: Path, *names: str, **contents: str) -> None:
    """Files by their names; those that end in / are folders."""
    for name in names:
        path = root / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")


def names(discovery: Discovery, root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in discovery.files]


def counts(discovery: Discovery) -> dict[str, int]:
    return {skipped.reason: skipped.count for skipped in discovery.skipped}


def test_python_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    plant(tmp_path, "b.py", "a/z.py", "a/b/c.py", "a.py", "a/readme.md", "a/stub.pyi", "Z.py")
    assert names(discover([tmp_path]), tmp_path) == ["Z.py", "a/b/c.py", "a/z.py", "a.py", "b.py"]


def test_what_is_skipped_and_counted(tmp_path: Path) -> None:
    plant(
        tmp_path,
        "net.py",
        ".hidden/a.py",
        ".git/b.py",
        "env/pyvenv.cfg",
        "env/lib/c.py",
        "conda/conda-meta/",
        "conda/d.py",
        "deep/site-packages/e.py",
        "node_modules/f.py",
        "deep/__pycache__/g.py",
        "build/lib/h.py",
        "my.egg-info/i.py",
    )
    discovery = discover([tmp_path])
    assert names(discovery, tmp_path) == ["net.py"]
    assert counts(discovery) == {
        "hidden folders": 2,
        "virtual environments": 2,
        "site-packages folders": 1,
        "node_modules folders": 1,
        "__pycache__ folders": 1,
        "build folders": 1,
        "built packages": 1,
    }


def test_a_package_called_build_is_no_build_folder(tmp_path: Path) -> None:
    plant(tmp_path, "models/build/__init__.py", "models/build/net.py")
    assert len(discover([tmp_path]).files) == 2


def test_gitignore_from_the_root_of_the_repository_down(tmp_path: Path) -> None:
    plant(tmp_path, ".git/info/", "sub/a.py", "sub/old.py", "sub/out/b.py", "sub/keep/old.py")
    plant(tmp_path, "sub/local.py", "top.py", "sub/deep/x/gen.py", "sub/gen.py")
    (tmp_path / ".gitignore").write_text("old.py\nout/\n/gen.py\n**/x/gen.py\n#c\n\n[\n")
    (tmp_path / "sub" / "keep" / ".gitignore").write_text("!old.py\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("local.py\n")
    expected = ["sub/a.py", "sub/gen.py", "sub/keep/old.py"]
    everything = discover([tmp_path])
    assert names(everything, tmp_path) == [*expected, "top.py"]
    assert counts(everything) == {"hidden folders": 1, "ignored by git": 4}
    assert names(discover([tmp_path / "sub"]), tmp_path) == expected


def test_a_pattern_with_a_slash_counts_from_its_own_folder(tmp_path: Path) -> None:
    plant(tmp_path, ".git/", "a/gen/x.py", "gen/x.py", "a/b/gen/x.py")
    (tmp_path / "a" / ".gitignore").write_text("/gen\n")
    assert names(discover([tmp_path]), tmp_path) == ["a/b/gen/x.py", "gen/x.py"]


def test_a_folder_and_a_file_that_are_named_are_taken_even_if_ignored(tmp_path: Path) -> None:
    plant(tmp_path, ".git/", "out/a.py", "out/b.py", ".hidden/c.py")
    (tmp_path / ".gitignore").write_text("out/\n")
    assert discover([tmp_path]).files == ()
    assert names(discover([tmp_path / "out"]), tmp_path) == ["out/a.py", "out/b.py"]
    assert names(discover([tmp_path / "out/a.py"]), tmp_path) == ["out/a.py"]
    assert names(discover([tmp_path / ".hidden"]), tmp_path) == [".hidden/c.py"]


def test_a_repository_inside_another_has_its_own_patterns(tmp_path: Path) -> None:
    plant(tmp_path, ".git/", "inner/.git", "inner/old.py", "inner/new.py", "old.py")
    (tmp_path / ".gitignore").write_text("old.py\n")
    (tmp_path / "inner" / ".gitignore").write_text("new.py\n")
    assert names(discover([tmp_path]), tmp_path) == ["inner/old.py"]


def test_patterns_hold_without_a_repository_from_the_path_down(tmp_path: Path) -> None:
    plant(tmp_path, "project/a.py", "project/old.py")
    (tmp_path / ".gitignore").write_text("a.py\n")
    (tmp_path / "project" / ".gitignore").write_text("old.py\n")
    assert names(discover([tmp_path / "project"]), tmp_path) == ["project/a.py"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    plant(tmp_path, "project/a.py", "outside/b.py")
    project = tmp_path / "project"
    (project / "out.py").symlink_to(tmp_path / "outside" / "b.py")
    (project / "outside").symlink_to(tmp_path / "outside")
    (project / "again.py").symlink_to("a.py")
    (project / "round").symlink_to(".")
    (project / "dangling.py").symlink_to("nowhere.py")
    discovery = discover([project])
    assert names(discovery, project) == ["a.py"]
    assert counts(discovery) == {"links": 5}


def test_a_link_that_is_named_is_followed_and_its_target_said(tmp_path: Path) -> None:
    plant(tmp_path, "a.py")
    (tmp_path / "link.py").symlink_to("a.py")
    discovery = discover([tmp_path / "link.py"])
    assert names(discovery, tmp_path) == ["a.py"]
    link = tmp_path / "link.py"
    assert discovery.notes == (
        f"{link} is a link to {tmp_path / 'a.py'}: that is what is looked at.",
    )


def test_a_link_that_is_named_and_leads_to_no_python_file(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "link.py").symlink_to("notes.txt")
    discovery = discover([tmp_path / "link.py"])
    assert [problem.reason for problem in discovery.problems] == ["it is not a Python file"]


@pytest.mark.parametrize("target", ["nowhere", "link"])
def test_a_link_that_is_named_and_leads_nowhere(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(NoSuchPath, match="link is a link to "):
        discover([tmp_path / "link"])


def test_a_folder_that_is_named_by_a_link_is_entered(tmp_path: Path) -> None:
    plant(tmp_path, "real/a.py")
    (tmp_path / "link").symlink_to("real")
    discovery = discover([tmp_path / "link"])
    assert names(discovery, tmp_path) == ["real/a.py"]
    assert f"link is a link to {tmp_path / 'real'}" in discovery.notes[0]


def test_overlapping_paths_give_each_file_once(tmp_path: Path) -> None:
    plant(tmp_path, "a/b.py", "a/c.py")
    assert len(discover([tmp_path, tmp_path / "a", tmp_path / "a" / "b.py"]).files) == 2


def test_no_such_path(tmp_path: Path) -> None:
    with pytest.raises(NoSuchPath, match=r"no such file or folder: .*nets"):
        discover([tmp_path, tmp_path / "nets"])


def test_a_file_that_is_not_python_and_one_that_is_no_file(tmp_path: Path) -> None:
    plant(tmp_path, "a.txt", "b.pyi")
    os.mkfifo(tmp_path / "c.py")
    discovery = discover([tmp_path / "a.txt", tmp_path / "b.pyi", tmp_path / "c.py"])
    assert [problem.reason for problem in discovery.problems] == [
        "it is not a Python file",
        "it is not a Python file",
        "it is neither a regular file nor a folder",
    ]
    assert counts(discover([tmp_path])) == {"special files": 1}


def test_a_folder_without_a_python_file_is_said_so(tmp_path: Path) -> None:
    plant(tmp_path, "empty/", "docs/a.md", "hidden/.a/b.py", "full/a.py")
    folders = [tmp_path / name for name in ("empty", "docs", "hidden", "full")]
    assert discover(folders).notes == (
        f"There is no Python file in {tmp_path / 'empty'}.",
        f"There is no Python file in {tmp_path / 'docs'}.",
        f"There is no Python file in {tmp_path / 'hidden'} (1 skipped: ignored, hidden or linked).",
    )


def test_a_folder_that_cannot_be_read_does_not_end_the_walk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, "a/x.py", "locked/y.py", "z.py")
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if path == tmp_path / "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # as root we may read everything
    discovery = discover([tmp_path])
    assert names(discovery, tmp_path) == ["a/x.py", "z.py"]
    (problem,) = discovery.problems
    assert str(problem) == f"{tmp_path / 'locked'}: this folder cannot be read: Permission denied"


def test_names_with_spaces_other_letters_and_undecodable_bytes(tmp_path: Path) -> None:
    plant(tmp_path, "mein netz/größe.py", "日本.py", "a b.py")
    (tmp_path / ".gitignore").write_text("größer.py\n日本.py\n")
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.py"), "wb"):  # noqa: PTH118, PTH123
        pass
    found = [os.fsencode(path.name) for path in discover([tmp_path]).files]
    assert found == [b"a b.py", b"caf\xe9.py", "größe.py".encode()]


def test_a_path_relative_to_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(tmp_path, "a/b.py")
    monkeypatch.chdir(tmp_path / "a")
    assert discover([Path()]).files == (tmp_path / "a" / "b.py",)
    assert discover([Path("b.py")]).files == (tmp_path / "a" / "b.py",)


# import root


@pytest.mark.parametrize(
    ("path", "root"),
    [
        ("flat", "flat"),
        ("flat/net.py", "flat"),
        ("flat/networks", "flat"),
        ("flat/networks/deep/net.py", "flat"),
        ("srclayout", "srclayout/src"),
        ("srclayout/src", "srclayout/src"),
        ("srclayout/src/pkg", "srclayout/src"),
        ("srclayout/src/pkg/net.py", "srclayout/src"),
        ("srcpackage", "srcpackage"),
        ("srcscripts", "srcscripts"),
    ],
)
def test_the_import_root_of_a_path(tmp_path: Path, path: str, root: str) -> None:
    plant(
        tmp_path,
        *("flat/net.py", "flat/networks/__init__.py", "flat/networks/deep/__init__.py"),
        *("flat/networks/deep/net.py", "srclayout/src/pkg/__init__.py"),
        *("srclayout/src/pkg/net.py", "srclayout/setup.py"),
        *("srcpackage/src/__init__.py", "srcpackage/src/pkg/__init__.py"),
        *("srcscripts/src/net.py", "srcscripts/train.py"),
    )
    assert import_root(tmp_path / path) == tmp_path / root


def test_src_that_is_imported_by_its_own_name_is_not_a_root(tmp_path: Path) -> None:
    plant(tmp_path, "src/models/__init__.py", "train.py")
    assert import_root(tmp_path) == tmp_path / "src"
    (tmp_path / "train.py").write_text("import os\nfrom src.models import net\n")
    assert import_root(tmp_path) == tmp_path


def test_the_import_root_of_a_file_that_is_named_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("")
    (tmp_path / "package" / "net.py").write_text("")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "net.py").symlink_to(tmp_path / "package" / "net.py")
    assert import_root(tmp_path / "links" / "net.py") == tmp_path
