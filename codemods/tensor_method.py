"""What Tensors had and did in old versions of torch becomes what TorchScript has for it.

## What the compiler says

    'Tensor' object has no attribute or method 'new'
    LegacyTypedConstructor cannot be used as a value: x.type(torch.FloatTensor)
    Class Variable does not have an __init__ function defined: Variable(x)
    Tried to set an attribute: data on a non-class: Tensor

and "Unknown builtin op: aten::Tensor" for `torch.Tensor([exp(-x) for x in range(n)])`: the class
itself is no function to it.

## What is written instead

    x.new(2, n).fill_(1)                x.new_empty([2, n]).fill_(1)
    x.new([0.5, 2.0])                   torch.tensor([0.5, 2.0], dtype=x.dtype, device=x.device)
    x.new_tensor(-1e4)             →    torch.tensor(-1e4, dtype=x.dtype, device=x.device)
    mask.bool()                         mask.to(torch.bool)
    x.nelement(), x.ndimension()        x.numel(), x.dim()
    x.unique(return_counts=True)        torch.unique(x, return_counts=True)
    x.type(torch.FloatTensor)           x.to(device="cpu", dtype=torch.float32)

    h = Variable(torch.zeros(2, 8))          h = torch.zeros(2, 8)
    target = Variable(scores.data)      →    target = scores.data
    x = Variable(x, requires_grad=True)      x = x.detach().requires_grad_(True)

    self.weight.data *= self.mask       →    self.weight.data.mul_(self.mask)

    window = torch.tensor([exp(-x) for x in range(n)], dtype=torch.float32)
    noise = torch.empty(n, 1).normal_()

Since PyTorch 0.4 every Tensor is what a Variable was; the class is still there for old code, and
TorchScript does not know it. `Variable(x)` gives a Tensor that shares its values with x and has no
history, and that is what `x.detach()` is; it can be left out only where the Tensor has just been
made. `volatile=` has had no effect for as long, and goes. Where `Variable` is named as a type
(`isinstance(x, Variable)`, an annotation), `Tensor` stands instead.

Where `data` is multiplied, Python multiplies in place, too, and then sets the attribute to the
storage that it has anyway.

`torch.Tensor` makes whatever it is given a Tensor of the default type, which is float32 unless the
program has set another: where the list is not known to hold floats, for which `torch.tensor` takes
the default type too, the rewrite is `narrowing`; all others are `safe`. Sizes make a Tensor that
nobody has filled yet.

## When it holds back

- Where `x.new(y)` may mean a size, or values, or another Tensor; where the Tensor is an expression
  that would have to be evaluated twice; for methods that have no counterpart (`numpy`, `storage`,
  `register_hook`).
- A Variable without a value, or with arguments that are not written out.
- `w.data = x` gives the parameter another storage, which TorchScript cannot; the same for operators
  that Tensor has no method in place for.
- Of a `torch.Tensor` of numbers, where the file sets the default type (`set_default_dtype`,
  `set_default_tensor_type`).

What scripting does not reach is left alone, and so is a `torch.Tensor` of one thing that is no
list, nor an int.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.facts.shapes import measured
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import Fix, NodeRule, Safety, Scope, Site, require
from torchscript_fix.kit.code import arguments_of, primary
from torchscript_fix.kit.legacy import old_tensor
from torchscript_fix.kit.spelling import Spelled, spelled, spelled_call, spelled_member

RENAMED = {"nelement": "numel", "ndimension": "dim"}
NO_COUNTERPART = ("numpy", "storage", "register_hook", "apply_", "map_", "data_ptr")
METHODS = (*RENAMED, *NO_COUNTERPART, "bool", "bfloat16", "new", "new_tensor", "unique", "type")
IN_PLACE: dict[type[ast.operator], str] = {ast.Add: "add_", ast.Sub: "sub_"}
IN_PLACE |= {ast.Mult: "mul_", ast.Div: "div_"}
SETS_DEFAULT = ("set_default_dtype", "set_default_tensor_type")
VARIABLE = frozenset({"torch.autograd.Variable", "torch.autograd.variable.Variable"})
MADE = words("""
    zeros ones empty full rand randn randint randperm arange linspace eye tensor from_numpy
    zeros_like ones_like empty_like full_like rand_like randn_like randint_like
    """)
"""Functions of torch that give a new Tensor without a history, whatever they are given."""
MADE_BY = words("new_zeros new_ones new_empty new_full new_tensor detach")
PASSED_ON = words("""
    cuda cpu to float double half long int bool type type_as fill_ zero_ uniform_ normal_ bernoulli_
    view reshape unsqueeze squeeze transpose t expand repeat contiguous clone
    """)
"""Methods that give no history to a Tensor that has none, given no Tensor that has one."""


class TensorMethod(NodeRule[ast.expr | ast.stmt]):
    name = "tensor-method"
    also_known_as = ("variable", "tensor-of-numbers", "data-in-place")
    summary = "x.new(2), mask.bool(), Variable(x) and the like become what TorchScript knows."
    messages = (
        "'Tensor' object has no attribute or method",
        "'Tensor (inferred)' object has no attribute or method",
        "LegacyTypedConstructor cannot be used as a value",
        "Class Variable does not have an __init__ function defined",
        "torch.autograd.variable.Variable",
        "Unknown builtin op: aten::Tensor",
        "Tried to set an attribute: data on a non-class",
    )
    safety = Safety.NARROWING
    scope = Scope.SCRIPTED
    mentions = (*(f".{method}(" for method in METHODS), "Variable", "Tensor(", ".data")
    kinds = (ast.Call | ast.Name | ast.Attribute) | (ast.Assign | ast.AugAssign)

    def sites(self, file: FileFacts) -> Iterator[Site[ast.expr | ast.stmt]]:
        # What a Variable is around goes first: then it shows whether it has a history.
        yield from sorted(super().sites(file), key=lambda site: _is_variable(site.node, file))

    def fix(self, site: Site[ast.expr | ast.stmt]) -> Fix | None:
        node, file = site.node, site.file
        match node:
            case ast.Assign(targets=[ast.Attribute(attr="data") as target, *_]) | ast.AugAssign(
                target=ast.Attribute(attr="data") as target
            ):
                method = IN_PLACE.get(type(node.op)) if isinstance(node, ast.AugAssign) else None
                data, value = file.segment(target), file.segment(node.value)
                require(method, f"{data} gets another storage, which TorchScript cannot give it")
                code, summary = f"{data}.{method}({value})", f"{data} changes by {method}"
                return site.becomes(code, summary, Safety.SAFE)
            case ast.Call() | ast.Name() | ast.Attribute() if _is_variable(node, file):
                if any(_is_variable(around, file) for around in file.ancestors(node)):
                    return None
                summary = "a Tensor is no longer wrapped into a Variable"
                return site.becomes(_tensor_of(node, site.function), summary, Safety.SAFE)
            case ast.Call(func=ast.Attribute() as func, keywords=[]) if (
                file.dotted(func) == "torch.Tensor"
            ):
                return _made_of_numbers(site, node, file.segment(func.value))
            case ast.Call(
                func=ast.Attribute(attr=name) as func
            ) if name in METHODS and _is_of_tensor(func, site.function):
                instead = _method(Site(node, site.function), func)
                summary = f".{name}() by what TorchScript knows"
                return site.becomes(instead, summary, Safety.SAFE) if instead else None
        return None


def _made_of_numbers(site: Site[ast.expr | ast.stmt], call: ast.Call, torch: str) -> Fix | None:
    """`torch.Tensor(...)`, given a list or sizes."""
    given, safety = ", ".join(map(site.file.segment, call.args)), Safety.SAFE
    match call.args:
        case [ast.List(elts=[_, *_]) | ast.ListComp() as numbers]:
            code = f"{torch}.tensor({given})"
            if type_of(numbers, site.function) != "List[float]":
                code, safety = f"{torch}.tensor({given}, dtype={torch}.float32)", Safety.NARROWING
                for each in SETS_DEFAULT:
                    another = f"the file sets another default type ({each})"
                    require(each not in site.file.text, another)
        case [_, *_] if all(type_of(each, site.function) == "int" for each in call.args):
            code = f"{torch}.empty({given})"
        case _:
            return None
    return site.becomes(code, code.partition("\n")[0], safety)


# --------------------------------------------------------------------------- methods of a Tensor


def _is_of_tensor(func: ast.Attribute, function: FunctionFacts) -> bool:
    """Whether a method is that of a Tensor, as far as is known."""
    match func.value:
        case ast.Name(id="self" | "cls") | ast.Call(func=ast.Name(id="super")):
            return False
        case ast.Call(func=ast.Name()):
            return True
    space = function.file.dotted(func.value).partition(".")[0]
    if space in function.file.imports.values() or space == "torch":
        return False
    return type_of(func.value, function) in {None, "?", "Tensor"}


def _method(site: Site[ast.Call], func: ast.Attribute) -> Spelled | None:
    """What stands for a call of a method; None where it compiles as it is. Raises Declined."""
    file, call, name, owner = site.file, site.node, func.attr, primary(func.value, site.file)
    require(name not in NO_COUNTERPART, f"TorchScript has nothing like Tensor.{name}")
    match name, call.args:
        case ("nelement" | "ndimension"), _:
            return Spelled(f"{owner}.{RENAMED[name]}()")
        case ("bool" | "bfloat16"), [] if not call.keywords:
            dtype = spelled_member(f"torch.{name}", file, site.line)
            return Spelled(f"{owner}.to({dtype.code})", dtype.imports)
        case "unique", _:
            given = [file.segment(func.value), *_arguments(site)]
            return spelled_call("torch.unique", given, file, site.line)
        case "type", [kind] if not call.keywords and (old := old_tensor(file.dotted(kind))):
            dtype = spelled_member(f"torch.{old[0]}", file, site.line)
            return Spelled(f'{owner}.to(device="{old[1]}", dtype={dtype.code})', dtype.imports)
        case "new_tensor", _:
            return _like(site, func, _arguments(site))
        case "new", [ast.List() | ast.ListComp() as values] if not call.keywords:
            return _like(site, func, [file.segment(values)])
        case "new", _:
            require(not call.keywords, "new is called with keywords")
            return Spelled(f"{owner}.new_empty({_sizes(site)})")
    return None


def _arguments(site: Site[ast.Call]) -> list[str]:
    require(all(each.arg for each in site.node.keywords), "its arguments are not written out")
    return arguments_of(site.node, site.file)


def _like(site: Site[ast.Call], func: ast.Attribute, arguments: list[str]) -> Spelled:
    """A Tensor of values, of the dtype and on the device of the one that has the method."""
    call, given = site.node, {part.partition("=")[0] for part in arguments[1:]}
    written_out = arguments and given <= {"dtype", "device", "requires_grad"}
    require(written_out, f"what {func.attr} is given is not written out")
    is_tensor = call.args and type_of(call.args[0], site.function) == "Tensor"
    require(not is_tensor, "it is given another Tensor")
    like = site.file.segment(func.value).removesuffix(".data")
    wanted = [f"{kind}={like}.{kind}" for kind in ("dtype", "device") if kind not in given]
    twice = wanted and not _is_cheap(func.value)
    require(not twice, f"{like} would have to be evaluated twice")
    return spelled_call("torch.tensor", [*arguments, *wanted], site.file, site.line)


def _is_cheap(node: ast.expr) -> bool:
    """Whether evaluating it twice is the same as once: `x`, `self.weight`, `x.data`, `xs[0]`."""
    match node:
        case ast.Attribute(value=base) | ast.Subscript(value=base, slice=ast.Constant()):
            return _is_cheap(base)
    return isinstance(node, ast.Name)


def _sizes(site: Site[ast.Call]) -> str:
    """What `x.new(…)` is given, as a list of sizes."""
    call, function, segment = site.node, site.function, site.file.segment
    match call.args:
        case [ast.Starred(value=only)] | [only] if measured(only) is not None:
            return segment(only)
        case [ast.Starred(value=only)] if type_of(only, function) == "List[int]":
            return segment(only)
        case [only]:
            is_int = type_of(only, function) == "int"
            require(is_int, "new may be given a size, values or a Tensor")
    starred = any(isinstance(each, ast.Starred) for each in call.args)
    require(not starred, "the sizes are not written out")
    return f"[{', '.join(map(segment, call.args)) or '0'}]"


# --------------------------------------------------------------------------------- Variables


def _is_variable(node: ast.AST, file: FileFacts) -> bool:
    """Whether a node is Variable, or a call of it."""
    match node.func if isinstance(node, ast.Call) else node:
        case (ast.Name() | ast.Attribute(attr="Variable")) as named:
            return file.dotted(named) in VARIABLE
    return False


def _tensor_of(node: ast.expr, function: FunctionFacts) -> Spelled:
    """What stands for one use of Variable. Raises Declined."""
    file = function.file
    if not isinstance(node, ast.Call):
        require(_is_type(node, function), "Variable itself is handed on")
        return spelled("Tensor", file, node.lineno)
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    values = [*node.args, *([named.pop("data")] if "data" in named else [])]
    needs, volatile = named.pop("requires_grad", None), named.pop("volatile", None)
    if len(values) == 2 and needs is None:
        needs = values.pop()
    value = values[0] if len(values) == 1 else ast.Constant(None)
    is_written_out = (
        not named
        and isinstance(volatile, ast.Constant | ast.Name | None)
        and not isinstance(value, ast.Starred | ast.Constant)
        and (isinstance(value, ast.Call) or value.lineno == value.end_lineno)
    )
    require(is_written_out, "the Variable is given arguments that are not written out")
    code = primary(value, file) + ("" if _has_no_history(value, file) else ".detach()")
    if needs is not None and not (isinstance(needs, ast.Constant) and not needs.value):
        code += f".requires_grad_({file.segment(needs)})"
    return Spelled(code)


def _is_type(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether a type is meant where it stands: in an annotation, or what isinstance tests for."""
    below: ast.AST = node
    for around in function.file.ancestors(node):
        match around:
            case (
                (ast.arg(annotation=kind) | ast.AnnAssign(annotation=kind))
                | (ast.FunctionDef(returns=kind))
                | (ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]))
            ) if (kind is below):
                return True
        below = around
    return False


def _has_no_history(value: ast.expr, file: FileFacts) -> bool:
    """Whether a value is a Tensor that was made here, or split off from its history."""
    match value:
        case ast.Attribute(attr="data"):
            return True
        case ast.Call(func=ast.Attribute(value=base, attr=name) as func):
            plain = all(keyword.arg not in {None, "requires_grad"} for keyword in value.keywords)
            if file.dotted(func).startswith("torch."):
                return plain and _is_made(file.dotted(func).removeprefix("torch."), value)
            if name in MADE_BY or (name == "new" and all(map(_is_number, value.args))):
                return plain
            return name in PASSED_ON and plain and _has_no_history(base, file)
    return False


def _is_made(name: str, call: ast.Call) -> bool:
    """Whether a function of torch gives a new Tensor; `torch.Tensor(x)` shares that of x."""
    if name.endswith("Tensor"):
        return all(isinstance(arg, ast.List | ast.ListComp | ast.Constant) for arg in call.args)
    return name in MADE


def _is_number(size: ast.expr) -> bool:
    """Whether it surely is a size in `x.new(…)`: `x.new(tensor)` shares its history."""
    match size:
        case ast.Constant() | ast.Call(func=ast.Attribute(attr="size"), args=[_, *_]):
            return True
    return False
