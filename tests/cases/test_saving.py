"""The file of `--save-cases`: readable, complete, and Python."""

import ast
from pathlib import Path

from torchscript_fix.cases import (
    Call,
    DeclaredCase,
    DeducedCase,
    RecordedCommand,
    SavedCases,
    WrittenCases,
    parse_command,
    parse_declared,
    read_saved,
    with_method,
)
from torchscript_fix.cases.saving import Needs, source

NET = DeducedCase(
    "models.net:Net(block=Block, sizes=[n for n in (1, WIDTH)], act=torch.nn.ReLU)",
    ("torch.rand(2, 3)", "mask=None"),
    "constructor arguments from the call in train.py line 3; input from the first Linear",
)


def test_names_of_the_module_are_spelled_as_its_own() -> None:
    text = source([NET], Path(), Needs())
    assert 'if module.__name__ == "models.net":' in text
    assert "module.Net(" in text and "block=module.Block" in text
    assert "[n for n in (1, module.WIDTH)]" in text and "act=torch.nn.ReLU" in text
    assert 'inputs=lambda: ((torch.rand(2, 3),), {"mask": None})' in text


def test_how_a_case_was_found_is_a_comment() -> None:
    text = source([NET], Path(), Needs())
    assert "# constructor arguments from the call in train.py line 3;" in text


def test_a_case_without_inputs_is_left_out() -> None:
    text = source([DeducedCase("net:Net()")], Path(), Needs())
    assert "Case(" not in text
    ast.parse(text)


def test_a_module_that_is_called_like_one_of_python() -> None:
    text = source([DeducedCase("types:Net()", ("1",))], Path(), Needs())
    assert 'module.__name__ in ("types", "_torchscript_fix_types")' in text


def test_a_method_is_said_as_such() -> None:
    case = with_method("net:Net()", "act").partition(":")[2]
    text = source([DeducedCase(f"net:{case}", ("1",))], Path(), Needs())
    assert "build=lambda: module.Net()," in text and 'method="act",' in text


def read_again(
    folder: Path, cases: list[DeclaredCase | DeducedCase | RecordedCommand], needs: Needs
) -> SavedCases:
    path = folder / "saved.py"
    path.write_text(source(cases, folder, needs))
    return read_saved(path, Path("/usr/bin"))


def test_what_was_typed_is_read_again_as_it_was(tmp_path: Path) -> None:
    for name in ("lib", "tools"):
        (tmp_path / name).mkdir()
    (tmp_path / "tools" / "demo.py").write_text("")
    plain = parse_declared("net:Net()", ["torch.rand(1, 3)", "mask=None"])
    called = parse_declared(with_method("mine=net:Net('a')", "act"), ["math.pi"])
    command = parse_command("A=1 python demo.py --x 'a b'", tmp_path / "tools", Path("/usr/bin"))
    calls = (Call("net.Net", 1, 1), Call("net.Head", 2, 3))
    needs = Needs([tmp_path / "lib"], True, {command: calls})
    saved = read_again(tmp_path, [plain, called, command], needs)
    again = parse_command(command.text, tmp_path / "tools", Path("/usr/bin"), calls)
    assert saved == SavedCases((plain, called, again), (tmp_path / "lib",), True)


def test_cases_that_were_found_had_stand_ins_and_no_weights(tmp_path: Path) -> None:
    saved = read_again(tmp_path, [NET], Needs())
    assert saved.cases == (WrittenCases(tmp_path / "saved.py", passes_over_weights=True),)
    assert saved.stub_missing


def test_what_an_input_may_speak_of_is_imported() -> None:
    case = DeducedCase("net:Net()", ("math.pi", "torch.from_numpy(np.zeros(3))"))
    text = source([case], Path(), Needs())
    assert "import math\nimport numpy as np\nimport torch\n" in text
    assert "(math.pi, torch.from_numpy(np.zeros(3)))" in text
