"""Sources and repositories that are not as one would wish: each a clear message or a verdict."""

import os
from pathlib import Path

import pytest

from tests.bulk.conftest import (
    FIXABLE,
    SCRIPTABLE,
    Results,
    bulk,
    git,
    repository,
    write,
)


def quick(*arguments: "str | Path", results: Results, code: int = 0) -> str:
    """Run without running any of the code; what it says."""
    ended = bulk(*arguments, "--out", results.folder, "--no-verify")
    assert ended.code == code, ended.err
    return ended.out + ended.err


def applies(clone: Path, patch: Path) -> None:
    git(clone, "apply", "--check", str(patch))


# --------------------------------------------------------------------------------------- sources


def test_a_folder_that_is_no_repository(clones: Path, results: Results) -> None:
    write(clones, {"net.py": FIXABLE})
    said = quick(clones, results=results, code=2)
    assert f"there is no git repository in {clones}" in said
    assert "Traceback" not in said


def test_a_source_that_is_not_there(results: Results) -> None:
    assert "no such file or folder: nowhere" in quick("nowhere", results=results, code=2)


def test_a_list_that_is_a_program(tmp_path: Path, results: Results) -> None:
    (tmp_path / "list").write_bytes(b"\x7fELF\0\0\0")
    said = quick(tmp_path / "list", results=results, code=2)
    assert "it is not text" in said


def test_a_list_of_paths_and_urls(clones: Path, tmp_path: Path, results: Results) -> None:
    one = repository(clones / "one", {"net.py": FIXABLE})
    first = git(one, "rev-parse", "HEAD")
    write(one, {"net.py": SCRIPTABLE})
    git(one, "commit", "-qam", "later")
    (tmp_path / "list.txt").write_text(
        f"# what we have\n\nclones/one\n{one.as_uri()}\n{one.as_uri()}@{first}\n"
        f"clones/gone\nclones/one {first}\n"
    )
    said = quick(tmp_path / "list.txt", results=results, code=1)
    assert "Traceback" not in said
    rows = [(r["source"], r["commit"], r["verdict"]) for r in results.report["repositories"]]
    later = git(one, "rev-parse", "HEAD")
    assert rows == [
        (str(one), later, "no-running-case"),
        (one.as_uri(), later, "no-running-case"),
        (one.as_uri(), first, "no-running-case"),
        (str(clones / "gone"), None, "refused"),
        (str(one), first, "no-running-case"),
    ]
    patches = [r["patch"] for r in results.report["repositories"]]
    assert patches[0] is patches[1] is None and patches[2] and patches[4]
    cloned = results.folder / "clones"
    assert sorted(p.name for p in cloned.iterdir()) == ["clones+one-2", "clones+one-3"]
    applies(cloned / "clones+one-3", results.folder / patches[2])


@pytest.mark.parametrize("url", ["ext::sh -c touch% /tmp/pwned", "ftp://example.org/x"])
def test_a_url_of_another_kind(url: str, results: Results) -> None:
    assert "are not taken" in quick(url, results=results, code=2)


def test_a_url_that_cannot_be_cloned(tmp_path: Path, results: Results) -> None:
    (tmp_path / "list.txt").write_text("file://user:secret@localhost/nowhere/owner/name.git\n")
    quick(tmp_path / "list.txt", results=results, code=1)
    (only,) = results.report["repositories"]
    assert only["verdict"] == "refused" and "it cannot be cloned" in only["message"]
    assert only["name"] == "owner/name"
    assert "secret" not in (results.folder / "report.json").read_text()


def test_a_commit_that_is_cut_short(tmp_path: Path, results: Results) -> None:
    (tmp_path / "list.txt").write_text("https://example.org/a/b@abcdef1234\n")
    quick(tmp_path / "list.txt", results=results, code=1)
    (only,) = results.report["repositories"]
    assert "give all of its 40 digits" in only["message"]


def test_results_below_the_sources(clones: Path) -> None:
    clone = repository(clones / "one", {"net.py": FIXABLE})
    write(clones, {"list.txt": clone.as_uri()})
    results = Results(clones / "results")
    quick(clones / "list.txt", results=results)
    quick(clones, results=results)
    assert [each["source"] for each in results.report["repositories"]] == [str(clone)]


# ---------------------------------------------------------------------------------- repositories


def test_an_empty_repository(clones: Path, results: Results) -> None:
    (clones / "empty").mkdir()
    git(clones / "empty", "init", "-q")
    quick(clones, results=results, code=1)
    (only,) = results.report["repositories"]
    assert (only["verdict"], only["commit"]) == ("refused", None)
    assert "no commit yet" in only["message"]


def test_a_commit_without_files(clones: Path, results: Results) -> None:
    repository(clones / "hollow", {})
    quick(clones, results=results)
    assert results.verdicts == {"clones/hollow": "no-model"}


