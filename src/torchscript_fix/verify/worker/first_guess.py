"""What a model's call looks like before anything was tried: by its forward and its first layers."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from torch import nn

from .argument import BATCH, IDS, LENGTH, Argument, Call, batch_of, of_dictionary

MOST_REQUIRED = 12
LARGE = 5_000_000
"""Numbers in a model from which on each call takes its time."""

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_SIDES = {1: 64, 2: 64, 3: 16}

_NAMES: tuple[tuple[str, str], ...] = (
    (r"(.*_)?(is|use|return|with|train|training|need|do|only)(_.*)?|.*_only|softmax", "False"),
    (r"(.*_)?(seg|out|output|target|image|img|input)_?(size|shape)", "(64, 64)"),
    (r"max_.*(len|length|steps?|frames?)", "longest"),
    (r"(.*_)?(lens?|lengths?|seq_?lens?)(_.*)?|.*_(lens?|lengths?)", "lengths"),
    (r"(.*_)?adj(acency)?(_.*)?|graph|laplacian|support|a_hat", "square"),
    (r"edge_?(index|list)", "edges"),
    (r"(.*_)?(padding_)?mask(s|ed)?(_.*)?", "mask"),
    (r".*_?ids?|(.*_)?(tokens?|words?|chars?|texts?|sentences?|captions?|index|indices)", "ids"),
    (r"(.*_)?(labels?|targets?|classes|cls|y_?true|gt)", "labels"),
    (r"t|times?|time_?steps?|steps?|sigmas?|noise_level|temb?", "steps"),
    (r"scale(_factor)?|height|width|size|h|w|n|num(_.*)?|n_.*|max_.*|epoch|iter(ation)?", "int"),
    (r"alpha|beta|eps|temperature|lambda_?|coef|drop_prob|p|rate|threshold", "number"),
    (r"z|noise|latent|code|style|cond(ition)?", "vector"),
)


def first_layer(module: Any) -> nn.Module | None:
    """The first layer, in the order of definition, that says what goes into it."""
    for layer in module.modules():
        if isinstance(layer, (*_CONVOLUTIONS, *_TRANSPOSED, *_BATCH_NORMS)):
            return layer
        if isinstance(layer, (nn.Embedding, nn.EmbeddingBag, nn.Linear, nn.RNNBase, nn.LayerNorm)):
            return layer
        if isinstance(layer, (nn.MultiheadAttention, nn.GroupNorm, nn.Bilinear, nn.RNNCellBase)):
            return layer
    return None


def of_layer(layer: Any) -> Argument | None:
    """What a layer takes."""
    if isinstance(layer, (*_CONVOLUTIONS, *_TRANSPOSED)):
        sides = len(layer.kernel_size)
        size = _SIDES[sides] if isinstance(layer, _CONVOLUTIONS) else 8
        return Argument("float", (BATCH, layer.in_channels, *(size,) * sides))
    if isinstance(layer, (nn.Embedding, nn.EmbeddingBag)):
        return Argument("long", (BATCH, LENGTH), layer.num_embeddings)
    if isinstance(layer, nn.Linear):
        return Argument("float", (BATCH, layer.in_features))
    if isinstance(layer, nn.RNNBase):
        return Argument("float", (BATCH, LENGTH, layer.input_size))
    if isinstance(layer, nn.RNNCellBase):
        return Argument("float", (BATCH, layer.input_size))
    if isinstance(layer, nn.MultiheadAttention):
        return Argument("float", (LENGTH, BATCH, layer.embed_dim))
    if isinstance(layer, nn.LayerNorm):
        return Argument("float", (BATCH, LENGTH, *layer.normalized_shape))
    if isinstance(layer, _BATCH_NORMS):
        sides = _BATCH_NORMS.index(type(layer)) + 1 if type(layer) in _BATCH_NORMS else 2
        shape = (BATCH, layer.num_features, *(16,) * (sides if sides > 1 else 0))
        return Argument("float", shape)
    if isinstance(layer, nn.GroupNorm):
        return Argument("float", (BATCH, layer.num_channels, 16, 16))
    return None


def described(layer: Any) -> str:
    """`the first Conv2d`."""
    return f"the first {type(layer).__name__}"


def first_calls(module: Any) -> Iterator[tuple[Call, str]]:
    """Calls to begin with, likeliest first, each with where it is from. A large model is given
    one image at a time."""
    large = sum(parameter.numel() for parameter in module.parameters()) > LARGE
    for call, why in _first_calls(module):
        yield (batch_of(call, 1) if large else call), why


def _first_calls(module: Any) -> Iterator[tuple[Call, str]]:
    parameters = _required(module)
    layer = first_layer(module)
    main = of_layer(layer)
    why = f"input from {described(layer)}" if main is not None else "input by its name"
    if main is None:
        main = _of_parameter(module)
    flows, ranks = _flows(module), _ranks(module)
    keys, unpacked = dictionary_keys(module), unpacked_items(module)
    call: list[tuple[str, Argument]] = []
    for parameter in parameters:
        if parameter.name in keys:
            for key in keys[parameter.name]:
                call.append((of_dictionary(parameter.name, key), _by_name(key, main) or main))
            continue
        if parameter.name in unpacked:
            for index, name in enumerate(unpacked[parameter.name]):
                item = _by_flow(module, flows.get(name, "")) or _by_name(name, main) or main
                item = _with_axes(item, ranks.get(name, 0))
                call.append((of_dictionary(parameter.name, index), item))
            continue
        guess = _by_flow(module, flows.get(parameter.name, ""))
        if guess is None:
            guess = _by_annotation(parameter, main) or _by_name(parameter.name, main)
        guess = _with_axes(guess or main, ranks.get(parameter.name, 0))
        name = parameter.name if parameter.kind is parameter.KEYWORD_ONLY else ""
        call.append((name, guess))
    yield tuple(call), why
    yield from _whole_of_another_kind(tuple(call))


def _with_axes(guess: Argument, rank: int) -> Argument:
    """With at least so many axes. What a Linear or an attention takes keeps its features where they
    are looked for: last of three, second of four."""
    if not guess.is_tensor or rank <= len(guess.shape):
        return guess
    if guess.kind == "float" and len(guess.shape) == 2 and rank == 3:
        return replace(guess, shape=(guess.shape[0], LENGTH, guess.shape[1]))
    if guess.kind == "float" and len(guess.shape) == 3 and rank == 4:
        return replace(guess, shape=(guess.shape[0], guess.shape[-1], 8, 8))
    return guess.with_rank(rank)


def _whole_of_another_kind(call: Call) -> Iterator[tuple[Call, str]]:
    kinds = (
        Argument("float", (BATCH, 3, 64, 64)),
        Argument("long", (BATCH, LENGTH)),
        Argument("float", (BATCH, LENGTH, 64)),
        Argument("float", (BATCH, 64)),
        Argument("float", (BATCH, 64, LENGTH)),
    )
    for kind in kinds:
        yield tuple((name, kind if a.is_tensor else a) for name, a in call), "input by trial"


def optional_arguments(module: Any, main: Argument) -> Iterator[tuple[str, Argument]]:
    """What could be given for the parameters of forward that default to None."""
    flows = _flows(module)
    for parameter in _parameters(module):
        if parameter.default is None:
            named = _by_name(parameter.name, main)
            guess = _by_flow(module, flows.get(parameter.name, "")) or named or main
            if named is not None and not named.is_tensor:
                yield parameter.name, named
            yield parameter.name, guess


def _parameters(module: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError, AttributeError):
        return []


def _required(module: Any) -> list[inspect.Parameter]:
    """The parameters that a call must give; one of `*args` where there is nothing else."""
    needed = [
        parameter
        for parameter in _parameters(module)
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if not needed:
        starred = [p for p in _parameters(module) if p.kind is p.VAR_POSITIONAL]
        optional = [p for p in _parameters(module) if p.kind is p.POSITIONAL_OR_KEYWORD]
        needed = starred[:1] or optional[:1]
    return needed[:MOST_REQUIRED]


def _nodes(module: Any) -> list[ast.AST]:
    """The nodes of forward's source; none where it cannot be had."""
    return _nodes_of(getattr(module, "forward", None))


