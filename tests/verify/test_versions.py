"""The version that a stand-in says it is."""

import ast

import pytest

from torchscript_fix.verify.worker import versions
from torchscript_fix.verify.worker.versions import NEWEST, version_for

IMPORT = "import absent\nV = parse(absent.__version__)\n"

CHECKS = {
    "": NEWEST,
    "assert V < parse('2.0')": "1.99.0",
    "assert V <= '1.8.0'": "1.8.0",
    "assert '1.3' <= V < '1.8.2'": "1.8.1",
    "assert V == '1.4'": "1.4.0",
    "assert V > parse('1.4') and V < '1.5'": "1.4.99",
    "assert not V >= (0, 7)": "0.6.99",
    "MOST = '1.8'\nassert V <= digit(MOST)": "1.8.0",
    "if V >= parse('2.0'):\n    raise ImportError": "1.99.0",
    "if not (V >= '1.0' and V < '3'):\n    raise ImportError": "2.99.0",
    "if V < '1.0' or '2.0' <= V:\n    exit(1)": "1.99.0",
    "check_version(absent.__version__, '1.0')": NEWEST,
    "check_version(absent.__version__, minimum='1.0', maximum='1.7')": "1.7.0",
    "assert tuple(int(n) for n in absent.__version__.split('.')) < (0, 7)": "0.6.99",
    "assert int(absent.__version__.split('.')[0]) < 2": "1.99.0",
    "assert float(absent.__version__[:3]) > 0.7": NEWEST,
    "from absent import __version__ as w\nassert w < '2'": "1.99.0",
    "import absent.sub as s\nassert s.__version__ < '2'": "1.99.0",
    # What the code only chooses by, what is about another package, what is about a part.
    "if V >= '2.0':\n    new = True\nelse:\n    new = False": NEWEST,
    "import other\nassert other.__version__ < '2.0'": NEWEST,
    "assert int(absent.__version__.split('.')[1]) < 2": NEWEST,
    "assert V < '2.0' or torch": NEWEST,
    # What contradicts itself, and what says nothing.
    "assert V < '1.0'\nassert V > '2.0'": NEWEST,
    "assert V < parse(LIMIT)\nassert V in ('1.0', '2.0')": NEWEST,
}


@pytest.mark.parametrize("code", CHECKS)
def test_the_newest_that_a_file_goes_on_with(code: str) -> None:
    assert version_for("absent", "absent", ast.parse(IMPORT + code)) == CHECKS[code]


class Installed:
    def __init__(self, *requires: str) -> None:
        self.requires = list(requires)


REQUIREMENTS = {
    (): NEWEST,
    ("absent",): NEWEST,
    ("absent>=0.9",): NEWEST,
    ("absent<2.0,>=0.9",): "1.99.0",
    ("Absent_Package[all] (<0.15,>=0.14) ; python_version > '3'",): NEWEST,
    ("absent[all] (<0.15,>=0.14) ; python_version > '3'",): "0.14.99",
    ("absent~=1.4",): "1.99.0",
    ("absent==1.4.*",): "1.4.99",
    ("absent==0.19.1",): "0.19.1",
    ("absent<=3", "absent!=3.0.0"): "2.99.0",
    ("absent<1.0 ; extra == 'old'", "absent<3"): "2.99.0",
    ("absent<1.0", "absent>2.0"): NEWEST,
}


@pytest.mark.parametrize("requires", REQUIREMENTS)
def test_the_newest_that_what_is_installed_wants(
    requires: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [Installed(), Installed(*requires)]
    monkeypatch.setattr(versions.importlib.metadata, "distributions", lambda: found)
    versions._requirements.cache_clear()
    try:
        assert version_for("absent", "absent", None) == REQUIREMENTS[requires]
    finally:
        versions._requirements.cache_clear()


def test_what_is_installed_counts_before_what_a_file_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "_required", lambda _: [("<", "1.5")])
    both = ast.parse(IMPORT + "assert V >= '1.0' and V < '1.4'")
    assert version_for("absent", "absent", both) == "1.3.99"
    against = ast.parse(IMPORT + "assert V >= '2.0'")
    assert version_for("absent", "absent", against) == "1.4.99"


def test_a_package_is_asked_for_as_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Installed("opencv-python<4")]
    monkeypatch.setattr(versions.importlib.metadata, "distributions", lambda: found)
    versions._requirements.cache_clear()
    try:
        assert version_for("cv2", "opencv-python", None) == "3.99.0"
    finally:
        versions._requirements.cache_clear()
