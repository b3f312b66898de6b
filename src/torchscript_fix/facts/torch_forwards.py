"""What the `forward` of torch's own layers does, in terms of their attributes.

As in torch/nn/modules of torch 2.4 to 2.13, which agree in all that stands here. A parameter that
is not listed has its default: where a caller gives it, the line does not say what happens.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class TorchForward:
    """`forward` as one expression: `{F}` stands for torch.nn.functional, `{torch}` for torch, and
    `{input}` for the argument of that name."""

    parameters: tuple[str, ...]
    code: str


_EXPRESSIONS = """
Linear(input) = {F}.linear({input}, self.weight, self.bias)
Bilinear(input1, input2) = {F}.bilinear({input1}, {input2}, self.weight, self.bias)
Conv1d(input) = self._conv_forward({input}, self.weight, self.bias)
Conv2d(input) = self._conv_forward({input}, self.weight, self.bias)
Conv3d(input) = self._conv_forward({input}, self.weight, self.bias)
LayerNorm(input) = {F}.layer_norm({input}, self.normalized_shape, self.weight, self.bias, self.eps)
GroupNorm(input) = {F}.group_norm({input}, self.num_groups, self.weight, self.bias, self.eps)
Flatten(input) = {input}.flatten(self.start_dim, self.end_dim)
Identity(input) = {input}
Dropout(input) = {F}.dropout({input}, self.p, self.training, self.inplace)
Dropout1d(input) = {F}.dropout1d({input}, self.p, self.training, self.inplace)
Dropout2d(input) = {F}.dropout2d({input}, self.p, self.training, self.inplace)
Dropout3d(input) = {F}.dropout3d({input}, self.p, self.training, self.inplace)
AlphaDropout(input) = {F}.alpha_dropout({input}, self.p, self.training)
ReLU(input) = {F}.relu({input}, inplace=self.inplace)
ReLU6(input) = {F}.relu6({input}, inplace=self.inplace)
LeakyReLU(input) = {F}.leaky_relu({input}, self.negative_slope, self.inplace)
PReLU(input) = {F}.prelu({input}, self.weight)
ELU(input) = {F}.elu({input}, self.alpha, self.inplace)
SELU(input) = {F}.selu({input}, self.inplace)
GELU(input) = {F}.gelu({input}, approximate=self.approximate)
SiLU(input) = {F}.silu({input}, inplace=self.inplace)
Sigmoid(input) = {torch}.sigmoid({input})
Tanh(input) = {torch}.tanh({input})
Softplus(input) = {F}.softplus({input}, self.beta, self.threshold)
Hardtanh(input) = {F}.hardtanh({input}, self.min_val, self.max_val, self.inplace)
Softmax(input) = {F}.softmax({input}, self.dim)
LogSoftmax(input) = {F}.log_softmax({input}, self.dim)
PixelShuffle(input) = {F}.pixel_shuffle({input}, self.upscale_factor)
PixelUnshuffle(input) = {F}.pixel_unshuffle({input}, self.downscale_factor)
ConstantPad1d(input) = {F}.pad({input}, self.padding, "constant", self.value)
ConstantPad2d(input) = {F}.pad({input}, self.padding, "constant", self.value)
ReflectionPad1d(input) = {F}.pad({input}, self.padding, "reflect")
ReflectionPad2d(input) = {F}.pad({input}, self.padding, "reflect")
ReplicationPad1d(input) = {F}.pad({input}, self.padding, "replicate")
ReplicationPad2d(input) = {F}.pad({input}, self.padding, "replicate")
ReplicationPad3d(input) = {F}.pad({input}, self.padding, "replicate")
ZeroPad2d(input) = {F}.pad({input}, self.padding, "constant", self.value)
AdaptiveAvgPool1d(input) = {F}.adaptive_avg_pool1d({input}, self.output_size)
AdaptiveAvgPool2d(input) = {F}.adaptive_avg_pool2d({input}, self.output_size)
AdaptiveAvgPool3d(input) = {F}.adaptive_avg_pool3d({input}, self.output_size)
CosineSimilarity(x1, x2) = {F}.cosine_similarity({x1}, {x2}, self.dim, self.eps)
MSELoss(input, target) = {F}.mse_loss({input}, {target}, reduction=self.reduction)
L1Loss(input, target) = {F}.l1_loss({input}, {target}, reduction=self.reduction)
"""

_LONGER = """
ConvTranspose{n}d(input) = {F}.conv_transpose{n}d({input}, self.weight, self.bias, self.stride,
    self.padding, self.output_padding, self.groups, self.dilation)
MaxPool{n}d(input) = {F}.max_pool{n}d({input}, self.kernel_size, self.stride, self.padding,
    self.dilation, ceil_mode=self.ceil_mode, return_indices=self.return_indices)
