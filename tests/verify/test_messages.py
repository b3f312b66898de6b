"""Words of a worker become words about the user's files."""

from pathlib import Path

import pytest

from torchscript_fix.verify.messages import Messages


def test_the_mirrors_path_becomes_the_users() -> None:
    messages = Messages(Path("/home/me/net"), [r"/tmp/session/original-\d+"])
    said = 'File "/tmp/session/original-3/a.py", line 3'
    assert messages.plain(said) == 'File "/home/me/net/a.py", line 3'


def test_lines_of_a_rewritten_file_become_those_of_the_original(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("one\ntwo\nthree\n")
    messages = Messages(tmp_path, [str(tmp_path)]).rewritten({path: b"new\none\ntwo\nnew\nthree\n"})
    said = f'File "{path}", line 5 and File "{tmp_path}/b.py", line 5'
    assert messages.plain(said) == f'File "{path}", line 3 and File "{tmp_path}/b.py", line 5'


def error(**rest: object) -> dict[str, object]:
    return {"type": "ValueError", "message": "no", "missing": None, "place": "", **rest}


def test_where_pythons_error_was_raised_is_told() -> None:
    messages = Messages(Path("/net"), ["/net"])
    said = messages.of_error(error(place='File "/net/a.py", line 3, in forward'))
    assert said == 'ValueError: no\n  File "/net/a.py", line 3, in forward'


def test_the_compilers_error_says_itself_where_it_is() -> None:
    messages = Messages(Path("/net"), ["/net"])
    said = messages.of_error(error(message='bad:\n  File "/net/a.py", line 3', place='File "x"'))
    assert said == 'ValueError: bad:\n  File "/net/a.py", line 3'


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("cv2", "opencv-python"),
        ("PIL.Image", "Pillow"),
        ("yaml", "PyYAML"),
        ("sklearn.metrics", "scikit-learn"),
        ("einops", "einops"),
    ],
)
def test_a_missing_module_is_told_with_its_package(module: str, package: str) -> None:
    said = Messages(Path("/nowhere"), ["/nowhere"]).of_error(error(missing=module))
    assert f"pip install {package})" in said


def test_under_which_name_an_unknown_module_is_published_is_not_guessed() -> None:
    said = Messages(Path("/nowhere"), ["/nowhere"]).of_error(error(missing="clip.model"))
    assert "pip" not in said
    assert "(clip is not installed, and under which name it is published is not known)" in said


def test_a_missing_module_of_the_users_own_is_not_to_be_installed(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    said = Messages(tmp_path, [str(tmp_path)]).of_error(error(missing="nets.conv"))
    assert "pip" not in said
    assert "--import-root" in said


def test_a_download_that_failed_is_explained() -> None:
    said = Messages(Path("/n"), ["/n"]).of_error(error(type="URLError", message="unreachable"))
    assert "without a network" in said


def test_what_a_worker_says_may_be_anything() -> None:
    messages = Messages(Path("/n"), ["/n"])
    assert messages.of_error(None)
    assert messages.of_error({"type": 3, "message": [1]})


def test_addresses_and_scratch_folders_are_the_same_in_every_run() -> None:
    messages = Messages(Path("/net"), ["/net"], Path("/tmp/torchscript-fix-x1"))
    said = "<Net at 0x7f3ab2c0de10> has mask 0xff, see /tmp/torchscript-fix-x1/scratch-3/17/a.bin"
    assert messages.plain(said) == "<Net at 0x…> has mask 0xff, see <scratch>/a.bin"
