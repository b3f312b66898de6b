"""What is remembered of facts, and for how long."""

from pathlib import Path

import pytest

from torchscript_fix.facts import remembered as module
from torchscript_fix.facts.remembered import forget, remembered, remembered_of_text
from torchscript_fix.facts.static import FileFacts, Project

PATH = Path("net.py")
CODE = "class Net:\n    def forward(self, x):\n        return x\n"


def file_of(text: str) -> FileFacts:
    return Project.of_text(text, path=PATH).files[PATH]


def test_what_the_text_decides_is_asked_once_for_each_text() -> None:
    asked = []

    @remembered_of_text
    def length(file: FileFacts) -> int:
        asked.append(file.text)
        return len(file.text)

    assert [length(file_of(text)) for text in ("x = 1\n", "xy = 1\n", "x = 1\n")] == [6, 7, 6]
    assert asked == ["x = 1\n", "xy = 1\n"]


def test_so_many_answers_of_texts_are_remembered_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_TEXTS", 2)
    asked = []

    @remembered_of_text
    def length(file: FileFacts) -> int:
        asked.append(file.text)
        return len(file.text)

    for text in ("a = 1\n", "b = 1\n", "c = 1\n", "c = 1\n", "b = 1\n", "a = 1\n"):
        length(file_of(text))
    assert asked == ["a = 1\n", "b = 1\n", "c = 1\n", "a = 1\n"]


def test_what_is_forgotten_is_computed_again() -> None:
    file = file_of(CODE)
    before = file.classes["Net"]
    asked = []

    @remembered
    def name(facts: FileFacts) -> str:
        asked.append(facts)
        return facts.module

    assert (name(file), name(file), len(asked)) == ("example", "example", 1)
    forget(file)
    assert name(file) == "example"
    assert len(asked) == 2
    assert file.classes["Net"] is not before
    assert file.text == CODE


def test_a_project_forgets_its_trees_and_still_knows_who_imports_whom() -> None:
    project = Project.of_text(CODE, "net", PATH)
    project.add(Path("user.py"), "user", "from net import Net\n")
    assert project.with_importers([PATH]) == {PATH, Path("user.py")}
    project.forget()
    assert all("parsed" not in vars(file) for file in project.files.values())
    assert project.with_importers([PATH]) == {PATH, Path("user.py")}
    assert all("parsed" not in vars(file) for file in project.files.values())
    assert project.classes["net.Net"].method("forward") is not None


def test_a_file_in_another_project_is_not_parsed_again() -> None:
    project = Project.of_text(CODE, "net", PATH)
    part = project.part([PATH])
    assert part.files[PATH].tree is project.files[PATH].tree
    assert part.files[PATH].classes["Net"] is not project.files[PATH].classes["Net"]


def test_a_part_knows_who_imports_whom_without_its_trees() -> None:
    project = Project.of_text(CODE, "net", PATH)
    project.add(Path("user.py"), "user", "from net import Net\nimport other\n")
    project.add(Path("other.py"), "other", "import user\n")
    wanted = project.part([PATH, Path("user.py")]).imported
    assert project.imported[Path("user.py")] == {PATH, Path("other.py")}
    project.forget()
    part = project.part([PATH, Path("user.py")])
    assert part.imported == wanted == {PATH: set(), Path("user.py"): {PATH}}
    assert all("parsed" not in vars(file) for file in part.files.values())
