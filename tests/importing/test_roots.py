"""The import roots of a repository: each file's search path, its name, and what is said of it."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from torchscript_fix import reading
from torchscript_fix.importing.file_imports import read_imports
from torchscript_fix.importing.roots import ImportRoots
from torchscript_fix.request import Request
from torchscript_fix.source import parsed

from ..silent import Silent

Planted = Callable[[Mapping[str, str]], ImportRoots]


def read(path: Path, *named: Path) -> ImportRoots:
    request = Request(paths=(path,), rules=(), import_roots=named)
    return reading.read(request, Silent()).roots


@pytest.fixture
def planted(tmp_path: Path) -> Planted:
    """The roots of a repository of these files."""
    top = tmp_path / "repo"
    (top / ".git").mkdir(parents=True)

    def plant(files: Mapping[str, str]) -> ImportRoots:
        for name, text in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_text(text)
        return read(top)

    return plant


def shown(roots: ImportRoots, *folders: Path) -> list[str]:
    return [folder.relative_to(roots.top).as_posix() for folder in folders]


def before(roots: ImportRoots, file: str) -> list[str]:
    return shown(roots, *roots.of(roots.top / file).before)


def after(roots: ImportRoots, file: str) -> list[str]:
    return shown(roots, *roots.of(roots.top / file).after)


def single(roots: ImportRoots, file: str) -> dict[str, str]:
    return {name: shown(roots, folder)[0] for name, folder in roots.of(roots.top / file).single}


MAIN = "\nif __name__ == '__main__':\n    main()\n"


@pytest.mark.parametrize(
    "edit",
    [
        "import sys\nsys.path.insert(0, 'lib')",
        "import sys\nsys.path.insert(0, '../lib')",
        "import os, sys\nhere = os.path.dirname(os.path.abspath(__file__))\n"
        "sys.path.insert(0, os.path.join(here, '..', 'lib'))",
        "import os.path as osp, sys\ndef add_path(path):\n    if path not in sys.path:\n"
        "        sys.path.insert(0, path)\nthis_dir = osp.dirname(__file__)\n"
        "lib_path = osp.join(this_dir, os.pardir, 'lib')\nadd_path(lib_path)",
        "import sys\nfrom pathlib import Path\nROOT = Path(__file__).resolve().parents[1]\n"
        "if str(ROOT / 'lib') not in sys.path:\n    sys.path.insert(0, str(ROOT / 'lib'))",
        "import sys\nfrom pathlib import Path\n"
        "sys.path.insert(1, (Path(__file__).parent.parent / 'lib').as_posix())",
        "import os\nfrom sys import path\npath.insert(0, os.path.dirname(__file__) + '/../lib')",
        "import os, sys as s\ns.path = [os.path.realpath('%s/../lib' % os.path.dirname(__file__))]"
        " + s.path",
        "import os, sys\nfor name in ('lib', 'nothing'):\n"
        "    sys.path.insert(0, os.path.join(os.getcwd(), name))",
        "import os, sys\nhere = 'elsewhere'\nhere = f'{os.path.dirname(__file__)}/..'\n"
        "sys.path.insert(0, os.path.join(*[here, 'lib']))",
        "import inspect, os, sys\n"
        "me = os.path.split(inspect.getfile(inspect.currentframe()))[0]\n"
        "sys.path.insert(0, os.path.relpath(me + '/../lib', os.getcwd()))",
    ],
)
def test_edits_of_sys_path_stand_where_the_code_puts_them(planted: Planted, edit: str) -> None:
    roots = planted(
        {
            "tools/train.py": f"{edit}\nfrom models.net import Net{MAIN}",
            "lib/models/__init__.py": "",
            "lib/models/net.py": "from core.blocks import Block\nclass Net: pass",
            "lib/core/blocks.py": "class Block: pass",
        }
    )
    assert before(roots, "tools/train.py") == ["lib", "tools", "."]
    assert before(roots, "lib/models/net.py") == ["lib", "tools", "."]
    assert roots.name_of(roots.top / "lib/models/net.py") == ("models.net", False)
    assert roots.name_of(roots.top / "lib/models/__init__.py") == ("models", True)
    assert roots.file_of("models.net") == roots.top / "lib/models/net.py"
    assert {root.folder.name: root.why for root in roots.roots}["lib"].startswith(
        "sys.path in tools/train.py line "
    )


def test_what_is_appended_stands_behind_installed_packages(planted: Planted) -> None:
    roots = planted(
        {
            "train.py": "import sys\nsys.path.append('lib')\nimport net" + MAIN,
            "lib/net.py": "",
        }
    )
    assert before(roots, "train.py") == ["."]
    assert after(roots, "train.py") == ["lib"]
    assert roots.name_of(roots.top / "lib/net.py") == ("net", False)


def test_edits_of_a_file_that_a_script_imports(planted: Planted) -> None:
    roots = planted(
        {
            "tools/_init_paths.py": "import sys\nsys.path.insert(0, '../lib')",
            "tools/train.py": "import _init_paths\nfrom models import net" + MAIN,
            "lib/models/net.py": "from core import blocks",
            "lib/core/blocks.py": "",
        }
    )
    assert before(roots, "tools/train.py") == ["lib", "tools", "."]
    assert before(roots, "lib/models/net.py") == ["lib", "tools", "."]


def test_edits_that_cannot_be_read_say_nothing(planted: Planted) -> None:
    roots = planted(
        {
            "train.py": "import os, sys\nfrom x import place\nsys.path.insert(0, place)\n"
            "sys.path.append(os.environ['LIB'])\nsys.path.insert(0, a + (b := 'lib'))\n"
            "here = here\nsys.path.append(here)\n" + MAIN,
            "lib/net.py": "",
        }
    )
    assert before(roots, "train.py") == ["."]
    assert after(roots, "train.py") == []


def test_a_root_that_only_follows_from_an_import_serves_that_name_alone(planted: Planted) -> None:
    """A guessed folder with a `utils.py` in it does not change what other imports mean."""
    roots = planted(
        {
            "net.py": "from blocks import Block\nfrom utils.tools import pad",
            "parts/blocks.py": "class Block: pass",
            "parts/utils.py": "",
            "utils/tools.py": "def pad(): pass",
        }
    )
    assert single(roots, "net.py") == {"blocks": "parts"}
    assert "parts" not in before(roots, "net.py") + after(roots, "net.py")
    assert roots.name_of(roots.top / "parts/blocks.py") == ("blocks", False)


def test_the_nearest_guessed_folder_ties_by_path(planted: Planted) -> None:
    roots = planted(
        {
            "a/x/net.py": "import blocks",
            "a/y/blocks.py": "",
            "b/blocks.py": "",
            "c/one.py": "import words",
            "d/words.py": "",
            "e/words.py": "",
        }
    )
    assert single(roots, "a/x/net.py") == {"blocks": "a/y"}
    assert single(roots, "c/one.py") == {"words": "d"}


def test_a_guess_is_not_made_for_what_python_has_or_the_code_can_do_without(
    planted: Planted,
) -> None:
    roots = planted(
        {
            "net.py": "import unittest\ntry:\n    import wandb\nexcept ImportError:\n    pass",
            "loggers/wandb/__init__.py": "",
            "parts/unittest.py": "",
        }
    )
    assert single(roots, "net.py") == {}


def test_files_whose_roots_contradict_each_other(planted: Planted) -> None:
    roots = planted(
        {
            "one/train.py": "import net" + MAIN,
            "one/net.py": "import utils",
            "one/utils.py": "",
            "two/train.py": "import net" + MAIN,
            "two/net.py": "import utils",
            "two/utils.py": "",
        }
    )
    assert before(roots, "one/net.py")[0] == "one"
    assert before(roots, "two/net.py")[0] == "two"
    names = {roots.name_of(roots.top / each)[0] for each in ("one/net.py", "two/net.py")}
    assert names == {"one.net", "two.net"}
    assert roots.aliases_of(roots.top / "one/net.py") == {"utils": "one.utils"}
    assert roots.aliases_of(roots.top / "two/train.py") == {"net": "two.net"}


def test_what_resolves_from_the_base_is_not_taken_from_a_script_beside_it(planted: Planted) -> None:
    roots = planted(
        {
            "models/net.py": "from utils.tools import pad",
            "utils/__init__.py": "",
            "utils/tools.py": "def pad(): pass",
            "demo/run.py": "import sys\nsys.path.append('..')\nimport models.net" + MAIN,
            "demo/utils.py": "",
        }
    )
    assert before(roots, "models/net.py") == ["."]
    assert roots.name_of(roots.top / "models/net.py") == ("models.net", False)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.setuptools]\npackage-dir = {"" = "python"}'),
        ("pyproject.toml", '[tool.setuptools.packages.find]\nwhere = ["python"]'),
        ("pyproject.toml", '[tool.poetry]\npackages = [{include = "pkg", from = "python"}]'),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\npackages = ["python/pkg"]'),
        ("pyproject.toml", '[tool.pytest.ini_options]\npythonpath = "python"'),
        ("pyproject.toml", '[tool.setuptools]\npackage-dir = {"pkg" = "python/pkg"}'),
        ("setup.cfg", "[options]\npackage_dir =\n    = python\n"),
        ("setup.cfg", "[options.packages.find]\nwhere = python\n"),
        ("setup.py", "from setuptools import *\nsetup(package_dir={'': 'python'})"),
        ("setup.py", "import setuptools as s\ns.setup(packages=s.find_packages('python'))"),
        ("setup.py", "import os\nROOT = os.path.dirname(__file__)\n"
         "setup(packages=find_packages(where=os.path.join(ROOT, 'python')))"),
    ],
)  # fmt: skip
def test_package_folders_of_settings(planted: Planted, name: str, text: str) -> None:
    roots = planted({name: text, "python/pkg/__init__.py": "", "python/pkg/net.py": "import pkg"})
    assert before(roots, "python/pkg/net.py") == [".", "python"]
    assert roots.name_of(roots.top / "python/pkg/net.py") == ("pkg.net", False)
    assert [root.why.endswith(f"in {name}") for root in roots.roots] == [False, True]


def test_a_package_in_a_folder_of_another_name(planted: Planted) -> None:
    roots = planted(
        {
            "setup.py": "setup(package_dir={'faces': '.'})",
            "__init__.py": "",
            "models/net.py": "",
            "demo.py": "from faces.models import net",
        }
    )
    assert dict(roots.packages) == {"faces": roots.top}
    assert roots.base == roots.top
    assert roots.name_of(roots.top / "models/net.py") == ("models.net", False)
    assert roots.aliases_of(roots.top / "demo.py")["faces.models.net"] == "models.net"


def test_the_repository_around_a_path(planted: Planted) -> None:
    made = planted({"models/net.py": "from parts.blocks import B", "parts/blocks.py": "B = 1"})
    roots = read(made.top / "models")
    assert roots.top == made.top
    assert after(roots, "models/net.py") == ["."]
    assert roots.file_of("parts.blocks") == made.top / "parts/blocks.py"


def test_a_path_outside_of_the_repository_that_is_told(tmp_path: Path) -> None:
    for name in ("repo/net.py", "other/x.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("import net")
    paths = (tmp_path / "other",)
    request = Request(paths=paths, rules=(), repository=tmp_path / "repo")
    roots = reading.read(request, Silent()).roots
    assert roots.top == tmp_path / "repo"
    assert roots.name_of(tmp_path / "other/x.py") == ("x", False)
    assert roots.aliases_of(tmp_path / "other/x.py") == {}


def test_a_path_in_no_repository(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "net.py").write_text("")
    roots = read(tmp_path / "pkg")
    assert roots.top == roots.base == tmp_path
    assert roots.name_of(tmp_path / "pkg" / "net.py") == ("pkg.net", False)


@pytest.mark.parametrize(
    "edit",
    [
        "import os, sys\nsys.path.insert(0, os.path.expanduser('~/.ssh'))",
        "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '../other'))",
        "import sys\nfrom pathlib import Path\nsys.path.append(str(Path.home() / '.ssh'))",
        "import sys\nsys.path.append('/etc')",
        "import sys\nsys.path.append('linked')",
    ],
)
def test_a_root_outside_is_named_and_not_taken(planted: Planted, tmp_path: Path, edit: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "repo" / "linked").symlink_to(tmp_path / "other")
    roots = planted({"train.py": edit + MAIN, "net.py": ""})
    assert roots.of(roots.top / "train.py").folders == (roots.top,)
    (said,) = roots.elsewhere
    line = 3 if "pathlib" in edit else 2
    assert said.endswith(f"(sys.path in train.py line {line})")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[tool.setuptools]\npackage-dir = {"" = "../.."}'),
        ("setup.cfg", "[options]\npackage_dir =\n    = ../..\n"),
        ("setup.py", "setup(package_dir={'': '../..'})"),
        ("setup.py", "setup(package_dir={'home': '../..'})"),
    ],
)
def test_settings_that_point_outside(planted: Planted, name: str, text: str) -> None:
    roots = planted({name: text, "net.py": ""})
    assert roots.of(roots.top / "net.py").folders == (roots.top,)
    assert dict(roots.packages) == {}
    assert [said.endswith(f"package{(name[-3] == 'o' and '-') or '_'}dir in {name})")
            for said in roots.elsewhere] == [True]  # fmt: skip


@pytest.mark.parametrize("name", ["pyproject.toml", "setup.cfg", "setup.py"])
@pytest.mark.parametrize("text", ["[tool", "\0", "x" * (2 << 20), "def (", "[options]\n[options]"])
def test_settings_that_cannot_be_read(planted: Planted, name: str, text: str) -> None:
    roots = planted({name: text, "net.py": ""})
    assert roots.of(roots.top / "net.py").folders == (roots.top,)


def test_roots_that_the_user_names_beat_all(planted: Planted) -> None:
    made = planted(
        {
            "train.py": "import sys\nsys.path.insert(0, 'lib')\nimport net" + MAIN,
            "lib/net.py": "",
            "mine/net.py": "",
            "mine/too/net.py": "",
        }
    )
    roots = read(made.top, made.top / "mine", made.top / "mine/too")
    assert before(roots, "train.py") == ["mine", "mine/too", "lib", "."]
    assert roots.file_of("net") == made.top / "mine/net.py"
    assert [root.why for root in roots.roots].count("--import-root") == 2


def test_imports_of_a_file_of_cases_count_like_those_of_a_file(
    planted: Planted, tmp_path: Path
) -> None:
    roots = planted({"tools/nets/net.py": "", "lib/core/config.py": "config = {}"})
    cases = tmp_path / "cases.py"
    cases.write_text("from core.config import config\nimport numpy\n")
    imports = read_imports(cases, parsed(cases.read_text()))
    near = roots.top / "tools/nets/net.py"
    search = roots.with_imports(roots.of(near), imports, near)
    assert search.single == (("core", roots.top / "lib"),)


def test_the_same_roots_whatever_the_order_of_the_files(planted: Planted) -> None:
    made = planted(
        {
            "b/run.py": "import sys\nsys.path.append('lib')\nimport net, words" + MAIN,
            "a/run.py": "import sys\nsys.path.insert(0, 'more')\nimport net, words" + MAIN,
            "lib/net.py": "import words",
            "more/net.py": "import words",
            "lib/words.py": "",
            "x/words.py": "",
        }
    )
    backwards = ImportRoots(
        made.top, made.base, dict(sorted(made.files.items(), reverse=True)), made.named
    )
    for file in made.files:
        assert made.of(file) == backwards.of(file)
        assert made.name_of(file) == backwards.name_of(file)
    assert made.roots == backwards.roots


def test_a_deep_chain_of_names_and_a_cycle_of_imports(planted: Planted) -> None:
    names = "\n".join(f"a{n + 1} = a{n}" for n in range(200))
    roots = planted(
        {
            "x.py": f"import sys, y\na0 = 'lib'\n{names}\nsys.path.append(a200)",
            "y.py": "import x",
            "lib/z.py": "",
        }
    )
    assert roots.of(roots.top / "y.py").folders == (roots.top,)


def test_no_module_is_run(planted: Planted, tmp_path: Path) -> None:
    ran = f"open({os.fspath(tmp_path / 'ran')!r}, 'w')"
    planted({"setup.py": f"{ran}\nsetup(package_dir={{'': 'x'}})", "net.py": ran})
    assert not (tmp_path / "ran").exists()
