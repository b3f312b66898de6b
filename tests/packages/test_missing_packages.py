"""What a repository lacks, and the one line that installs it."""

import os
import shlex
from collections.abc import Collection
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.packages.conftest import MARKERS, Missing, Repository
from torchscript_fix.packages import (
    MOST_ASKED,
    Installed,
    MissingPackage,
    MissingPackages,
    missing_packages,
    repository_around,
)


def names(found: MissingPackages) -> list[str]:
    return [each.name for each in found.needed]


def test_all_at_once_in_one_line(missing: Missing) -> None:
    found = missing(
        {
            "train.py": "import torch, cv2\nfrom tqdm import tqdm\n",
            "net/model.py": "import os\nfrom timm.models import layers\nimport strange.part\n",
            "requirements.txt": "torch==1.7\ntqdm\ntimm==0.4.12  # for DropPath\n",
        }
    )
    assert names(found) == ["cv2", "strange", "timm", "tqdm"]
    assert found.install == "pip install opencv-python timm==0.4.12 tqdm"
    assert found.unknown == ("strange",)


def test_where_it_is_imported_first(missing: Missing) -> None:
    found = missing({"b.py": "import cv2", "a/z.py": "\nimport cv2\nimport cv2.dnn\n"})
    (each,) = found.packages
    assert (each.path.name, each.line) == ("z.py", 2)


def test_an_import_without_which_a_file_cannot_be_imported_comes_before_one_that_is_optional(
    missing: Missing,
) -> None:
    found = missing({"a.py": "def f():\n    import cv2\n", "b.py": "\nimport cv2\n"})
    (each,) = found.packages
    assert (each.path.name, each.optional) == ("b.py", False)


def test_what_is_optional_is_listed_and_not_installed(missing: Missing) -> None:
    found = missing({"a.py": "try:\n    import cv2\nexcept ImportError:\n    cv2 = None\n"})
    (each,) = found.packages
    assert each.optional
    assert each.requirement == "opencv-python"
    assert found.install is None


def test_nothing_is_missing(missing: Missing) -> None:
    assert missing({"a.py": "import torch", "requirements.txt": "-r no.txt"}) == MissingPackages()


@pytest.mark.parametrize(
    "own",
    ["utils/readme.txt", "deep/down/data.py", "tools/cv2.py", "lib/strange.cpython-311-x.so"],
)
def test_folders_and_modules_of_the_repository_are_never_missing(
    own: str, missing: Missing
) -> None:
    found = missing(
        {
            own: "",
            "a.py": "import utils, data, cv2, strange",
            "requirements.txt": "utils\ndata\nstrange\n",
        }
    )
    stem = Path(own).parts[0] if own.startswith("utils") else Path(own).name.split(".")[0]
    assert names(found) == [n for n in ("cv2", "data", "strange", "utils") if n != stem]


def test_what_a_virtual_environment_in_the_repository_has_is_not_the_repositorys(
    missing: Missing,
) -> None:
    files = {"env/pyvenv.cfg": "", "env/share/cv2/x.txt": "", "a.py": "import cv2"}
    assert names(missing(files)) == ["cv2"]


def test_the_project_itself_is_not_missing(missing: Missing) -> None:
    files = {
        "tests/a.py": "import my_nets, other, third",
        "setup.py": "NAME = 'my-nets'\nsetup(name=NAME, package_dir={'other': 'src'})",
        "pyproject.toml": "[project]\nname = 'Third'",
    }
    assert names(missing(files)) == []


def test_what_only_the_setup_script_imports_is_not_needed(missing: Missing) -> None:
    assert names(missing({"setup.py": "import setuptools, numpy", "a.py": ""})) == []


def test_names_of_earlier_pythons_are_no_packages(missing: Missing) -> None:
    files = {"a.py": "import cPickle, imp, urllib2", "requirements.txt": "imp"}
    assert missing(files) == MissingPackages()


# -------------------------------------------------------------- which distribution it comes from


