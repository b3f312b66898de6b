"""Requirement files, and those that they include."""

import pytest

from tests.packages.conftest import Repository
from torchscript_fix.packages.requirement_files import MOST_INCLUDED, read_requirement_file


def read(
    files: dict[str, str | bytes], repository: Repository, markers: dict[str, str]
) -> list[str]:
    root = repository(files)
    found, _ = read_requirement_file(root / "requirements.txt", root, markers)
    return [each.requirement for each in found]


def test_comments_continued_lines_and_options(
    repository: Repository, markers: dict[str, str]
) -> None:
    text = (
        "# a\na  # b\nb==1 \\\n  --hash=sha256:0 \\\n  --hash=sha256:1\n-c limits.txt\n--pre\nc\r\n"
    )
    assert read({"requirements.txt": text}, repository, markers) == ["a", "b==1", "c"]


def test_included_files_lie_beside_the_one_that_includes_them(
    repository: Repository, markers: dict[str, str]
) -> None:
    files: dict[str, str | bytes] = {
        "requirements.txt": "-r needs/a.txt\nlast",
        "needs/a.txt": "--requirement b.txt\n-r ../requirements.txt\na",
        "needs/b.txt": "-r a.txt\nb",
    }
    assert read(files, repository, markers) == ["last", "a", "b"]


def test_very_many_included_files(repository: Repository, markers: dict[str, str]) -> None:
    files: dict[str, str | bytes] = {
        f"{n}.txt": f"-r {n + 1}.txt\np{n}" for n in range(2 * MOST_INCLUDED)
    }
    files["requirements.txt"] = "-r 0.txt"
    assert len(read(files, repository, markers)) == MOST_INCLUDED - 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_as_windows_writes_it(
    encoding: str, repository: Repository, markers: dict[str, str]
) -> None:
    files: dict[str, str | bytes] = {"requirements.txt": "a==1\r\nb\r\n".encode(encoding)}
    assert read(files, repository, markers) == ["a==1", "b"]


def test_a_line_that_is_not_utf_8_costs_that_line(
    repository: Repository, markers: dict[str, str]
) -> None:
    files: dict[str, str | bytes] = {"requirements.txt": b"a\n\xff\xfe\xe9\nb # \xe9\n"}
    assert read(files, repository, markers) == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "other"),
    [
        ("--extra-index-url https://download.pytorch.org/whl/cu113", False),
        ("-f https://download.pytorch.org/whl/torch_stable.html", False),
        ("--index-url=https://pypi.org/simple", False),
        ("-i https://packages.example.com/simple", True),
        ("-ihttps://packages.example.com/simple", True),
        ("--index-url ${INDEX}", True),
        ("--find-links ./wheels", True),
        ("--extra-index-url https://pypi.org.example.com/", True),
    ],
)
def test_another_index(
    line: str, other: bool, repository: Repository, markers: dict[str, str]
) -> None:
    root = repository({"requirements.txt": f"{line}\n-r b.txt", "b.txt": "b"})
    found, _ = read_requirement_file(root / "requirements.txt", root, markers)
    assert [each.of_other_index for each in found] == [other]
