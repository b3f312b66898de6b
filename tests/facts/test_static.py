"""What is read off the source: classes, attributes, imports, and what scripting reaches."""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from torchscript_fix.facts.static import Project


def project_of(**files: str) -> Project:
    """A project of several modules; `pack__init` is the package file of `pack`."""
    project = Project()
    for name, text in files.items():
        is_package = name.endswith("__init")
        module = name.removesuffix("__init").replace("__", ".").rstrip(".")
        path = Path(*module.split("."), "__init__.py") if is_package else Path(f"{module}.py")
        project.add(path, module, dedent(text), is_package)
    return project


def scripted(project: Project) -> set[str]:
    return {function.qualname for function in project.scripted}


IMPORTS = """
    import torch
    import torch.nn as nn
    import torch.nn.functional as F
"""


def test_forward_and_what_it_calls_is_scripted_and_the_rest_is_not() -> None:
    project = project_of(net=IMPORTS + """
    def scale(x):
        return x * 2

    def unused(x):
        return x

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.init_weights()
        def init_weights(self):
            pass
        def forward(self, x):
            return self.encode(scale(x))
        def encode(self, x):
            return x
        def training_step(self, batch):
            return self.forward(batch)
    """)
    assert scripted(project) == {"Net.forward", "Net.encode", "scale"}


def test_a_property_is_scripted_though_forward_does_not_ask_for_it() -> None:
    project = project_of(net=IMPORTS + """
    class Net(nn.Module):
        @property
        def mask(self):
            return self.kept() * 2
        def kept(self):
            return 1
        def forward(self, x):
            return x
    """)
    assert scripted(project) == {"Net.forward", "Net.mask", "Net.kept"}


def test_a_class_that_is_no_module_is_not_scripted() -> None:
    project = project_of(net="""
    class Trainer:
        def forward(self, x):
            return x
    """)
    assert scripted(project) == set()


def test_a_function_of_another_file_is_scripted_through_its_import() -> None:
    project = project_of(
        pack__init="from .ops import scale",
        pack__ops="def scale(x):\n    return inner(x)\n\ndef inner(x):\n    return x\n",
        net=IMPORTS + """
    from pack import scale as rescale
    class Net(nn.Module):
        def forward(self, x):
            return rescale(x)
    """,
    )
    assert scripted(project) == {"Net.forward", "scale", "inner"}


def test_a_base_in_another_file_through_a_relative_import() -> None:
    project = project_of(
        pack__base="""
    import torch.nn as nn
    class Base(nn.Module):
        def head(self, x):
            return x
    """,
        pack__net="""
    from .base import Base
    class Net(Base):
        def forward(self, x):
            return self.head(x)
    """,
    )
    assert scripted(project) == {"Net.forward", "Base.head"}
    base = project.classes["pack.base.Base"]
    assert [cls.dotted for cls in base.subclasses] == ["pack.net.Net"]


def test_a_method_of_a_subclass_is_reached_from_the_forward_of_its_base() -> None:
    project = project_of(net=IMPORTS + """
    class Base(nn.Module):
        def forward(self, x):
            return self.body(x)
    class Net(Base):
        def body(self, x):
            return x
    """)
    assert scripted(project) == {"Base.forward", "Net.body"}
    (body,) = [f for f in project.scripted if f.name == "body"]
    assert [cls.qualname for cls in body.scripted_for] == ["Net"]


def test_super_forward_reaches_the_method_of_the_base() -> None:
    project = project_of(net=IMPORTS + """
    class Base(nn.Module):
        def forward(self, x):
            return x
    class Net(Base):
        def forward(self, x):
            return super(Net, self).forward(x)
    """)
    (base,) = [f for f in project.scripted if f.qualname == "Base.forward"]
    assert {cls.qualname for cls in base.scripted_for} == {"Base", "Net"}


@pytest.mark.parametrize("decorator", ["torch.jit.ignore", "torch.jit.unused"])
def test_what_is_marked_ignored_is_not_scripted(decorator: str) -> None:
    project = project_of(net=IMPORTS + f"""
    class Net(nn.Module):
        def forward(self, x):
            return self.log(x)
        @{decorator}
        def log(self, x):
            return x
    """)
    assert scripted(project) == {"Net.forward"}


def test_exported_methods_are_scripted() -> None:
    project = project_of(net=IMPORTS + """
    class Net(nn.Module):
        def forward(self, x):
            return x
        @torch.jit.export
        def encode(self, x):
            return x
    """)
    assert scripted(project) == {"Net.forward", "Net.encode"}


def test_a_base_from_a_package_that_is_not_there_makes_a_module_of_what_has_a_forward() -> None:
    project = project_of(net="""
    from lightning import LightningModule
    class Net(LightningModule):
        def forward(self, x):
            return x
    class Data(LightningModule):
        pass
    """)
    assert scripted(project) == {"Net.forward"}