def test_a_bare_repository(clones: Path, results: Results) -> None:
    work = repository(clones / "work", {"net.py": FIXABLE})
    git(clones, "clone", "-q", "--bare", str(work), "owner/bare.git")
    quick(clones / "owner", results=results)
    assert results.verdicts == {"clones/work": "no-running-case"}  # its origin is the other one
    applies(work, results.patch("clones+work"))


def test_a_detached_head_and_submodules(clones: Path, results: Results) -> None:
    part = repository(clones / "part", {"part.py": SCRIPTABLE})
    whole = repository(clones / "whole", {"net.py": FIXABLE})
    git(whole, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(part), "lib")
    git(whole, "commit", "-qm", "with a part")
    git(whole, "checkout", "-q", "--detach")
    quick(whole, results=results)
    (only,) = results.report["repositories"]
    assert only["commit"] == git(whole, "rev-parse", "HEAD")
    assert "1 submodules are left out (lib)" in only["run"]["notes"]
    applies(whole, results.patch("clones+whole"))


def test_two_clones_of_one_project(clones: Path, results: Results) -> None:
    for name in ("one", "two"):
        repository(clones / name, {"net.py": FIXABLE}, "git@example.org:owner/project.git")
    quick(clones, results=results)
    assert list(results.verdicts) == ["owner/project", "owner/project-2"]
    assert results.patch("owner+project").read_bytes() == (
        results.patch("owner+project-2").read_bytes()
    )


def test_names_that_clash_or_are_odd(clones: Path, results: Results) -> None:
    names = ["quo\"te's", "new\nline", "sp ace", "ünï", "-dash", "..dots", "<img src=x>", "a+b"]
    for name in names:
        repository(clones / "o" / name, {"net.py": FIXABLE})
    repository(clones / "o+a" / "b", {"net.py": FIXABLE}, "https://example.org/o/a+b")
    undecodable = Path(os.fsdecode(os.fsencode(clones / "o") + b"/by\xffte"))
    repository(undecodable, {"net.py": FIXABLE})
    said = quick(clones, results=results)
    assert all("Traceback" not in line for line in said.splitlines())
    rows = results.by_name
    assert {f"o/{name}" for name in names} | {"o/by\\udcffte"} <= set(rows)
    patches = [row["patch"] for row in rows.values()]
    assert len(set(patches)) == len(patches) == len(names) + 2
    for row in rows.values():
        assert (results.folder / row["patch"]).is_file()
        assert Path(row["patch"]).parent.name == "patches"


def test_files_that_are_odd(clones: Path, results: Results) -> None:
    odd = {
        'quo"te.py': FIXABLE,
        "sp ace/tab\t.py": FIXABLE,
        "ü.py": FIXABLE,
        "crlf.py": FIXABLE.replace("\n", "\r\n"),
        "no_end.py": FIXABLE.rstrip("\n"),
        "latin.py": ("# coding: latin-1\n# \xe9\n" + FIXABLE).encode("latin-1"),
        "marked.py": b"\xef\xbb\xbf" + FIXABLE.encode(),
        ".gitattributes": "crlf.py text eol=crlf\n*.py diff=other\nquo* -diff\n",
    }
    clone = repository(clones / "odd", odd)
    name = os.fsdecode(b"by\xffte.py")
    write(clone, {name: FIXABLE})
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "more")
    (clone / "ü.py").chmod(0o755)
    git(clone, "commit", "-qam", "mode")
    quick(clone, results=results)
    patch = results.patch("clones+odd")
    assert len(results.by_name["clones/odd"]["run"]["changes"]) == len(odd)  # one is no Python
    applies(clone, patch)
    git(clone, "apply", str(patch))
    assert (clone / "no_end.py").read_bytes()[-1:] != b"\n"
    assert b"\xe9" in (clone / "latin.py").read_bytes()
    assert os.access(clone / "ü.py", os.X_OK)
    assert "enumerate" in (clone / name).read_text() or "for layer" in (clone / name).read_text()


def test_changes_that_are_not_committed_play_no_part(clones: Path, results: Results) -> None:
    clone = repository(clones / "dirty", {"net.py": FIXABLE})
    write(clone, {"net.py": "what is this(", "new.py": FIXABLE})
    quick(clone, results=results)
    (only,) = results.report["repositories"]
    assert [change["path"] for change in only["run"]["changes"]] == ["net.py"]
    assert "The clone has changes that are not committed: they play no part." in (
        only["run"]["notes"]
    )
    git(clone, "stash", "-q")
    applies(clone, results.patch("clones+dirty"))


