"""What a repository says of its settings: argparse defaults, hyperparameters, YAML and JSON files.

A setting is a name and the source of a value. Nothing is run: only what stands there as a literal,
or folds to one, counts.
"""

import ast
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torchscript_fix.cases.config_files import read_config
from torchscript_fix.facts.nodes import nodes_in

MOST_CONFIG_FILES = 60
LONGEST = 300
"""Characters of one value."""
MOST_VALUES = 4

_HOLDERS = re.compile(
    r"(?i).*(h_?params?|hyper_?params?|config|configs|cfg|namespace|settings|options|munch"
    r"|attrdict|edict|easydict|args|params|_c)|dict"
)
_OPTIONS = frozenset({"add_argument", "option", "add_option"})
_SKIPPED = re.compile(
    r"(?i)package(-lock)?\.json|tsconfig\.json|(environment|conda|mkdocs|action|\w*compose)\W?.*"
)
"""Files that say nothing of models."""


@dataclass(frozen=True)
class Setting:
    """One value that a name has somewhere."""

    text: str
    path: Path
    line: int | None
    order: int
    """What is likelier to be what the scripts really use has a lower one."""


@dataclass(frozen=True)
class Settings:
    """All of a repository's settings, by name."""

    by_name: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names to strings, as source, that code compares them with."""
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Names to what configuration files hold under them, as an expression for a mapping whose items
    are attributes, too."""

    def best(self, name: str, near: Path | None = None) -> Setting | None:
        """The likeliest value of a name, one of the file `near` before others."""
        found = self.by_name.get(name, ())
        ordered = sorted(found, key=lambda setting: (setting.path != near, setting.order))
        told = [setting for setting in ordered if setting.text != "None"]
        return next(iter(told or ordered), None)

    def texts(self) -> dict[str, list[str]]:
        """Name to values, likeliest first."""
        return {
            name: list(dict.fromkeys(s.text for s in sorted(found, key=lambda s: s.order)))[
                :MOST_VALUES
            ]
            for name, found in self.by_name.items()
        }


def read_settings(
    trees: Mapping[Path, ast.Module],
    root: Path | None,
    passed: Iterable[tuple[str, Setting]] = (),
) -> Settings:
    """The settings of Python files, of the YAML and JSON files below `root`, and those that are
    passed by name."""
    found: dict[str, list[Setting]] = defaultdict(list)
    choices: dict[str, dict[str, None]] = defaultdict(dict)
    sections: dict[str, dict[str, None]] = defaultdict(dict)
    for path, tree in trees.items():
        nodes = nodes_in(tree)
        for name, value, line, order in _of_python(path, tree, nodes):
            if len(value) <= LONGEST:
                found[name].append(Setting(_on_this_machine(name, value), path, line, order))
        for name, choice in _compared(nodes):
            choices[name].setdefault(repr(choice))
    for name, setting in passed:
        found[name].append(setting)
    for path, loaded in _configurations(root) if root is not None else ():
        for name, value in _flattened(loaded):
            if len(value) <= LONGEST:
                found[name].append(Setting(_on_this_machine(name, value), path, None, 4))
        for name, section in _sections(loaded):
            if len(sections[name]) < MOST_VALUES:
                sections[name].setdefault(section)
    return Settings(
        {name: tuple(values) for name, values in found.items()},
        {name: tuple(texts)[:8] for name, texts in choices.items()},
        {name: tuple(texts) for name, texts in sections.items()},
    )


_GPU = re.compile(r"['\"](cuda|gpu)(:\d+)?['\"]")
_USES_GPU = re.compile(r"(?i)(use_?|with_?)?(cuda|gpu)s?")


def _on_this_machine(name: str, value: str) -> str:
    """A setting where there is no GPU."""
    if _GPU.fullmatch(value):
        return "'cpu'"
    return "False" if value == "True" and _USES_GPU.fullmatch(name) else value


# ---------------------------------------------------------------------------------------- Python

Found = Iterator[tuple[str, str, int, int]]
"""Name, source of the value, line, order."""


def _of_python(path: Path, tree: ast.Module, nodes: Iterable[ast.AST]) -> Found:
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Call):
            yield from _of_call(node, constants)
        elif isinstance(node, ast.ClassDef) and _HOLDERS.fullmatch(node.name):
            yield from _of_body(node.body, 3)
    if _HOLDERS.fullmatch(path.stem) or re.search(r"setting|constant|conf|default", path.stem):
        yield from _of_body(tree.body, 3)


def _of_call(call: ast.Call, constants: Mapping[str, ast.expr]) -> Found:
    func = call.func
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if name in _OPTIONS:
        yield from _of_option(call, constants)
    elif name.startswith("DEFINE_") and len(call.args) >= 2:
        first = call.args[0]
        text = literal(call.args[1])
        if isinstance(first, ast.Constant) and isinstance(first.value, str) and text:
            yield first.value, text, call.lineno, 1
    elif _HOLDERS.fullmatch(name) and len(call.keywords) >= 2:
        for keyword in call.keywords:
            text = literal(keyword.value)
            if keyword.arg and text:
                yield keyword.arg, text, call.lineno, 2


