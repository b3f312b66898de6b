"""What can be written for one module without following anything further: classes and functions as
that module reaches them, settings by their names, literals."""

import ast
import re

from torchscript_fix.cases.scope import Known, Scope
from torchscript_fix.cases.settings import literal
from torchscript_fix.facts.static import FileFacts, FunctionFacts

_DOES_MORE = re.compile(r"parse_|argv|\bopen\(|makedirs|\bload\(|\.to\(|print\(|write|environ")
"""What a function does that is not called to see what it gives."""


class Reach:
    """What `target` reaches by itself; notes where settings came from."""

    def __init__(self, known: Known, target: FileFacts) -> None:
        self.known, self._target = known, target
        self.names, self._project = known.names, known.names.project
        self.sources: dict[str, None] = {}
        """Names of files whose settings were used."""

    def uses(self, path: str) -> None:
        """Note that what a configuration file holds is used."""
        self.sources.setdefault(path.rpartition("/")[2])

    def plain(self, node: ast.expr, scope: Scope) -> str:
        """A literal; of the name of a configuration file, where that lies."""
        plain = literal(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            path = self.known.configs.path(node.value, scope.file.path)
            return repr(path) if path else plain
        return plain

    def spelled(self, dotted: str) -> str:
        """How the target module reaches a class or function: by a name of its own where it has
        one; "" for what is not known to be one."""
        if dotted.startswith("torch."):
            return dotted
        known = self._project.classes.get(dotted) or self.names.function(dotted)
        if known is None:
            return ""
        if known.file is self._target:
            return known.qualname
        first, _, rest = known.qualname.partition(".")
        for name, origin in self._target.imports.items():
            if self._project.canonical(origin) == f"{known.file.module}.{first}":
                return f"{name}.{rest}" if rest else name
        return f"__import__('importlib').import_module({known.file.module!r}).{known.qualname}"

    def setting(self, name: str, scope: Scope) -> str:
        setting = self.known.settings.best(name, scope.file.path)
        if setting is None:
            return ""
        self.sources.setdefault(setting.path.name)
        try:
            value = ast.parse(setting.text, mode="eval").body
        except SyntaxError:
            return setting.text
        path = Scope(scope.file, None)
        return self.plain(value, path) or setting.text

    def may_call(self, dotted: str) -> bool:
        """Whether a function only makes something, as far as its text says."""
        function = self.names.function(dotted)
        if function is None or dotted in self.known.builders:
            return True
        return _DOES_MORE.search(function.file.segment(function.node)) is None

    def parameters(self, call: ast.Call, scope: Scope) -> tuple[FunctionFacts | None, list[str]]:
        """The class's constructor, or the function, of the project that is called, and the names of
        what it takes."""
        dotted = self.names.dotted(call.func, scope.file)
        cls = self._project.classes.get(dotted)
        function = self.names.function(dotted)
        if cls is not None:
            function = cls.method("__init__") or cls.method("__new__")
        elif dotted not in self.known.builders:
            return None, []  # what a function makes of a guess is not known
        names = [each.arg for each in function.parameters] if function is not None else []
        if function is not None and function.name == "__new__" and names[:1] == ["cls"]:
            names = names[1:]
        return function, names


def parsed(text: str) -> ast.expr:
    """The expression that a text is."""
    return ast.parse(text.lstrip("*"), mode="eval").body