@pytest.mark.parametrize(
    ("requirements", "code", "expected"),
    [
        ("Foo_Bar>=1", "import foo_bar", "Foo_Bar>=1"),
        ("foo.bar", "import foo_bar", "foo.bar"),
        ("opencv-python-headless==4.5", "import cv2", "opencv-python-headless==4.5"),
        ("cv2", "import cv2", "opencv-python"),
        ("yaml", "import yaml", "PyYAML"),
        ("sklearn", "import sklearn", "scikit-learn"),
        ("scikit_learn>=1", "import sklearn", "scikit_learn>=1"),
        ("", "import tqdm", "tqdm"),
        ("", "import torch_geometric", "torch-geometric"),
        ("setuptools>=38", "import pkg_resources", "setuptools<82"),
        # Anybody can have registered these.
        ("foobar", "import foo_bar", None),
        ("", "import foo", None),
        ("clip", "import clip", None),
        ("", "import apex", None),
    ],
)
def test_an_import_is_no_distribution(
    requirements: str, code: str, expected: str | None, missing: Missing
) -> None:
    (each,) = missing({"a.py": code, "requirements.txt": requirements}).packages
    assert each.requirement == expected


def test_what_is_asked_for_in_the_first_file_is_believed(missing: Missing) -> None:
    found = missing(
        {
            "requirements-dev.txt": "tqdm==1",
            "setup.py": "setup(install_requires=['tqdm==2'])",
            "requirements.txt": "tqdm==3",
            "a/requirements.txt": "tqdm==4",
            "environment.yml": "dependencies: [tqdm=5]",
            "a/a.py": "import tqdm",
        }
    )
    assert found.install == "pip install tqdm==3"


def test_every_kind_of_file_declares(missing: Missing) -> None:
    found = missing(
        {
            "a/b.py": "import r1, r2, r3, p1, p2, c1, s1, e1, e2, d1",
            "requirements.txt": "r1",
            "requirements/train.txt": "r2",
            "a/requirements_gpu.txt": "r3",
            "pyproject.toml": (
                "[project]\ndependencies = ['p1']\n[project.optional-dependencies]\nx = ['p2']\n"
                "[dependency-groups]\ny = ['d1', {include-group = 'z'}]\n"
            ),
            "setup.cfg": "[options]\ninstall_requires =\n    c1 >= 2\n",
            "setup.py": "setup(install_requires=['s1'])",
            "environment.yml": "dependencies:\n  - e1\n  - pip:\n    - e2\n",
        }
    )
    assert found.install == "pip install 'c1>=2' d1 e1 e2 p1 p2 r1 r2 r3 s1"


# ----------------------------------------------------------------------------------- hostile files

HOSTILE = """\
-e git+https://example.com/evil#egg=e1
--index-url https://example.com/simple
; rm -rf /
e2; rm -rf /
e3 && rm -rf /
e4$(touch /tmp/x)
`e5`
e6===`touch`
e7 @ file:///etc/passwd
e8 @ https://example.com/e8.whl
./e9
../e10
e11 --global-option="x"
e12==1.0 --hash=sha256:00
-r ../../../../../../../../etc/passwd
-r /etc/passwd
-r https://example.com/more.txt
-r requirements.txt
--requirement=more.txt
--extra-index-url=https://example.com/simple
e13[a;b]
\x1b]0;e14\x07
"""


def imports(count: int) -> str:
    return "\n".join(f"import e{number}" for number in range(1, count + 1))


def test_nothing_of_a_hostile_file_gets_into_the_line(missing: Missing) -> None:
    found = missing(
        {
            "a.py": f"{imports(14)}\nimport timm, cv2",
            "requirements.txt": HOSTILE,
            "more.txt": "-r requirements.txt\ntimm==0.4.12\n",
        }
    )
    # Known ones alone: what another index has by a name is nothing that the public one must have.
    assert found.install == "pip install opencv-python timm==0.4.12"
    assert set(found.unknown) == {f"e{number}" for number in range(1, 15)}
    assert any("etc/passwd lies outside of the repository" in words for words in found.not_read)
    assert all(words.isprintable() for words in found.not_read)


def test_without_another_index_names_and_versions_alone_get_into_the_line(
    missing: Missing,
) -> None:
    text = "\n".join(line for line in HOSTILE.splitlines() if "index-url" not in line)
    found = missing({"a.py": imports(14), "requirements.txt": text})
    assert found.install is not None
    words = shlex.split(found.install)
    assert words == ["pip", "install", "e11", "e12==1.0", "e6"]
    assert [Requirement(word).url for word in words[2:]] == [None] * 3


