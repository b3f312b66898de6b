"""Scripts: files that are run, told from those that are imported, and from tests."""

import ast
import re

from torchscript_fix.facts.static import FileFacts

_NAMED = re.compile(
    r"(?i)(.*_)?(main|train|test|demo|infer(ence)?|eval(uate)?|predict|sample|generate|run|solver"
    r"|trainer|synthesi[sz]e|example|export)(er|ing)?(_.*)?"
)
_RUN = ("__main__", "ArgumentParser")


def is_entry(file: FileFacts) -> bool:
    """Whether a file is a script: by its name, or since it does something when it is run."""
    if is_test(file):
        return False
    return is_named_as_entry(file) or any(sign in file.text for sign in _RUN)


def is_named_as_entry(file: FileFacts) -> bool:
    """Whether a file is called as scripts are: `train.py`, `demo_cam.py`."""
    return not is_test(file) and _NAMED.fullmatch(file.path.stem) is not None


def is_test(file: FileFacts) -> bool:
    """Whether pytest would look for tests in it; `test.py` is mostly a script that evaluates."""
    *folders, _ = file.module.split(".")
    return file.path.stem.startswith("test_") or (bool(folders) and "test" in folders[0])


def in_main(file: FileFacts) -> frozenset[int]:
    """Identities of the nodes that are run when the file is, under `if __name__ == "__main__"`."""
    found: set[int] = set()
    for node in file.tree.body:
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            found |= {id(each) for statement in node.body for each in ast.walk(statement)}
    return frozenset(found)
