"""Commands that a repository itself has and that are likely to call its models: its tests, demos
and self-tests, where they ask for no arguments, no data and no network. Judged by their text alone.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from torchscript_fix.cases.recorded import RecordedCommand
from torchscript_fix.importing.file_imports import done_when_run, is_main_block, is_script

MOST_COMMANDS = 4
MOST_TEST_FILES = 12
LARGEST_SCRIPT = 200_000
"""Characters."""

_TEST = re.compile(r"(test_.*|.*_tests?)\.py")
_DEMO = re.compile(r"(?i)(.*_)?(demo|infer|inference|predict|test|tests|example|sample|toy)(_.*)?")
_TORCH = re.compile(r"^\s*(import|from)\s[^#\n]*\btorch\b", re.M)
_DATA = re.compile(
    r"(?i)[^\s*?{}%]*\.(pth?|pth\.tar|ckpt|pkl|pickle|bin|t7|h5|hdf5|npy|npz|mat|csv|tsv|txt|json|ya?ml|"
    r"png|jpe?g|bmp|tiff?|gif|mp4|avi|wav|flac|mp3|onnx|caffemodel|weights)"
)
_ASKS = re.compile(
    r"sys\.argv\[|\binput\(|fire\.Fire|urlretrieve|requests\.get|gdown|wget|hf_hub_download|"
    r"from_pretrained\(|download\s*=\s*True|pretrained\s*=\s*True|click\.argument|VideoCapture\(|"
    r"init_process_group"
)
_WRITES = frozenset({"save", "savefig", "imsave", "imwrite", "export", "to_csv", "dump"})
_MAKERS = frozenset(
    {"rand", "randn", "ones", "zeros", "randint", "arange", "Tensor", "FloatTensor"}
)


def likely_commands(root: Path, texts: Mapping[Path, str]) -> tuple[RecordedCommand, ...]:
    """At most a few commands, the likeliest first; `texts` are the Python files below `root`."""
    tests: list[Path] = []
    scripts: list[tuple[int, Path]] = []
    for path, text in sorted(texts.items()):
        if len(text) > LARGEST_SCRIPT or not _TORCH.search(text) or not path.is_relative_to(root):
            continue
        tree = _parsed(text)
        if tree is None:
            continue
        if _is_test(path, tree):
            tests.append(path)
        elif is_script(tree) and not _asks(path, root, text, tree):
            rank = _rank(path, tree)
            if rank is not None:
                scripts.append((rank, path))
    found = [_pytest(root, tests)] if tests else []
    found += [_script(root, path) for _, path in sorted(scripts)]
    return tuple(found[:MOST_COMMANDS])


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _pytest(root: Path, tests: list[Path]) -> RecordedCommand:
    """One run of all test files. Options of the project's own may need plugins that are missing."""
    files = [path.relative_to(root).as_posix() for path in tests[:MOST_TEST_FILES]]
    options = ("-o", "addopts=", "--continue-on-collection-errors")
    text = f"pytest {' '.join(files)}"
    return RecordedCommand(text, "pytest", "", (*files, *options), root, (), text)


def _script(root: Path, path: Path) -> RecordedCommand:
    name = path.relative_to(root).as_posix()
    text = f"python {name}"
    command = RecordedCommand(text, "script", str(path), (), root, (), name)
    # A script that imports its neighbours is run from anywhere; one in a package, as a module.
    relative = any(
        isinstance(node, ast.ImportFrom) and node.level
        for node in ast.walk(ast.parse(path.read_bytes()))
    )
    if relative:
        dotted = ".".join(path.relative_to(root).with_suffix("").parts)
        return replace(command, text=f"python -m {dotted}", kind="module", target=dotted)
    return command


def _is_test(path: Path, tree: ast.Module) -> bool:
    """Whether pytest would find tests in a file."""
    if not _TEST.fullmatch(path.name):
        return False
    return any(
        (isinstance(node, ast.FunctionDef) and node.name.startswith("test"))
        or (isinstance(node, ast.ClassDef) and _has_tests(node))
        for node in tree.body
    )


def _has_tests(cls: ast.ClassDef) -> bool:
    return any(isinstance(n, ast.FunctionDef) and n.name.startswith("test") for n in cls.body)


def _rank(path: Path, tree: ast.Module) -> int | None:
    """How likely a script calls a model; None where it does not seem to."""
    done = ast.Module(list(done_when_run(tree)), [])
    has_main = any(map(is_main_block, tree.body))
    makes = any(isinstance(node, ast.Attribute) and node.attr in _MAKERS for node in ast.walk(done))
    has_model = any(isinstance(node, ast.ClassDef) for node in tree.body)
    if has_main and makes and has_model:
        return 1  # a model with a self-test beneath it
    if _DEMO.fullmatch(path.stem):
        return 0 if makes else 2
    return 3 if has_main and makes else None


def _asks(path: Path, root: Path, text: str, tree: ast.Module) -> bool:
    """Whether a script asks for what is not there: arguments, files, a network."""
    if _ASKS.search(text):
        return True
    written = {id(name) for node in ast.walk(tree) for name in _written(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _needs_argument(node):
            return True
        if isinstance(node, ast.Constant) and id(node) not in written and _is_data(node.value):
            here = (path.parent / str(node.value), root / str(node.value))
            if not any(place.exists() for place in here):
                return True
    return False


def _is_data(value: object) -> bool:
    return isinstance(value, str) and len(value) < 300 and _DATA.fullmatch(value) is not None


def _written(node: ast.AST) -> Iterator[ast.expr]:
    """The arguments of a call that writes a file, and of an open for writing."""
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    modes = [a.value for a in node.args[1:2] if isinstance(a, ast.Constant)]
    writes = any(isinstance(mode, str) and set(mode) & set("wax") for mode in modes)
    if name in _WRITES or (isinstance(node.func, ast.Name) and node.func.id == "open" and writes):
        yield from node.args


def _needs_argument(call: ast.Call) -> bool:
    """Whether it declares an argument that has to be given."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    required = given.get("required")
    if name in ("add_argument", "option") and isinstance(required, ast.Constant):
        return bool(required.value)
    if name != "add_argument" or not call.args:
        return False
    first = call.args[0]
    is_positional = isinstance(first, ast.Constant) and not str(first.value).startswith("-")
    nargs = given.get("nargs")
    optional = isinstance(nargs, ast.Constant) and nargs.value in ("?", "*")
    return is_positional and not optional and "default" not in given