def _nodes_of(function: Any) -> list[ast.AST]:
    try:
        return list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))))
    except (OSError, TypeError, SyntaxError, AttributeError):
        return []


def _ranks(module: Any) -> dict[str, int]:
    """Parameter of forward to how many axes it has, by what is done to it first: `b, c, h, w =
    x.size()`, `x.permute(0, 2, 1)`, or `x.size(2)`, which says that there are at least three."""
    exact: dict[str, int] = {}
    least: dict[str, int] = {}
    for node in _nodes(module):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
                if (name := _whose_sizes(value)) and not any(
                    isinstance(each, ast.Starred) for each in names
                ):
                    exact.setdefault(name, len(names))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="permute"), args=args):
                if len(args) > 1:
                    exact.setdefault(name, len(args))
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id=name), attr="size" | "flatten" | "transpose" | "unbind"
                ),
                args=args,
            ):
                for arg in args:
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, int):
                        least[name] = max(least.get(name, 0), arg.value + 1)
            case ast.Subscript(value=value, slice=ast.Constant(value=int(axis))):
                if name := _whose_sizes(value):
                    least[name] = max(least.get(name, 0), axis + 1)
    return {**{name: rank for name, rank in least.items() if rank > 1}, **exact}


def dictionary_keys(module: Any) -> dict[str, list[str]]:
    """Parameter of forward to the names that it, or a method of the model's that has a parameter of
    this name, takes items of it by: `batch["image"]`, `batch.get("mask")`."""
    names = {parameter.name for parameter in _parameters(module)}
    found: dict[str, dict[str, None]] = {}
    nodes = _nodes(module)
    for name, method in vars(type(module)).items():
        if inspect.isfunction(method) and name not in ("forward", "__init__"):
            code = method.__code__
            if names & set(code.co_varnames[1 : code.co_argcount]):
                nodes += _nodes_of(method)
    for node in nodes:
        match node:
            case ast.Subscript(
                value=ast.Name(id=name), slice=ast.Constant(value=str() as key)
            ) | ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="get"),
                args=[ast.Constant(value=str() as key), *_],
            ):
                if name in names:
                    found.setdefault(name, {})[key] = None
    return {name: list(keys)[:MOST_REQUIRED] for name, keys in found.items()}