def _of_option(call: ast.Call, constants: Mapping[str, ast.expr]) -> Found:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    names = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    long = next((name for name in names if name.startswith("--")), names[0] if names else "")
    dest = given.get("dest")
    name = long.lstrip("-").replace("-", "_")
    if isinstance(dest, ast.Constant) and isinstance(dest.value, str):
        name = dest.value
    default = given.get("default")
    if isinstance(default, ast.Name):
        default = constants.get(default.id, default)
    text = literal(default) if default is not None else ""
    action = getattr(given.get("action"), "value", None)
    if not text and default is None:
        text = {"store_true": "False", "store_false": "True"}.get(str(action), "")
    choices = given.get("choices")
    if not text and isinstance(choices, ast.List | ast.Tuple) and choices.elts:
        text = literal(choices.elts[0])
    if not text and default is None and given.get("required") is None:
        text = "None" if long.startswith("-") else ""
    if name.isidentifier() and text:
        yield name, text, call.lineno, 0


def _of_body(body: Iterable[ast.stmt], order: int) -> Found:
    """`hidden = 128`, `_C.MODEL.HIDDEN = 128`, `self.hidden = 128`, `config = {'hidden': 128}`."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            yield from _of_body(statement.body, order)
        targets: list[ast.expr] = []
        value: ast.expr | None = None
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign):
            targets, value = [statement.target], statement.value
        if value is None:
            continue
        if isinstance(value, ast.Dict):
            for key, inner in zip(value.keys, value.values, strict=True):
                text = literal(inner)
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and text:
                    yield key.value, text, inner.lineno, order
        text = literal(value)
        for target in targets:
            last = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if last and text:
                yield last, text, statement.lineno, order


def literal(node: ast.expr) -> str:
    """The source of a literal, arithmetic of numbers folded; "" for anything else."""
    try:
        return repr(folded(node))
    except ValueError:
        return ""


_OPERATORS: dict[type[ast.operator], Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
}
_POWER = 64
"""The largest exponent, and factor of a sequence, that is worked out."""


def folded(node: ast.expr) -> Any:
    """The value of a literal, with the arithmetic of numbers done. Raises ValueError."""
    if isinstance(node, ast.BinOp):
        left, right = folded(node.left), folded(node.right)
        operate = _OPERATORS.get(type(node.op))
        numbers = _is_number(left) and _is_number(right)
        if isinstance(node.op, ast.Pow):
            small = numbers and abs(right) <= _POWER and abs(left) <= 1 << 16
        elif isinstance(node.op, ast.Mult):
            small = numbers or (isinstance(right, int) and right <= _POWER)
        else:
            small = not isinstance(left, str) or isinstance(node.op, ast.Add)
        if operate is None or not small:
            raise ValueError
        try:
            return operate(left, right)
        except (TypeError, ArithmeticError) as error:
            raise ValueError from error
    if isinstance(node, ast.List | ast.Tuple):
        items = [folded(item) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items)
    try:
        value = ast.literal_eval(node)
    except (TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError from error
    if value is Ellipsis:
        raise ValueError
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _compared(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """`args.arch == 'resnet'`, `mode in ('a', 'b')`: the name, and each string."""
    for node in nodes:
        if not isinstance(node, ast.Compare) or len(node.ops) != 1:
            continue
        left, right = node.left, node.comparators[0]
        if isinstance(left, ast.Call) and isinstance(left.func, ast.Attribute):
            left = left.func.value  # name.lower() == 'a'
        name = left.attr if isinstance(left, ast.Attribute) else getattr(left, "id", "")
        if not name or not isinstance(node.ops[0], ast.Eq | ast.In | ast.NotEq | ast.NotIn):
            continue
        values = right.elts if isinstance(right, ast.List | ast.Tuple | ast.Set) else [right]
        for value in values:
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value:
                yield name, value.value


# -------------------------------------------------------------------------------- other files


def _configurations(root: Path) -> Iterator[tuple[Path, Any]]:
    """YAML and JSON files below a folder that read as a mapping; links are not followed."""
    count = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f != "node_modules")
        for name in sorted(files):
            path = Path(folder, name)
            if path.suffix not in (".yaml", ".yml", ".json") or _SKIPPED.fullmatch(name):
                continue
            loaded = read_config(path)
            if isinstance(loaded, dict):
                yield path, loaded
                count += 1
                if count >= MOST_CONFIG_FILES:
                    return


def _flattened(value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Last key and source of every plain value in nested mappings."""
    if not isinstance(value, dict) or depth > 8:
        return
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flattened(inner, depth + 1)
        elif isinstance(key, str) and key.isidentifier() and _is_plain(inner):
            yield key, repr(inner)


_SECTION = (
    "(lambda made, section: made(made, section))(lambda made, section: type('Settings', (dict,), "
    "{'__getattr__': lambda s, name: s[name] if name in s else object.__getattribute__(s, name)})"
    "({k: made(made, v) if isinstance(v, dict) else v for k, v in section.items()}), %r)"
)
LONGEST_SECTION = 3_000


def _sections(value: Any, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Key and expression of every mapping of plain values in nested mappings."""
    for key, inner in value.items() if depth <= 8 else ():
        if isinstance(inner, dict):
            text = _SECTION % (inner,)
            fits = isinstance(key, str) and key.isidentifier() and len(text) <= LONGEST_SECTION
            if fits and _is_plain_mapping(inner):
                yield key, text
            yield from _sections(inner, depth + 1)


def _is_plain_mapping(value: Any, depth: int = 0) -> bool:
    if isinstance(value, dict) and depth <= 8:
        return all(
            isinstance(key, str) and _is_plain_mapping(inner, depth + 1)
            for key, inner in value.items()
        )
    return _is_plain(value)


def _is_plain(value: Any, depth: int = 0) -> bool:
    if isinstance(value, list) and depth < 4 and len(value) <= 40:
        return all(_is_plain(item, depth + 1) for item in value)
    return value is None or isinstance(value, bool | int | str | float)