AvgPool1d(input) = {F}.avg_pool1d({input}, self.kernel_size, self.stride, self.padding,
    self.ceil_mode, self.count_include_pad)
AvgPool2d(input) = {F}.avg_pool2d({input}, self.kernel_size, self.stride, self.padding,
    self.ceil_mode, self.count_include_pad, self.divisor_override)
AvgPool3d(input) = {F}.avg_pool3d({input}, self.kernel_size, self.stride, self.padding,
    self.ceil_mode, self.count_include_pad, self.divisor_override)
Embedding(input) = {F}.embedding({input}, self.weight, self.padding_idx, self.max_norm,
    self.norm_type, self.scale_grad_by_freq, self.sparse)
EmbeddingBag(input) = {F}.embedding_bag({input}, self.weight, None, self.max_norm, self.norm_type,
    self.scale_grad_by_freq, self.mode, self.sparse, None, self.include_last_offset,
    self.padding_idx)
SmoothL1Loss(input, target) = {F}.smooth_l1_loss({input}, {target}, reduction=self.reduction,
    beta=self.beta)
CrossEntropyLoss(input, target) = {F}.cross_entropy({input}, {target}, weight=self.weight,
    ignore_index=self.ignore_index, reduction=self.reduction,
    label_smoothing=self.label_smoothing)
NLLLoss(input, target) = {F}.nll_loss({input}, {target}, weight=self.weight,
    ignore_index=self.ignore_index, reduction=self.reduction)
BCELoss(input, target) = {F}.binary_cross_entropy({input}, {target}, weight=self.weight,
    reduction=self.reduction)
BCEWithLogitsLoss(input, target) = {F}.binary_cross_entropy_with_logits({input}, {target},
    self.weight, pos_weight=self.pos_weight, reduction=self.reduction)
KLDivLoss(input, target) = {F}.kl_div({input}, {target}, reduction=self.reduction,
    log_target=self.log_target)
TripletMarginLoss(anchor, positive, negative) = {F}.triplet_margin_loss({anchor}, {positive},
    {negative}, margin=self.margin, p=self.p, eps=self.eps, swap=self.swap,
    reduction=self.reduction)
Upsample(input) = {F}.interpolate({input}, self.size, self.scale_factor, self.mode,
    self.align_corners, recompute_scale_factor=self.recompute_scale_factor)
"""

METHODS: Mapping[str, str] = {
    "_sequential_forward": """
def _sequential_forward(self, input):
    for module in self:
        input = module(input)
    return input
""",
    "_batch_norm_forward": """
def _batch_norm_forward(self, input):
    self._check_input_dim(input)
    factor = 0.0
    if self.momentum is not None:
        factor = self.momentum
    if self.training and self.track_running_stats:
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:
                factor = 1.0 / float(self.num_batches_tracked)
    keeps_track = not self.training or self.track_running_stats
    return {F}.batch_norm(
        input,
        self.running_mean if keeps_track else None,
        self.running_var if keeps_track else None,
        self.weight,
        self.bias,
        self.training or (self.running_mean is None and self.running_var is None),
        factor,
        self.eps,
    )
""",
}
"""`forward` of those layers for which it is more than one expression, as a method."""

_BY_METHOD = {
    "Sequential": "_sequential_forward",
    "BatchNorm1d": "_batch_norm_forward",
    "BatchNorm2d": "_batch_norm_forward",
    "BatchNorm3d": "_batch_norm_forward",
}


@cache
def _expressions() -> dict[str, TorchForward]:
    found: dict[str, TorchForward] = {}
    joined = (_EXPRESSIONS + _LONGER).replace("\n    ", " ")
    for line in filter(None, joined.split("\n")):
        for n in "123" if "{n}" in line else " ":
            head, _, code = line.replace("{n}", n).partition(" = ")
            name, _, parameters = head.rstrip(")").partition("(")
            found[name] = TorchForward(tuple(parameters.split(", ")), code)
    for name, method in _BY_METHOD.items():
        found[name] = TorchForward(("input",), f"self.{method}({{input}})")
    return found


def torch_forward(dotted: str) -> TorchForward | None:
    """The `forward` of a layer of torch by its name, `torch.nn.Conv2d`; None where none is known.

    Source: torch/nn/modules/{activation,batchnorm,container,conv,dropout,…}.py.
    """
    space, _, name = dotted.rpartition(".")
    if space not in {"torch.nn", "torch.nn.modules"}:
        return None
    return _expressions().get(name)


def method_for(forward: TorchForward) -> str | None:
    """The name in METHODS that a forward calls; None where it is an expression on its own."""
    return next((name for name in METHODS if forward.code.startswith(f"self.{name}(")), None)
