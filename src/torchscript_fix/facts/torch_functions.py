"""The function that does what a layer of torch without weights does, by how the layer is made.

As in torch/nn/modules and torch/nn/functional.py of torch 2.4 to 2.13.
"""

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

_TABLE = """
Softmax(dim) softmax
LogSoftmax(dim) log_softmax
Softmin(dim) softmin
ReLU(inplace) relu
ReLU6(inplace) relu6
LeakyReLU(negative_slope, inplace) leaky_relu
ELU(alpha, inplace) elu
CELU(alpha, inplace) celu
SELU(inplace) selu
GELU(approximate) gelu
SiLU(inplace) silu
Mish(inplace) mish
Hardtanh(min_val, max_val, inplace) hardtanh
Hardswish(inplace) hardswish
Hardsigmoid(inplace) hardsigmoid
LogSigmoid() logsigmoid
Softsign() softsign
Softplus(beta, threshold) softplus
Sigmoid() torch.sigmoid
Tanh() torch.tanh
Flatten(start_dim=1, end_dim=-1) torch.flatten
PixelShuffle(upscale_factor) pixel_shuffle
PixelUnshuffle(downscale_factor) pixel_unshuffle
AvgPool1d(kernel_size, stride, padding, ceil_mode, count_include_pad) avg_pool1d
AvgPool2d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override) avg_pool2d
AvgPool3d(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override) avg_pool3d
MaxPool1d(kernel_size, stride, padding, dilation, return_indices, ceil_mode) max_pool1d
MaxPool2d(kernel_size, stride, padding, dilation, return_indices, ceil_mode) max_pool2d
MaxPool3d(kernel_size, stride, padding, dilation, return_indices, ceil_mode) max_pool3d
AdaptiveAvgPool1d(output_size) adaptive_avg_pool1d
AdaptiveAvgPool2d(output_size) adaptive_avg_pool2d
AdaptiveAvgPool3d(output_size) adaptive_avg_pool3d
AdaptiveMaxPool1d(output_size, return_indices) adaptive_max_pool1d
AdaptiveMaxPool2d(output_size, return_indices) adaptive_max_pool2d
AdaptiveMaxPool3d(output_size, return_indices) adaptive_max_pool3d
Unfold(kernel_size, dilation, padding, stride) unfold
Upsample(size, scale_factor, mode, align_corners, recompute_scale_factor) interpolate
UpsamplingBilinear2d(size, scale_factor, mode="bilinear", align_corners=True) interpolate
Dropout(p, inplace) dropout
Dropout2d(p, inplace) dropout2d
Dropout3d(p, inplace) dropout3d
CosineSimilarity(dim, eps) cosine_similarity
PairwiseDistance(p, eps, keepdim) pairwise_distance
MSELoss(size_average, reduce, reduction) mse_loss
L1Loss(size_average, reduce, reduction) l1_loss
SmoothL1Loss(size_average, reduce, reduction, beta) smooth_l1_loss
HuberLoss(reduction, delta) huber_loss
BCELoss(weight, size_average, reduce, reduction) binary_cross_entropy
BCEWithLogitsLoss(weight, size_average, reduce, reduction, pos_weight) \
binary_cross_entropy_with_logits
CrossEntropyLoss(weight, size_average, ignore_index, reduce, reduction, label_smoothing) \
cross_entropy
NLLLoss(weight, size_average, ignore_index, reduce, reduction) nll_loss
KLDivLoss(size_average, reduce, reduction, log_target) kl_div
"""
"""`Layer(parameters of the constructor) function`, of torch.nn.functional where no module is named.
The function takes the parameters under the same names; where a default is given, that of the
function is another. A Dropout that has just been made is in training mode, and the function takes
that for granted, too."""

_DEPRECATED = frozenset({"size_average", "reduce"})


@dataclass(frozen=True)
class TorchFunction:
    """A function that does what a layer does."""

    module: str
    """`torch` or `torch.nn.functional`."""
    name: str
    parameters: tuple[str, ...]
    defaults: Mapping[str, str]
    """Those of the layer, where the function has others."""

    def arguments(
        self, constructor: ast.Call, segment: Callable[[ast.expr], str]
    ) -> list[str] | None:
        """The arguments behind the input, as keywords; None where they cannot be told."""
        given = dict(zip(self.parameters, constructor.args, strict=False))
        named = {k.arg: k.value for k in constructor.keywords if k.arg is not None}
        count = len(constructor.args) + len(constructor.keywords)
        values: dict[str, ast.expr] = {**given, **named}
        if len(values) != count or any(isinstance(a, ast.Starred) for a in constructor.args):
            return None
        if not set(values) <= set(self.parameters) or set(values) & _DEPRECATED:
            return None
        codes = {name: _number(name, value, segment) for name, value in values.items()}
        return [f"{name}={code}" for name, code in {**self.defaults, **codes}.items()]


def _number(name: str, value: ast.expr, segment: Callable[[ast.expr], str]) -> str:
    """The code of an argument; nn.Upsample takes a whole `scale_factor` for a float."""
    match value:
        case ast.Constant(value=int(whole)) if name == "scale_factor":
            return f"{whole}.0"
    return segment(value)


@cache
def _functions() -> dict[str, TorchFunction]:
    found: dict[str, TorchFunction] = {}
    for line in filter(None, _TABLE.replace("\\\n", "").split("\n")):
        head, _, function = line.rpartition(") ")
        layer, _, rest = head.partition("(")
        parts = [part.partition("=") for part in rest.split(", ") if part]
        defaults = {name: default for name, _, default in parts if default}
        module, _, name = function.rpartition(".")
        parameters = tuple(name for name, _, _ in parts)
        found[layer] = TorchFunction(module or "torch.nn.functional", name, parameters, defaults)
    return found


def torch_function(dotted: str) -> TorchFunction | None:
    """The function that does what a layer does (`torch.nn.Softmax`); None where none is known."""
    space, _, name = dotted.rpartition(".")
    return _functions().get(name) if space == "torch.nn" else None