def test_attribute_definitions_know_the_branches_around_them() -> None:
    project = project_of(net=IMPORTS + """
    class Net(nn.Module):
        def __init__(self, deep):
            super().__init__()
            self.first = nn.Conv2d(1, 1, 1)
            if deep:
                self.second = nn.Conv2d(1, 1, 1)
            else:
                for i in range(2):
                    self.third = nn.Conv2d(1, 1, 1)
        def forward(self, x):
            return x
    """)
    net = project.classes["net.Net"]
    found = {}
    for name in ("first", "second", "third"):
        attribute = net.attribute(name)
        assert attribute is not None
        (definition,) = attribute.definitions
        assert definition.in_construction
        found[name] = [branch.block for branch in definition.branches]
    assert found == {"first": [], "second": ["body"], "third": ["orelse", "body"]}


def test_registrations_and_setattr_are_definitions() -> None:
    project = project_of(net=IMPORTS + """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(3))
            self.register_parameter("scale", None)
            self.add_module("conv", nn.Conv2d(1, 1, 1))
            setattr(self, "other", nn.Conv2d(1, 1, 1))
            self.a, self.b = nn.Linear(1, 1), 3
    """)
    net = project.classes["net.Net"]
    hows = {
        name: [definition.how for definition in definitions]
        for name, definitions in net.own_definitions.items()
    }
    assert hows == {
        "mean": ["register_buffer"],
        "scale": ["register_parameter"],
        "conv": ["add_module"],
        "other": ["setattr"],
        "a": ["assign"],
        "b": ["assign"],
    }


def test_a_method_called_from_init_belongs_to_the_construction() -> None:
    project = project_of(net=IMPORTS + """
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.build()
        def build(self):
            self.conv = nn.Conv2d(1, 1, 1)
        def later(self):
            self.conv = None
    """)
    attribute = project.classes["net.Net"].attribute("conv")
    assert attribute is not None
    assert [d.in_construction for d in attribute.definitions] == [True, False]


def test_names_are_resolved_through_aliases_and_private_modules_of_torch() -> None:
    project = project_of(net="""
    import torch
    from torch import nn as N
    from torch.nn.modules.conv import Conv2d
    x = (N.Linear, Conv2d, torch.nn.functional.relu, local)
    """)
    (file,) = project.files.values()
    (names,) = [n for n in ast.walk(file.tree) if isinstance(n, ast.Tuple)]
    assert [file.dotted(name) for name in names.elts] == [
        "torch.nn.Linear",
        "torch.nn.Conv2d",
        "torch.nn.functional.relu",
        "local",
    ]


def test_segments_are_cut_by_characters_not_bytes() -> None:
    project = project_of(net='x = ("größe", a +\n     b)\n')
    (file,) = project.files.values()
    (sum_,) = [n for n in ast.walk(file.tree) if isinstance(n, ast.BinOp)]
    assert file.segment(sum_) == "a +\n     b"


def test_renewed_keeps_the_trees_of_files_that_stay() -> None:
    project = project_of(a="x = 1\n", b="y = 1\n")
    renewed = project.renewed({Path("a.py"): "x = 2\n"})
    assert renewed.files[Path("b.py")].tree is project.files[Path("b.py")].tree
    assert renewed.files[Path("a.py")].text == "x = 2\n"
    assert project.files[Path("a.py")].text == "x = 1\n"


def test_an_autograd_function_is_no_module() -> None:
    project = Project.of_text("""
from torch.autograd import Function


class Bound(Function):
    @staticmethod
    def forward(ctx, x, bound):
        return x.clamp(min=bound)
""")
    assert not project.classes["example.Bound"].is_module
    assert not project.scripted


def test_a_static_method_that_is_called_by_its_class_is_scripted() -> None:
    project = Project.of_text("""
import torch.nn as nn


class Net(nn.Module):
    @staticmethod
    def grid(size, step=1):
        return size // step

    def forward(self, x):
        return x * Net.grid(3)
""")
    grid = project.files[Path("example.py")].functions["Net.grid"]
    assert grid.scripted
    assert project.named("example.Net.grid") is grid
    assert project.named("example.Net.forward") is None


def test_bases_are_looked_through_in_pythons_order() -> None:
    classes = project_of(net=IMPORTS + """
    class A(nn.Module):
        def forward(self, x): return x
    class B(A):
        pass
    class C(A):
        def forward(self, x): return x + 1
    class D(B, C):
        pass
    """).classes
    assert [cls.qualname for cls in classes["net.D"].mro] == ["D", "B", "C", "A"]
    assert classes["net.D"].method("forward") is classes["net.C"].methods["forward"]


def test_bases_that_python_refuses_are_looked_through_all_the_same() -> None:
    classes = project_of(net="""
    class A(B):
        pass
    class B(A):
        pass
    class C(C):
        pass
    class X: pass
    class Y(X): pass
    class Z(X, Y): pass
    """).classes
    names = {name: [cls.qualname for cls in classes[f"net.{name}"].mro] for name in "ABCZ"}
    assert names == {"A": ["A", "B"], "B": ["B", "A"], "C": ["C"], "Z": ["Z", "X", "Y"]}
