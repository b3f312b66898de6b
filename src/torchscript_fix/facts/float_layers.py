"""Which arguments of torch's layers must be floats for the layer to compile."""

from collections.abc import Mapping

_TABLE = """
Dropout p
Dropout1d p
Dropout2d p
Dropout3d p
AlphaDropout p
FeatureAlphaDropout p
LeakyReLU negative_slope
ELU alpha
CELU alpha
Hardtanh min_val max_val
Threshold threshold value
RReLU lower upper
LayerNorm - eps
RMSNorm - eps
GroupNorm - - eps
BatchNorm1d - eps momentum
BatchNorm2d - eps momentum
BatchNorm3d - eps momentum
InstanceNorm1d - eps momentum
InstanceNorm2d - eps momentum
InstanceNorm3d - eps momentum
LocalResponseNorm - alpha beta k
ConstantPad1d - value
ConstantPad2d - value
ConstantPad3d - value
MultiheadAttention - - dropout
Embedding - - - max_norm norm_type
CosineSimilarity - eps
PairwiseDistance p eps
TripletMarginLoss margin p eps
MarginRankingLoss margin
HingeEmbeddingLoss margin
CosineEmbeddingLoss margin
MultiMarginLoss - margin
SmoothL1Loss - - - beta
HuberLoss - delta
CrossEntropyLoss - - - - - label_smoothing
"""
"""Positional parameters behind `self`, `-` for those of other types. Each was tried with torch
2.13: with an int there, the layer does not compile."""

LAYERS: Mapping[str, tuple[str | None, ...]] = {
    f"torch.nn.{name}": tuple(None if parameter == "-" else parameter for parameter in parameters)
    for name, *parameters in (line.split() for line in _TABLE.strip().splitlines())
}