def unpacked_items(module: Any) -> dict[str, list[str]]:
    """Parameter of forward to what it is unpacked into, where forward does that with it as it is:
    `mel, audio = batch`."""
    names = {parameter.name for parameter in _parameters(module)}
    found: dict[str, list[str]] = {}
    for node in _nodes(module):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Name(id=name)):
                if name in names and not any(isinstance(each, ast.Starred) for each in targets):
                    items = [each.id if isinstance(each, ast.Name) else "" for each in targets]
                    found.setdefault(name, items)
    return {name: items for name, items in found.items() if len(items) <= MOST_REQUIRED}


def _whose_sizes(node: ast.expr) -> str:
    """`x` for `x.size()` and `x.shape`."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="size"), args=[]):
            return name
        case ast.Attribute(value=ast.Name(id=name), attr="shape"):
            return name
    return ""


def _flows(module: Any) -> dict[str, str]:
    """Parameter of forward to the first submodule that it is passed to as it is: `x` to `layers`
    for `self.layers(x)`, or `self.layers[0](x)`."""
    found: dict[str, str] = {}
    for node in _nodes(module):
        if not isinstance(node, ast.Call):
            continue
        func = node.func
        while isinstance(func, ast.Subscript):
            func = func.value
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
            for value in (*node.args, *(keyword.value for keyword in node.keywords)):
                if isinstance(value, ast.Name) and func.value.id == "self":
                    found.setdefault(value.id, func.attr)
    return found


def _by_flow(module: Any, attribute: str) -> Argument | None:
    submodule = getattr(module, attribute, None) if attribute else None
    return of_layer(first_layer(submodule)) if isinstance(submodule, nn.Module) else None


def _of_parameter(module: Any) -> Argument:
    """By the first matrix of a layer that multiplies by hand, else an image."""
    for parameter in module.parameters():
        if parameter.dim() == 2:
            return Argument("float", (LENGTH, parameter.shape[0]))
    return Argument("float", (BATCH, 3, 64, 64))


def _by_annotation(parameter: inspect.Parameter, main: Argument) -> Argument | None:
    annotation = parameter.annotation
    if annotation is inspect.Parameter.empty:
        return None
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    text = text.replace("torch.", "").replace("typing.", "").strip("'\"")
    plain = {"bool": "False", "int": "1", "float": "1.0", "str": "''"}.get(text)
    if plain is not None:
        return Argument("plain", plain=plain)
    if re.fullmatch(r"([Ll]ist|Sequence|Iterable)\[(\w+\.)*Tensor\]", text):
        return Argument("list", items=(main, main))
    if re.fullmatch(r"([Tt]uple)\[(\w+\.)*Tensor, (\w+\.)*Tensor\]", text):
        return Argument("tuple", items=(main, main))
    if "LongTensor" in text:
        return main.as_long()
    return None


def _by_name(name: str, main: Argument) -> Argument | None:
    for pattern, meaning in _NAMES:
        if re.fullmatch(pattern, name, re.IGNORECASE):
            return _meant(meaning, main)
    return None


def _meant(meaning: str, main: Argument) -> Argument:
    batch = main.shape[0] if main.shape else BATCH
    length = main.shape[1] if len(main.shape) > 1 else LENGTH
    if meaning == "longest":
        return Argument("plain", plain=str(length))
    if meaning == "lengths":
        return Argument("full", (batch,), length)
    if meaning == "square":
        return Argument("float", (batch, batch))
    if meaning == "edges":
        return Argument("long", (2, LENGTH), batch)
    if meaning == "mask":
        return Argument("bool", (batch, length))
    if meaning == "ids":
        return Argument("long", (batch, LENGTH), main.high if main.kind == "long" else IDS)
    if meaning == "labels":
        return Argument("long", (batch,), 2)
    if meaning == "steps":
        return Argument("float", (batch,))
    if meaning == "vector":
        return Argument("float", (batch, 64)) if len(main.shape) != 2 else main
    return Argument("plain", plain={"int": "1", "number": "0.5"}.get(meaning, meaning))


def sizes_named(module: Any) -> tuple[int, ...]:
    """Sizes that the model, or a part of it, keeps under a name such as `image_size`."""
    found: dict[int, None] = {}
    for part in module.modules():
        for name, value in vars(part).items():
            if re.search(r"size|(^|_)res(olution)?$|len(gth)?$|height|width|side|patches", name):
                for number in value if isinstance(value, (tuple, list)) else (value,):
                    if type(number) is int and 4 <= number <= 1024:
                        found[number] = None
    return tuple(found)[:8]
