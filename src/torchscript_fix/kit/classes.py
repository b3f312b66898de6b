"""Rules that make one Rewrite of all their places in a class."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts
from torchscript_fix.kit.sites import SiteRule


@dataclass(frozen=True)
class ClassSite:
    """A class, and the method of it at which the compiler stopped first."""

    cls: ClassFacts
    method: FunctionFacts | None = field(default=None, compare=False)

    @property
    def file(self) -> FileFacts:
        return self.cls.file

    @property
    def line(self) -> int:
        return self.cls.node.lineno

    @property
    def qualname(self) -> str:
        return self.cls.qualname

    @property
    def compiled(self) -> Iterator[FunctionFacts]:
        """The methods of the class that scripting compiles."""
        methods = self.cls.methods.values()
        return (each for each in methods if each is self.method or each.scripted)

    @property
    def nodes(self) -> Iterator[tuple[FunctionFacts, ast.AST]]:
        """The nodes of these methods, each with its method."""
        return ((method, node) for method in self.compiled for node in method.nodes)


class ClassRule(SiteRule[ClassSite]):
    """A rule that is asked about the classes at which the compiler said one of its messages."""

    def sites(self, file: FileFacts) -> Iterator[ClassSite]:
        for located in self.diagnosed(file):
            function = located.function
            if function is not None and function.owner is not None:
                yield ClassSite(function.owner, function)
            elif located.owner is not None:
                yield ClassSite(located.owner, located.owner.method("forward"))
