"""What is read of a repository's settings, and what is not worked out."""

import ast
from pathlib import Path

import pytest

from torchscript_fix.cases.settings import Settings, folded, read_settings

MAIN = Path("main.py")


def read(text: str, path: Path = MAIN) -> Settings:
    return read_settings({path: ast.parse(text)}, None)


def value(settings: Settings, name: str) -> str | None:
    setting = settings.best(name)
    return setting.text if setting is not None else None


@pytest.mark.parametrize(
    ("option", "name", "text"),
    [
        ("'--conv_dim', type=int, default=64", "conv_dim", "64"),
        ("'-n', '--n-layers', default=2 * 3", "n_layers", "6"),
        ("'--no-bias', dest='bias', action='store_false'", "bias", "True"),
        ("'--aux', action='store_true'", "aux", "False"),
        ("'--arch', choices=['small', 'large']", "arch", "'small'"),
        ("'--weights', type=str", "weights", "None"),
        ("'--sizes', nargs='+', default=[1, 2]", "sizes", "[1, 2]"),
        ("'--width', default=WIDTH", "width", "128"),
    ],
)
def test_an_option_of_argparse(option: str, name: str, text: str) -> None:
    assert value(read(f"WIDTH = 128\nparser.add_argument({option})\n"), name) == text


def test_an_option_that_must_be_given_has_no_value() -> None:
    assert value(read("parser.add_argument('--data', required=True)\n"), "data") is None
    assert value(read("parser.add_argument('data')\n"), "data") is None


def test_a_call_that_makes_hyperparameters() -> None:
    settings = read("hparams = HParams(out_channels=10 * 3, layers=24, upsample={'scales': [4]})\n")
    assert value(settings, "out_channels") == "30"
    assert value(settings, "upsample") == "{'scales': [4]}"


def test_a_class_and_a_module_of_settings() -> None:
    text = "class Config:\n    hidden = 32\n    def __init__(self):\n        self.depth = 3\n"
    assert value(read(text), "hidden") == "32"
    assert value(read(text), "depth") == "3"
    assert value(read("_C.MODEL.DIM = 96\n", Path("config.py")), "DIM") == "96"
    assert value(read("hidden = 32\n"), "hidden") is None


def test_yaml_and_json_files(tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "net.yaml").write_text("MODEL:\n  layers: 50\n  bins: [1, 2]\n")
    (tmp_path / "net.json").write_text('{"width": 16, "name": "a b"}')
    (tmp_path / "broken.yml").write_text("a: [")
    settings = read_settings({}, tmp_path)
    found = [value(settings, name) for name in ("layers", "bins", "width", "name")]
    assert found == ["50", "[1, 2]", "16", "'a b'"]


@pytest.mark.parametrize(
    ("option", "name", "text"),
    [
        ("'--device', default='cuda'", "device", "'cpu'"),
        ("'--device', default='cuda:1'", "device", "'cpu'"),
        ("'--use_cuda', default=True", "use_cuda", "False"),
        ("'--backend', default='cudnn'", "backend", "'cudnn'"),
        ("'--cudnn', default=True", "cudnn", "True"),
    ],
)
def test_there_is_no_gpu(option: str, name: str, text: str) -> None:
    assert value(read(f"parser.add_argument({option})"), name) == text


def test_a_section_is_a_mapping_whose_items_are_attributes(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("NET:\n  STAGE:\n    widths: [1, 2]\n  depth: 3\n")
    [text] = read_settings({}, tmp_path).sections["NET"]
    section = eval(text)
    assert section.STAGE.widths == section["STAGE"]["widths"] == [1, 2] and section.depth == 3
    assert not hasattr(section, "other") and list(section) == ["STAGE", "depth"]


def test_what_is_no_plain_value_makes_no_section(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("NET:\n  day: 2020-01-01\n  1: a\n")
    assert read_settings({}, tmp_path).sections == {}


def test_a_configuration_behind_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.json").write_text('{"width": 16}')
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "net.json").symlink_to(tmp_path / "outside.json")
    assert value(read_settings({}, tmp_path / "project"), "width") is None


def test_yaml_that_would_make_objects_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("a: !!python/object/apply:os.getcwd []\n")
    assert read_settings({}, tmp_path).by_name == {}


def test_what_code_compares_a_name_with() -> None:
    settings = read("if args.net == 'a': pass\nelif net.lower() in ('b', 'c'): pass\n")
    assert settings.choices["net"] == ("'a'", "'b'", "'c'")


def test_the_file_at_hand_comes_first() -> None:
    option = "parser.add_argument('--dim', default={})"
    trees = {Path(f"{n}.py"): ast.parse(option.format(n)) for n in (1, 2)}
    settings = read_settings(trees, None)
    assert settings.best("dim", Path("2.py")) == settings.by_name["dim"][1]
    assert settings.best("dim", Path("other.py")) == settings.by_name["dim"][0]


@pytest.mark.parametrize("text", ["9 ** 9 ** 9", "[0] * 10 ** 9", "'%s' % 1", "f(1)", "1 / 0"])
def test_what_is_not_worked_out(text: str) -> None:
    with pytest.raises(ValueError):
        folded(ast.parse(text, mode="eval").body)
