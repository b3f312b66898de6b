"""What an argument of a constructor may be, by its name, as source.

Names are the field's own: `in_channels`, `nhead`, `dropout`. What the repository itself says of a
name (`Known`) comes before any guess of ours.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH = "64"
NUMBERS = (WIDTH, "16", "3", "8", "4", "2", "1", "128", "32", "10")
OTHERS = (
    "64",
    "[64, 64]",
    "None",
    "3",
    "True",
    "torch.nn.ReLU",
    "torch.nn.Identity()",
    "'relu'",
    "(3, 64, 64)",
    "1",
    "{}",
    "[16, 32, 64, 128]",
    "torch.rand(64, 64)",
)

_SETTINGS = re.compile(
    r"(.*_)?(args?|opts?|options?|cfg|conf|configs?|configuration|hparams?|hyper_?params?|params"
    r"|parameters|hps?|flags|settings|namespace|kwargs|spec)",
    re.IGNORECASE,
)
PRETRAINED = re.compile(
    r"(.*_)?(pre_?train(ed)?|imagenet|download)(_(?!path|dim|size|channel)\w+)?|(.*_)?weights?_?"
    r"(path|file|url|name)?|load(_\w+)?|(.*_)?(ckpt|checkpoint|resume)(_\w+)?",
    re.IGNORECASE,
)
"""Parameters that would have something downloaded or read."""

_BY_NAME: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(use|is|has|with|if|do|need|no|enable|return|add|apply)_.*|.*_(flag|only)", ("False",)),
    (r"bias|affine|inplace|batch_first|bidirectional|normali[sz]e|residual|bn|bnorm", ("True",)),
    (r"devices?|gpu(_ids?)?", ("'cpu'", "[]")),
    (
        r"(.*_)?act(ion)?_space",
        (
            "type('Discrete', (), {'n': 6, 'shape': ()})()",
            "type('Box', (), {'shape': (6,)})()",
        ),
    ),
    (r"(.*_)?(ob|obs|observation|state)s?_space", ("type('Box', (), {'shape': (3, 84, 84)})()",)),
    (r"(.*_)?(norm|norm_layer|norm_type|normalization)", ("torch.nn.BatchNorm2d", "None", "'bn'")),
    (
        r"(.*_)?(act|activation|act_layer|nonlinearity|non_?linear|activ)(_(fn|func|type|layer))?",
        ("torch.nn.ReLU()", "torch.nn.ReLU", "'relu'", "torch.relu"),
    ),
    (r"(conv|conv_layer|conv_op|conv2d)", ("torch.nn.Conv2d",)),
    (
        r"(.*_)?(backbone|encoder|decoder|model|module|net|network|layer|block|fn|submodule|base"
        r"|embed|sub_?layer|body|head|trunk|extractor|core)",
        ("torch.nn.Identity()", "torch.nn.Linear(64, 64)", "torch.nn.Conv2d(3, 64, 3, padding=1)"),
    ),
    (r"(.*_)?(lr|p|drop|dropout|drop_?rate|drop_?prob|drop_?path|rate|prob)(_.*)?", ("0.1", "0")),
    (
        r"(.*_)?(alpha|beta|gamma|eps|epsilon|momentum|temp|temperature|slope|lambd?a?|theta|sigma"
        r"|weight|coef|decay|margin|std|mean)(_.*)?",
        ("0.5", "1"),
    ),
    (r"(.*_)?(kernel|kernel_?size|ksize|ks|filter_?size|window|window_size|k)", ("3", "[3, 3]")),
    (r"(.*_)?(stride|strides|dilation|groups?|padding|pad|dilations?|s)", ("1", "[1, 1]")),
    (
        r"(.*_)?(in|input|inp|image|img|rgb|num_in)_?(ch|chans?|channels?|nc|c|planes?|filters?)",
        ("3", "64", "1", "16"),
    ),
    (
        r"(n_?c_?in|nin|c_?in|in_?c|channels?|chans?|nc|c|inc|ch_?in|image_channels|n_?channels?"
        r"|num_?channels?|color_?channels)",
        ("3", "64", "16"),
    ),
    (
        r"(n|num|no|nb|output|out|number_of)?_?(n_?)?(class|classes|nclass|labels?|tags?|categories"
        r"|outputs?|targets?)(_?(num|size|dim))?",
        ("10", "2", "64"),
    ),
    (
        r"(.*_)?(vocab|vocabulary|voc|ntokens?|n_?tokens?|num_?tokens?|num_?embeddings?|n_?words?"
        r"|num_?words?|dict|alphabet|n_?(src|trg|tgt)_vocab)(_?(size|len|num|dim))?",
        ("100",),
    ),
    (r"(.*_)?(pad(ding)?|bos|eos|sos|unk|start|end)_?(idx|id|index|token)?", ("0", "1")),
    (r"(.*_)?(n|num|nb|number_of)?_?(heads?|nhead|n_?head)", ("4", "8", "1")),
    (
        r"(.*_)?(n|num|nb|no)?_?(layers?|blocks?|depths?|stages?|levels?|repeats?|stacks?|steps?"
        r"|res_?blocks?|hops?|iters?|iterations?|experts?|units|scales)(_.*)?",
        ("2", "[2, 2, 2, 2]", "1", "4", "3"),
    ),
    (
        r"(.*_)?(scale|factor|ratio|expansion|reduction|mult|multiplier|expand|radix|r|t)(_.*)?",
        ("2", "1", "4", "16"),
    ),
    (
        r"(.*_)?(max|seq|sequence|context|block|src|tgt|text|sent|max_position)_?(len|length|size"
        r"|positions?|embeddings?)(_.*)?",
        ("64", "16", "128"),
    ),
    (
        r"(.*_)?(image|img|input|patch|resolution|res|crop|in|spatial|size|h|w|height|width)_?"
        r"(size|resolution|height|width|h|w|shape|len)?",
        ("64", "(64, 64)", "32", "224", "16"),
    ),
    (r"(.*_)?(shape)", ("(3, 64, 64)", "(64,)", "64")),
    (
        r"(.*_)?(filters|dims|channels_list|widths|sizes|channel_list|features_list|planes_list"
        r"|out_features|hidden_sizes|hidden_dims|ratios|bins|rates|kernels)",
        ("[16, 32, 64, 128]", "64", "[3, 3, 3]", "[1, 2, 3, 6]"),
    ),
    (r"(.*_)?(mode|type|method|kind|variant|arch|name|style|pool|padding_mode|cell)", ("None",)),
)

_BY_ANNOTATION = {
    "int": NUMBERS,
    "float": ("0.5", "0.1", "1.0"),
    "bool": ("False", "True"),
    "str": ("''",),
    "dict": ("{}",),
    "list": ("[64, 64]", "[2, 2, 2, 2]", "[]"),
    "tuple": ("(64, 64)", "(2, 2)"),
    "Module": ("torch.nn.Identity()", "torch.nn.Linear(64, 64)"),
    "Tensor": ("torch.rand(64, 64)", "torch.rand(64)"),
    "Callable": ("torch.nn.ReLU", "torch.relu"),
    "device": ("torch.device('cpu')",),
}


@dataclass(frozen=True)
class Known:
    """What the repository says of names, as source: its settings, strings it compares with, and
    sections of its configuration files."""

    settings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    sections: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Names to expressions for what configuration files hold under them."""

    def of(self, name: str) -> tuple[str, ...]:
        """Values that settings of this name have, and that code compares it with."""
        return tuple(dict.fromkeys((*self.settings.get(name, ()), *self.choices.get(name, ()))))