def test_a_file_that_is_much_too_large_is_not_read(missing: Missing) -> None:
    found = missing({"a.py": "import e1, tqdm", "requirements.txt": "e1\n" * (1 << 24)})
    assert found.install == "pip install tqdm"
    assert found.unknown == ("e1",)
    assert found.not_read == ("requirements.txt is larger than 300 kB",)


def test_files_that_do_not_parse_are_told(missing: Missing) -> None:
    files: dict[str, str | bytes] = {
        "a.py": "import e1",
        "pyproject.toml": "[project\n",
        "setup.cfg": "no section",
        "setup.py": "print 'Python 2'",
        "environment.yml": "a: [",
        "requirements.txt": b"\xff\xfe\x00\xd8e1\xe9\n",
    }
    found = missing(files)
    assert found.unknown == ("e1",)
    assert found.not_read == (
        "pyproject.toml does not parse",
        "setup.cfg does not parse",
        "setup.py does not parse",
        "environment.yml does not parse",
    )


def test_links_that_lead_out_of_the_repository_are_not_followed(
    repository: Repository, tmp_path: Path
) -> None:
    root = repository({"a.py": "import e1, e2, e3"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "requirements.txt").write_text("e1")
    (outside / "e3").mkdir()
    (root / "requirements.txt").symlink_to(outside / "requirements.txt")
    (root / "requirements").symlink_to(outside)
    os.mkfifo(root / "requirements-pipe.txt")
    found = missing_packages([root], {root / "a.py": "import e1, e2, e3"}, _nothing)
    assert found.unknown == ("e1", "e2", "e3")
    assert found.not_read == (
        "requirements.txt lies outside of the repository",
        "requirements-pipe.txt is no regular file",
        "requirements/requirements.txt lies outside of the repository",
    )


def test_a_link_to_itself(repository: Repository) -> None:
    root = repository({"REQUIREMENTS.TXT": "e1"})
    (root / "loop").symlink_to("loop")
    (root / "requirements.txt").symlink_to("requirements.txt")
    found = missing_packages([root], {root / "a.py": "import e1, loop"}, _nothing)
    assert (found.install, found.unknown) == ("pip install e1", ("loop",))
    assert found.not_read == ("requirements.txt cannot be read",)


def test_very_many_names_are_not_all_asked_for(repository: Repository) -> None:
    root = repository({})
    text = "\n".join(f"import m{number}" for number in range(2 * MOST_ASKED))
    asked: list[int] = []

    def ask(names: Collection[str]) -> Installed:
        asked.append(len(names))
        return _nothing(names)

    found = missing_packages([root], {root / "a.py": text}, ask)
    assert asked == [MOST_ASKED]
    assert len(found.packages) == MOST_ASKED


def test_a_folder_that_holds_the_home_is_not_taken_for_the_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some people keep their settings in git."""
    (tmp_path / ".git").mkdir()
    clone = tmp_path / "clone"
    clone.mkdir()
    (tmp_path / "requirements.txt").write_text("e1")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = missing_packages([repository_around(clone)], {clone / "a.py": "import e1"}, _nothing)
    assert found.unknown == ("e1",)


def test_the_repository_around_a_path_declares(repository: Repository) -> None:
    root = repository({"nets/deep/a.py": "import e1, e2, own", "own.py": ""})
    (root / "requirements.txt").write_text("e1")
    (root / "nets" / "requirements.txt").write_text("e2")
    path = root / "nets" / "deep"
    found = missing_packages(
        [repository_around(path)], {path / "a.py": "import e1, e2, own"}, _nothing
    )
    assert found.install == "pip install e1 e2"
    assert names(found) == ["e1", "e2"]


def test_the_interpreter_that_was_named_installs() -> None:
    each = MissingPackage("cv2", Path("a.py"), 1, "opencv-python>=4", False)
    found = MissingPackages((each,), python="/my env/bin/python")
    assert found.install == "'/my env/bin/python' -m pip install 'opencv-python>=4'"


def _nothing(_: Collection[str]) -> Installed:
    return Installed(frozenset(), (3, 11, 7), MARKERS)
