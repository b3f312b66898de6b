"""What a file of `--cases` says beside the cases that its `cases(module)` yields: the commands and
cases that were given as text, and what they need. It stands there in one dictionary, written out,
which is read and never run:

    TORCHSCRIPT_FIX = {
        "stub_missing": True,
        "pass_over_weights": True,
        "import_root": ["lib"],
        "case": [{"case": "net:Net()", "method": "encode", "input": ["torch.rand(1, 3)"]}],
        "run": [{"run": "python demo.py", "folder": ".", "calls": [("net.Net", 1, 1)]}],
    }

Folders are relative to that of the file. The keys are those of the options, and each may be absent.
"""

import ast
import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torchscript_fix.cases.declared import CaseError, DeclaredCase, parse_declared, with_method
from torchscript_fix.cases.recorded import Call, RecordedCommand, parse_command
from torchscript_fix.cases.written import WrittenCases

SETTINGS = "TORCHSCRIPT_FIX"
"""The name that the dictionary has in the file."""

_KEYS = ("stub_missing", "pass_over_weights", "import_root", "case", "run")
_CASE_KEYS, _RUN_KEYS = ("case", "method", "input"), ("run", "folder", "calls")


@dataclass(frozen=True)
class SavedCases:
    """All that a file of `--cases` asks for."""

    cases: tuple[DeclaredCase | WrittenCases | RecordedCommand, ...]
    import_roots: tuple[Path, ...] = ()
    stub_missing: bool = False


def read_saved(path: Path, scripts: Path) -> SavedCases:
    """What a file of `--cases` asks for; `scripts` is where the interpreter that runs the code has
    its installed commands. Raises CaseError for settings that are no such settings; a file that is
    no Python is left to whoever imports it."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return SavedCases((WrittenCases(path),))
    reading = _Reading(path, _settings(path, tree))
    cases: list[DeclaredCase | WrittenCases | RecordedCommand] = []
    cases += reading.declared()
    cases += reading.commands(scripts)
    # What has cases given as text need not define a function that yields others.
    if not cases or any(_binds(node, "cases") for node in tree.body):
        cases.insert(0, WrittenCases(path, reading.is_on("pass_over_weights")))
    return SavedCases(tuple(cases), reading.import_roots(), reading.is_on("stub_missing"))


def _settings(path: Path, tree: ast.Module) -> Mapping[str, Any]:
    found = [
        node.value for node in tree.body if isinstance(node, ast.Assign) and _binds(node, SETTINGS)
    ]
    if not found:
        return {}
    try:
        said = ast.literal_eval(found[-1])
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        line = found[-1].lineno
        raise CaseError(f"{path}:{line}: {SETTINGS} has to be written out, nothing runs") from error
    return _mapping(said, _KEYS, f"{path}: {SETTINGS}")


def _binds(node: ast.stmt, name: str) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(each, ast.Name) and each.id == name for each in node.targets)
    if isinstance(node, ast.ImportFrom):
        return any(name in (each.asname or each.name, each.name) for each in node.names)
    return isinstance(node, ast.FunctionDef) and node.name == name


def _mapping(said: object, keys: Sequence[str], where: str) -> Mapping[str, Any]:
    """A dictionary that has no other keys. Raises CaseError."""
    if not isinstance(said, dict):
        raise CaseError(f"{where} has to be a dictionary, with keys such as {keys[0]!r}")
    for key in said:
        if key not in keys:
            near = difflib.get_close_matches(str(key), keys, 1)
            meant = f"; did you mean {near[0]!r}?" if near else f"; it knows {', '.join(keys)}"
            raise CaseError(f"{where} has no {key!r}{meant}")
    return said


@dataclass(frozen=True)
class _Reading:
    path: Path
    said: Mapping[str, Any]

    def is_on(self, key: str) -> bool:
        value = self.said.get(key, False)
        if not isinstance(value, bool):
            raise CaseError(f"{self._where(key)} has to be True or False")
        return value

    def import_roots(self) -> tuple[Path, ...]:
        return tuple(self._folder(each, "import_root") for each in self._texts("import_root"))

    def declared(self) -> Iterator[DeclaredCase]:
        where = self._where("case")
        for each in self._list("case"):
            said = _mapping(each, _CASE_KEYS, where)
            case, method = said.get("case"), said.get("method", "")
            inputs = said.get("input", [])
            if not isinstance(case, str) or not isinstance(method, str) or not _are_texts(inputs):
                raise CaseError(f"{where}: 'case', 'method' and each 'input' are texts")
            yield parse_declared(with_method(case, method) if method else case, inputs)

    def commands(self, scripts: Path) -> Iterator[RecordedCommand]:
        where = self._where("run")
        for each in self._list("run"):
            said = _mapping(each, _RUN_KEYS, where)
            if not isinstance(said.get("run"), str):
                raise CaseError(f"{where}: 'run' is the text of a command")
            folder = self._folder(said.get("folder", "."), "run")
            yield parse_command(said["run"], folder, scripts, self._calls(said.get("calls", ())))

    def _calls(self, said: object) -> tuple[Call, ...]:
        """Raises CaseError for what are no calls."""
        return tuple(map(self._call, said if isinstance(said, (list, tuple)) else [said]))

    def _call(self, said: object) -> Call:
        match said:
            case [str(cls), int(instance), int(call)]:
                return Call(cls, instance, call)
        form = "(class, which instance, which call)"
        raise CaseError(f"{self._where('run')}: a call is {form}, not {said!r}")

    def _folder(self, said: object, key: str) -> Path:
        folder = self.path.parent / said if isinstance(said, str) else None
        if folder is None or not folder.is_dir():
            raise CaseError(f"{self._where(key)}: there is no folder {folder or said!r}")
        return folder.resolve()

    def _texts(self, key: str) -> list[str]:
        found = self._list(key)
        if not _are_texts(found):
            raise CaseError(f"{self._where(key)} has to be a list of texts")
        return found

    def _list(self, key: str) -> list[Any]:
        found = self.said.get(key, [])
        if not isinstance(found, (list, tuple)):
            raise CaseError(f"{self._where(key)} has to be a list")
        return list(found)

    def _where(self, key: str) -> str:
        return f"{self.path}: {SETTINGS}[{key!r}]"


def _are_texts(found: object) -> bool:
    return isinstance(found, (list, tuple)) and all(isinstance(each, str) for each in found)