def means_settings(name: str) -> bool:
    """Whether a parameter of this name is an object, or a dictionary, of settings."""
    return _SETTINGS.fullmatch(name) is not None


def guesses(name: str, annotation: str, known: Known, alike: bool = False) -> tuple[str, ...]:
    """What to give for a parameter, likeliest first; with `alike` all widths the same, as blocks
    with a shortcut want it."""
    if PRETRAINED.fullmatch(name):
        return ("False", "None", "torch.rand(64, 64)")
    found = [text for text in known.of(name) if text != "None"]
    for kind, texts in _BY_ANNOTATION.items():
        if re.search(rf"(?i)\b(\w+\.)*{kind}\b", annotation.partition("[")[0]):
            ours = _by_name(name) if kind == "int" else ()
            found += (*ours, *texts) if _are_numbers(ours) else texts
            break
    found += _by_name(name)
    if alike and WIDTH in found:
        found.insert(0, WIDTH)
    return tuple(dict.fromkeys((*found, *OTHERS)))


_GUESS = re.compile(r"_GUESS\('(\w+)'\)")


def completed(text: str, known: Known) -> str:
    """An argument that the repository shows, with a guess by name for what it leaves open
    (`cases/call_text.py`)."""
    return _GUESS.sub(lambda match: guesses(match[1], "", known)[0], text)


def _by_name(name: str) -> tuple[str, ...]:
    for pattern, texts in _BY_NAME:
        if re.fullmatch(pattern, name, re.IGNORECASE):
            return texts
    return ()


def _are_numbers(texts: Sequence[str]) -> bool:
    return bool(texts) and all(text.isdigit() for text in texts[:1])


def for_complaint(words: str) -> tuple[str, ...]:
    """What to give instead where a value is of the wrong kind, by the error's words."""
    if re.search(r"not iterable|has no len|not subscriptable|cannot unpack|not reversible", words):
        return ("[64, 64]", "[2, 2, 2, 2]", "[16, 32, 64, 128]", "(3, 64, 64)", "[[64, 64]]")
    if re.search(r"has no attribute '(size|shape|dim|data|new|device|weight)'", words):
        return ("torch.rand(64, 64)", "torch.nn.Linear(64, 64)")
    if "not callable" in words:
        return ("torch.nn.ReLU", "torch.nn.BatchNorm2d", "torch.nn.Identity")
    if "is not a Module subclass" in words or "not a Module" in words:
        return ("torch.nn.Identity()", "torch.nn.Linear(64, 64)")
    if re.search(r"divi[sd]|multiple|groups", words):
        return ("64", "8", "32", "16", "12", "1")
    if re.search(r"index out of range|KeyError", words):
        return ("[64, 64, 64, 64, 64]", "[2, 2, 2, 2]")
    if "argument must be" in words or "must be" in words:
        return ("2", "1", "64", "0.1", "[64, 64]")
    return ()