@pytest.mark.parametrize("kind", ["clone", "folder", "list"])
def test_a_link_that_is_named_is_followed(clones: Path, results: Results, kind: str) -> None:
    clone = repository(clones / "here" / "net", {"net.py": FIXABLE})
    (clones / "list.txt").write_text(f"{clone}\n")
    target = {"clone": clone, "folder": clone.parent, "list": clones / "list.txt"}[kind]
    link = clones.parent / "link"
    link.symlink_to(target)
    said = quick(link, results=results)
    assert f"{link} is a link to {target}" in said
    assert [each["source"] for each in results.report["repositories"]] == [str(clone)]


def test_a_link_that_leads_nowhere(clones: Path, results: Results) -> None:
    link = clones.parent / "link"
    link.symlink_to("nowhere")
    assert "link is a link to" in quick(link, results=results, code=2)


def test_links_that_lead_out_are_not_followed(clones: Path, results: Results) -> None:
    outside = clones.parent / "outside"
    write(outside, {"net.py": FIXABLE})
    clone = repository(clones / "linked", {"net.py": SCRIPTABLE, "sub/here.py": SCRIPTABLE})
    links = {
        "up": "../../outside",
        "absolute": str(outside),
        "net_too.py": "../../outside/net.py",
        "fine": "sub",
        "sub/round": "../sub/../../../outside",
    }
    for name, target in links.items():
        (clone / name).symlink_to(target)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "links")
    quick(clone, results=results)
    (only,) = results.report["repositories"]
    assert only["run"]["files"] == 2
    assert any("4 links are left out" in note for note in only["run"]["notes"])


def test_a_git_folder_that_is_elsewhere(clones: Path, results: Results) -> None:
    private = repository(clones.parent / "private" / "x", {"net.py": FIXABLE})
    for name, how in (("link", "link"), ("file", "file")):
        clone = clones / name
        clone.mkdir()
        if how == "link":
            (clone / ".git").symlink_to(private / ".git")
        else:
            (clone / ".git").write_text(f"gitdir: {private}/.git\n")
    quick(clones, results=results, code=1)
    assert set(results.verdicts.values()) == {"refused"}


def test_a_linked_work_tree(clones: Path, results: Results) -> None:
    clone = repository(clones.parent / "main" / "x", {"net.py": FIXABLE})
    git(clone, "worktree", "add", "-q", str(clones / "tree"))
    quick(clones, results=results)
    assert list(results.verdicts.values()) == ["no-running-case"]


def test_a_repository_that_is_damaged(clones: Path, results: Results) -> None:
    clone = repository(clones / "broken", {"net.py": FIXABLE})
    for path in (clone / ".git" / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"no object")
    quick(clones, results=results, code=1)
    (only,) = results.report["repositories"]
    assert only["verdict"] == "refused" and "is not in it" in only["message"]


def test_a_partial_clone_without_its_data(clones: Path, results: Results) -> None:
    full = repository(clones.parent / "full", {"net.py": FIXABLE, "data.bin": b"1" * 5000})
    git(full, "config", "uploadpack.allowFilter", "true")
    git(
        clones.parent,
        *(
            "clone",
            "-q",
            "--no-checkout",
            "--filter=blob:limit=2k",
            full.as_uri(),
            "clones/partial",
        ),
    )
    git(full, "config", "uploadpack.allowFilter", "false")
    full.rename(clones.parent / "gone")  # nothing can be fetched
    quick(clones, results=results)
    (only,) = results.report["repositories"]
    assert any("1 files are absent" in note for note in only["run"]["notes"])
    assert only["patch"]


def test_objects_that_lie_in_another_repository(clones: Path, results: Results) -> None:
    full = repository(clones.parent / "full", {"net.py": FIXABLE})
    git(clones, "clone", "-q", "--shared", str(full), "shared")
    quick(clones, results=results, code=1)
    (only,) = results.report["repositories"]
    assert "its objects lie in another repository" in only["message"]


def test_ten_thousand_files(clones: Path, results: Results) -> None:
    files = {f"package_{n % 100}/module_{n}.py": f"VALUE = {n}\n" * 20 for n in range(9_990)}
    models = {f"models/net_{n}.py": FIXABLE for n in range(10)}
    clone = repository(clones / "many", {**files, **models})
    quick(clones, results=results)
    (only,) = results.report["repositories"]
    assert only["run"]["files"] == 10_000
    assert len(only["run"]["changes"]) == 10
    assert only["seconds"] < 300 and only["peak_memory"] < 1 << 30
    applies(clone, results.patch("clones+many"))


def test_sha_256_objects(clones: Path, results: Results) -> None:
    clone = clones / "new"
    clone.mkdir()
    git(clone, "init", "-q", "--object-format=sha256")
    write(clone, {"net.py": FIXABLE})
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "all")
    quick(clones, results=results)
    (only,) = results.report["repositories"]
    assert len(only["commit"]) == 64
    applies(clone, results.patch("clones+new"))
