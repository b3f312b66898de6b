"""What goes in step with a list of modules: lists that an index is right for, and parameters that
an annotation makes one."""

import ast

from torchscript_fix.editing.edit import AnnotateParameter, Edit
from torchscript_fix.facts.indexing import is_pure, names_in
from torchscript_fix.facts.loops import Loop
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import parameter_type, type_of
from torchscript_fix.kit.answer import Declined
from torchscript_fix.kit.unrolling.source import spelled


class Sequences:
    """The sequences beside the lists of modules in one loop, or Declined what they are."""

    def __init__(self, function: FunctionFacts, statement: ast.stmt) -> None:
        self.function = function
        self.file = function.file
        self.statement = statement

    def check_parameters(self, loop: Loop) -> None:
        """Refuse where a parameter is indexed in step and nothing shows what it is."""
        for name in self._parameters_in_step(loop):
            self.annotation_for(name)

    def _parameters_in_step(self, loop: Loop) -> list[str]:
        names = {p.arg for p in self.function.parameters}
        found = []
        for node in loop.nodes:
            match node:
                case ast.Subscript(value=ast.Name(id=name), slice=index) if loop.index in names_in(
                    index
                ) and not isinstance(index, ast.Tuple):
                    found.append(name)
        found += [p.source.id for p in loop.partners if isinstance(p.source, ast.Name)]
        return [name for name in dict.fromkeys(found) if name in names]

    def annotation_for(self, name: str) -> list[Edit]:
        """The edits that annotate a parameter which is a list; none where it is a Tensor or has
        an annotation; Declined where nothing shows what it is."""
        parameter = next(p for p in self.function.parameters if p.arg == name)
        default = self.function.defaults.get(name)
        if parameter.annotation is not None or isinstance(default, ast.Constant):
            return []  # what may be None is for optional-argument to annotate
        if any(value is not None for value in self.function.assignments.get(name, ())):
            return []
        found = parameter_type(self.function, name)
        if found.type is None:
            raise Declined(
                f"nothing shows whether {name} is a list or a Tensor: {found.because}",
                decided_by=f"a --case that calls {self.function.qualname}",
            )
        if found.type == "Tensor":
            return []
        text, imports = spelled(found.type, self.file)
        return [AnnotateParameter(parameter, text), *imports]

    def annotations(self, loop: Loop) -> list[Edit]:
        return [e for name in self._parameters_in_step(loop) for e in self.annotation_for(name)]

    def check_sequence(self, source: ast.expr) -> None:
        """Refuse what may be no list, tuple or Tensor, so that an index would not do."""
        if not is_pure(source) or isinstance(source, ast.Call):
            raise Declined(f"{ast.unparse(source)} is made in the head of the loop")
        kind = type_of(source, self.function)
        if kind is None and self._is_local_list(source):
            return
        name = source.id if isinstance(source, ast.Name) else ""
        if kind is None and any(p.arg == name for p in self.function.parameters):
            kind = parameter_type(self.function, name).type
        if kind is None:
            where = f"a --case that calls {self.function.qualname}"
            raise Declined(
                f"nothing shows whether {ast.unparse(source)} is a list", decided_by=where
            )
        if kind != "Tensor" and not kind.startswith(("List[", "Tuple[")):
            raise Declined(f"{ast.unparse(source)} is a {kind}, not a list")

    def _is_local_list(self, source: ast.expr) -> bool:
        """Whether a local has only been given list displays so far."""
        if not isinstance(source, ast.Name):
            return False
        if any(p.arg == source.id for p in self.function.parameters):
            return False
        before = self.statement.lineno
        values = [
            value
            for value in self.function.assignments.get(source.id, [])
            if value is None or value.lineno < before
        ]
        return bool(values) and all(isinstance(v, ast.List | ast.ListComp) for v in values)
