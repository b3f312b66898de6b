"""What a file of `--cases` says beside its cases is read, not run, and what is wrong is told."""

from pathlib import Path

import pytest

from torchscript_fix.cases import (
    Call,
    CaseError,
    DeclaredCase,
    RecordedCommand,
    SavedCases,
    WrittenCases,
    read_saved,
)

CASES = "def cases(module):\n    return []\n"


def read(folder: Path, text: str) -> SavedCases:
    path = folder / "saved.py"
    path.write_text(text)
    return read_saved(path, Path("/usr/bin"))


def test_a_file_without_settings(tmp_path: Path) -> None:
    assert read(tmp_path, CASES) == SavedCases((WrittenCases(tmp_path / "saved.py"),))


def test_all_settings(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "demo.py").write_text("")
    text = """\
TORCHSCRIPT_FIX = {
    "stub_missing": True,
    "pass_over_weights": True,
    "import_root": ["lib"],
    "case": [{"case": "net:Net()", "method": "act", "input": ["1", "x=2"]}],
    "run": [{"run": "python demo.py", "calls": [("net.Net", 1, 2)]}],
}
"""
    saved = read(tmp_path, text + CASES)
    assert saved.stub_missing and saved.import_roots == (tmp_path / "lib",)
    written, declared, command = saved.cases
    assert written == WrittenCases(tmp_path / "saved.py", passes_over_weights=True)
    assert isinstance(declared, DeclaredCase) and declared.name == "net:Net().act"
    assert declared.inputs == ("1", "x=2")
    assert isinstance(command, RecordedCommand) and command.target == str(tmp_path / "demo.py")
    assert command.folder == tmp_path and command.calls == (Call("net.Net", 1, 2),)


def test_commands_need_no_function_of_cases(tmp_path: Path) -> None:
    saved = read(tmp_path, "TORCHSCRIPT_FIX = {'run': [{'run': 'pytest'}]}\n")
    assert [type(case) for case in saved.cases] == [RecordedCommand]


def test_settings_are_not_run(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"saved.py:2: TORCHSCRIPT_FIX has to be written out"):
        read(tmp_path, "import os\nTORCHSCRIPT_FIX = {'stub_missing': os.system('true')}\n")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("{'stub_mising': True}", "did you mean 'stub_missing'?"),
        ("{'quick': True}", "it knows stub_missing, pass_over_weights"),
        ("['case']", "has to be a dictionary"),
        ("{'stub_missing': 1}", "has to be True or False"),
        ("{'import_root': 'lib'}", "has to be a list"),
        ("{'import_root': ['nowhere']}", "there is no folder"),
        ("{'import_root': [1]}", "has to be a list of texts"),
        ("{'case': [{'case': 'net'}]}", "expected 'module:expression'"),
        ("{'case': [{'case': 'net:Net()', 'input': '1'}]}", "are texts"),
        ("{'case': [{'case': 'net:Net()', 'inputs': ['1']}]}", "did you mean 'input'?"),
        ("{'run': [{}]}", "is the text of a command"),
        ("{'run': [{'run': 'no_such_command'}]}", "there is no no_such_command"),
        ("{'run': [{'run': 'pytest', 'folder': 'nowhere'}]}", "there is no folder"),
        ("{'run': [{'run': 'pytest', 'calls': [('net.Net', 1)]}]}", "a call is"),
        ("{'run': [{'run': 'pytest', 'calls': 3}]}", "a call is"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, settings: str, words: str) -> None:
    with pytest.raises(CaseError) as failed:
        read(tmp_path, f"TORCHSCRIPT_FIX = {settings}\n")
    assert words in str(failed.value)


def test_no_python_is_left_to_whoever_imports_it(tmp_path: Path) -> None:
    assert [type(case) for case in read(tmp_path, "def (").cases] == [WrittenCases]
