"""Everything that a rule may ask and use, a line each: made from the code, so that it is true."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

PARTS = {
    "kit": "The kit: where a rule looks, how it answers, and abilities that several rules share",
    "editing/edit.py": "Edits: what a rule wants changed",
    "facts": "Facts: what may be asked about the program, its types, its runs and the compiler",
}
LONGEST = 96


def page() -> str:
    """The page, in Markdown."""
    root = Path(str(files("torchscript_fix")))
    sections = ["# What a rule may ask"]
    for name, title in PARTS.items():
        sections.append(f"## {title}")
        paths = sorted((root / name).rglob("*.py")) if (root / name).is_dir() else [root / name]
        for path in paths:
            lines = list(_module(path, root))
            if lines:
                sections.append("\n".join(lines))
    return "\n\n".join(sections) + "\n"


def _module(path: Path, root: Path) -> Iterator[str]:
    """The heading of a module and what it offers; nothing where that is nothing."""
    tree = ast.parse(path.read_text("utf-8"))
    offered = [line for node in tree.body for line in _offered(node)]
    if offered:
        dotted = ".".join(path.relative_to(root.parent).with_suffix("").parts)
        yield f"### {dotted}\n\n{_first_sentence(tree)}\n"
        yield from offered


def _offered(node: ast.stmt) -> Iterator[str]:
    """A line for a public function or class, and one for each public method of a class."""
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
        yield _line(node.name, _first_sentence(node))
        for inside in node.body:
            if isinstance(inside, ast.FunctionDef) and not inside.name.startswith("_"):
                said = _first_sentence(inside)
                if said:
                    yield _line(f"{node.name}.{_signature(inside)}", said)
    elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
        yield _line(_signature(node), _first_sentence(node))


def _signature(function: ast.FunctionDef) -> str:
    """`type_of(expression, function)`; the name alone where it is a property."""
    decorators = {ast.unparse(decorator) for decorator in function.decorator_list}
    if decorators & {"property", "cached_property"}:
        return function.name
    names = [argument.arg for argument in function.args.args if argument.arg not in {"self", "cls"}]
    names += [argument.arg for argument in function.args.kwonlyargs]
    return f"{function.name}({', '.join(names)})"


def _first_sentence(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    text = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
    return text.partition(". ")[0].rstrip(".").rstrip(":")


def _line(name: str, said: str) -> str:
    line = f"- `{name}`" + (f" {said}" if said else "")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rstrip()}…"
