"""Names in a `--case` or an `--input` that are not there: that is the command's mistake, not the
code's. What only the run shows (a module's `__getattr__`, star imports, `globals()[…] = …`) is left
to the run; here is the text alone.
"""

import ast
import builtins
import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from torchscript_fix.cases.declared import CaseError

CLOSE = 0.6
MADE_WHILE_RUNNING = frozenset({"eval", "exec", "globals", "locals", "setattr", "vars"})
"""Functions by which a module can come to have names that its text does not say."""
ALWAYS_THERE = frozenset({"torch", *dir(builtins)})
"""What an expression may name in any module."""


class NotThere(CaseError):
    """A case, or an input of one, that names what is not there, in words for people."""


def absent_name(target: str, path: Path, text: str, others: Iterable[str]) -> NotThere | None:
    """What to say where a case's expression begins with a name that its module cannot have; None
    where it may have all of them.

    `text` is the module's, in the file `path`. It cannot have a name where no text has the word,
    of the `others` either, and nothing in it could make one while it runs.
    """
    tree = _parsed(text)
    if tree is None or _is_open(tree):
        return None
    there = {*names_of(tree), *_submodules(path), *ALWAYS_THERE}
    expression = target.partition(":")[2]
    absent = [name for name in first_names(expression) if name not in there]
    if not absent or _has_word(text, absent[0]) or any(_has_word(t, absent[0]) for t in others):
        return None
    return no_name(target, absent[0], names_of(tree))


def no_name(target: str, name: str, names: Collection[str]) -> NotThere:
    """What to say of a name that the module of a case does not have; `names` are those it has."""
    module, hint = target.partition(":")[0], did_you_mean(name, names)
    return NotThere(f"--case {target!r}: there is no {name} in {module}{hint}")


def no_module(target: str, root: Path, modules: Collection[str]) -> NotThere:
    """What to say of a module that is not there; `modules` are those below the import root."""
    module = target.partition(":")[0]
    last = module.rpartition(".")[2]
    ending = sorted(each for each in modules if each.rpartition(".")[2] == last)
    hint = f"; did you mean {ending[0]!r}?" if ending else did_you_mean(module, modules)
    return NotThere(
        f"--case {target!r}: there is no module {module} below {root} "
        f"(--import-root says where modules are looked for){hint}"
    )


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """`; did you mean 'Net'?`, or "" where nothing is near."""
    close = difflib.get_close_matches(name, sorted(names), 1, CLOSE)
    return f"; did you mean {close[0]!r}?" if close else ""


def names_in(text: str) -> frozenset[str]:
    """The names that a module has by its text; none where it cannot be parsed."""
    tree = _parsed(text)
    return names_of(tree) if tree is not None else frozenset()


def names_of(tree: ast.Module) -> frozenset[str]:
    """The classes, functions, assigned and imported names of a module, on whichever path."""
    return frozenset(_bound(tree.body))


def first_names(expression: str) -> list[str]:
    """The names that an expression takes from its module: not those that it binds itself."""
    nodes = list(ast.walk(ast.parse(expression, mode="eval")))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    bound |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    read = [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    return [name for name in dict.fromkeys(read) if name not in bound]


def _parsed(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _bound(statements: Iterable[ast.stmt]) -> Iterator[str]:
    """What statements of a module bind in it, also within its `if`, `try`, `with` and loops."""
    for statement in statements:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield statement.name
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            for alias in statement.names:
                yield alias.asname or alias.name.partition(".")[0]
        else:
            yield from _bound_within(statement)


def _bound_within(node: ast.AST) -> Iterator[str]:
    """The names that a statement, or what is in it, assigns; of functions nothing is asked."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _bound([child])
        elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif not isinstance(child, ast.Lambda):
            yield from _bound_within(child)
    name = getattr(node, "name", None)  # of an `except … as name`, of a pattern
    if isinstance(name, str):
        yield name


def _is_open(tree: ast.Module) -> bool:
    """Whether the module may have names that its text does not say."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            is_open = any(alias.name in ("*", "modules") for alias in node.names)
        elif isinstance(node, ast.Name):
            is_open = node.id in MADE_WHILE_RUNNING
        elif isinstance(node, ast.Attribute):
            is_open = node.attr == "__dict__" or ast.unparse(node) == "sys.modules"
        else:
            is_open = isinstance(node, ast.Global)
        if is_open or getattr(node, "name", None) == "__getattr__":
            return True
    return False


def _submodules(path: Path) -> Iterator[str]:
    """What a package has as soon as somebody imports it."""
    if path.name == "__init__.py":
        try:
            yield from (entry.stem for entry in path.parent.iterdir())
        except OSError:
            return


def _has_word(text: str, name: str) -> bool:
    return name in text and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
