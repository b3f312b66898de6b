"""Which of a repository's own scripts are tried, by what stands in them."""

from pathlib import Path

import pytest

from torchscript_fix.cases.likely import likely_commands

MODEL = "import torch\nfrom torch import nn\nclass Net(nn.Module):\n    pass\n"
MAIN = "if __name__ == '__main__':\n"
CALL = f"{MAIN}    print(Net()(torch.rand(1, 3)))\n"


def likely(root: Path, **files: str) -> list[str]:
    texts = {}
    for name, text in files.items():
        path = root / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        texts[path] = text
    return [command.text for command in likely_commands(root, texts)]


def test_tests_come_first_and_run_at_once(tmp_path: Path) -> None:
    found = likely(
        tmp_path,
        net=MODEL + CALL,
        tests__test_a="import torch\ndef test_a(): pass\n",
        tests__test_b="import torch\nclass TestB:\n    def test_b(self): pass\n",
        tests__test_without_torch="def test_c(): pass\n",
        tests__helper="import torch\n",
    )
    assert found == ["pytest tests/test_a.py tests/test_b.py", "python net.py"]


def test_the_options_of_the_project_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "test_a.py"
    (command,) = likely_commands(tmp_path, {path: "import torch\ndef test_a(): pass\n"})
    assert command.arguments[:3] == ("test_a.py", "-o", "addopts=")
    assert command.label == "pytest test_a.py"
    assert command.how == "called by the repository's own pytest test_a.py"


def test_a_model_with_a_self_test_in_a_package_runs_as_a_module(tmp_path: Path) -> None:
    found = likely(tmp_path, nets__net=MODEL + CALL + "from . import other\n")
    assert found == ["python -m nets.net"]


def test_a_demo_without_a_main_block(tmp_path: Path) -> None:
    assert likely(tmp_path, demo="import torch, net\nprint(net.Net()(torch.rand(2)))\n")


def test_a_demo_whose_image_is_there(tmp_path: Path) -> None:
    (tmp_path / "cat.png").touch()
    assert likely(tmp_path, demo="import torch, net\nnet.show(torch.ones(1), 'cat.png')\n")


def test_what_is_written_need_not_be_there(tmp_path: Path) -> None:
    save = "    torch.save(Net().state_dict(), 'net.pth')\n    open('log.txt', 'w').write('')\n"
    assert likely(tmp_path, net=MODEL + CALL + save) == ["python net.py"]


@pytest.mark.parametrize(
    "line",
    [
        "net.load_state_dict(torch.load('weights/net.pth'))",
        "open('log.txt')",
        "parser.add_argument('--data', required=True)",
        "parser.add_argument('image')",
        "print(sys.argv[1])",
        "input('which?')",
        "urllib.request.urlretrieve('https://example.org/x', 'y')",
        "backbone(pretrained=True)",
        "torch.distributed.init_process_group('nccl')",
    ],
)
def test_a_script_that_asks_for_something(line: str, tmp_path: Path) -> None:
    assert likely(tmp_path, demo=f"{MODEL}{CALL}    {line}\n") == []


def test_optional_arguments_are_none(tmp_path: Path) -> None:
    lines = "    p.add_argument('--size', default=3)\n    p.add_argument('image', nargs='?')\n"
    assert likely(tmp_path, demo=MODEL + CALL + lines) == ["python demo.py"]


def test_no_script(tmp_path: Path) -> None:
    assert not likely(
        tmp_path, net=MODEL, train=f"{MODEL}{MAIN}    train()\n", broken="import torch ("
    )


def test_no_more_than_a_few(tmp_path: Path) -> None:
    assert len(likely(tmp_path, **{f"net_{n}": MODEL + CALL for n in range(9)})) == 4
