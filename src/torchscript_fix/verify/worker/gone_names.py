"""Names that packages once had: what they are called now, and the last release that had them.

Each entry was looked up in a release that still had the name. Where `same` is set, the old name was
the successor itself (`np.int` was `int`), or called it with the arguments that it got and gave back
what that gave (`scipy.signal.kaiser`): code that is given the successor does what it always did.
"""

import importlib
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gone:
    """What became of a name."""

    successor: str = ""
    """Dotted, a tuple of such, or "" where nothing took its place."""
    last: str = ""
    """The last release that had it."""
    same: bool = False


def _moved(package: str, names: str, to: str, last: str) -> dict[str, Gone]:
    """Names that are in another module now: each the same as ever."""
    return {f"{package}.{n}": Gone(f"{to}.{n}", last, same=True) for n in names.split()}


def _renamed(package: str, names: dict[str, str], last: str) -> dict[str, Gone]:
    """Names for things that have another name now: each the same as ever."""
    return {f"{package}.{old}": Gone(new, last, same=True) for old, new in names.items()}


_ABSTRACT = (
    "Awaitable AsyncIterable AsyncIterator AsyncGenerator ByteString Callable Collection Container "
    "Coroutine Generator Hashable ItemsView Iterable Iterator KeysView Mapping MappingView "
    "MutableMapping MutableSequence MutableSet Reversible Sequence Set Sized ValuesView"
)
_WINDOWS = (
    "barthann bartlett blackman blackmanharris bohman boxcar chebwin cosine exponential flattop "
    "gaussian general_gaussian hamming hann kaiser nuttall parzen triang tukey"
)

GONE: dict[str, Gone] = {
    # Python
    **_moved("collections", _ABSTRACT, "collections.abc", "Python 3.9"),
    "fractions.gcd": Gone("math.gcd", "Python 3.8"),  # which knows no negative result
    "inspect.getargspec": Gone("inspect.getfullargspec", "Python 3.10"),
    "inspect.formatargspec": Gone("", "Python 3.10"),
    "time.clock": Gone("time.perf_counter", "Python 3.7"),
    "asyncio.coroutine": Gone("", "Python 3.10"),
    "xml.etree.cElementTree": Gone("xml.etree.ElementTree", "Python 3.8", same=True),
    "distutils": Gone("setuptools", "Python 3.11"),
    "imp": Gone("importlib", "Python 3.11"),
    # numpy
    **_renamed(
        "numpy",
        {
            **{n: f"builtins.{n}" for n in ("int", "float", "bool", "object", "str", "complex")},
            "long": "builtins.int",
            "unicode": "builtins.str",
        },
        "numpy 1.23",
    ),
    **_renamed(
        "numpy",
        {
            "float_": "numpy.float64",
            "complex_": "numpy.complex128",
            "Inf": "numpy.inf",
            "Infinity": "numpy.inf",
            "infty": "numpy.inf",
            "PINF": "numpy.inf",
            "NaN": "numpy.nan",
            "unicode_": "numpy.str_",
            "string_": "numpy.bytes_",
            "mat": "numpy.asmatrix",
        },
        "numpy 1.26",
    ),
    "numpy.product": Gone("numpy.prod", "numpy 1.26"),
    "numpy.cumproduct": Gone("numpy.cumprod", "numpy 1.26"),
    "numpy.alltrue": Gone("numpy.all", "numpy 1.26"),
    "numpy.sometrue": Gone("numpy.any", "numpy 1.26"),
    "numpy.round_": Gone("numpy.round", "numpy 1.26"),
    "numpy.in1d": Gone("numpy.isin"),
    "numpy.trapz": Gone("numpy.trapezoid"),
    # scipy
    **_moved("scipy.signal", _WINDOWS, "scipy.signal.windows", "scipy 1.12"),
    "scipy.integrate.trapz": Gone("scipy.integrate.trapezoid", "scipy 1.13", same=True),
    "scipy.integrate.cumtrapz": Gone("scipy.integrate.cumulative_trapezoid", "scipy 1.13"),
    "scipy.integrate.simps": Gone("scipy.integrate.simpson", "scipy 1.13"),
    "scipy.misc.imread": Gone("imageio.imread", "scipy 1.1"),
    "scipy.misc.imsave": Gone("imageio.imwrite", "scipy 1.1"),
    "scipy.misc.imresize": Gone("PIL.Image.Image.resize", "scipy 1.2"),
    # torch
    "torch._six.container_abcs": Gone("collections.abc", "torch 1.8", same=True),
    "torch._six.string_classes": Gone("(builtins.str, builtins.bytes)", "torch 1.13", same=True),
    "torch._six.int_classes": Gone("builtins.int", "torch 1.8", same=True),
    "torch._six.inf": Gone("math.inf", "torch 1.13", same=True),
    "torch._six.nan": Gone("math.nan", "torch 1.13", same=True),
    "torch._six": Gone("", "torch 1.13"),
    "torch.utils.ffi": Gone("torch.utils.cpp_extension", "torch 0.4"),
    "torchvision.models.utils.load_state_dict_from_url": Gone(
        "torch.hub.load_state_dict_from_url", "torchvision 0.10", same=True
    ),
    # others
    "PIL.Image.ANTIALIAS": Gone("PIL.Image.LANCZOS", "Pillow 9.5", same=True),
    "PIL.PILLOW_VERSION": Gone("PIL.__version__", "Pillow 8.4", same=True),
    "skimage.measure.compare_ssim": Gone(
        "skimage.metrics.structural_similarity", "scikit-image 0.17"
    ),
    "skimage.measure.compare_psnr": Gone(
        "skimage.metrics.peak_signal_noise_ratio", "scikit-image 0.17"
    ),
    "skimage.measure.compare_mse": Gone("skimage.metrics.mean_squared_error", "scikit-image 0.17"),
    "sklearn.externals.joblib": Gone("joblib", "scikit-learn 0.22", same=True),
    "sklearn.cross_validation": Gone("sklearn.model_selection", "scikit-learn 0.19"),
}


def found(name: str) -> Gone | None:
    """The entry for a dotted name; that of what it was in, where all of that has moved."""
    known = GONE.get(name)
    if known is not None:
        return known
    above, _, last = name.rpartition(".")
    whole = GONE.get(above)
    if whole is None:
        return None
    moved = f"{whole.successor}.{last}" if whole.same else ""
    return Gone(moved, whole.last, whole.same)


def is_module(name: str) -> bool:
    """Whether something is known to have been in it."""
    return any(known.startswith(f"{name}.") for known in GONE)


def thing(successor: str) -> Any:
    """What a dotted name means, or a tuple of such.

    Raises ImportError or AttributeError where this environment does not have it either.
    """
    if successor.startswith("("):
        return tuple(thing(each.strip()) for each in successor.strip("()").split(","))
    parts = successor.split(".")
    for length in range(len(parts), 0, -1):
        module = sys.modules.get(".".join(parts[:length])) or _imported(".".join(parts[:length]))
        if module is not None:
            value: Any = module
            for part in parts[length:]:
                value = getattr(value, part)
            return value
    raise ImportError(successor)


def _imported(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def shown(successor: str) -> str:
    """A successor as people write it."""
    return successor.replace("builtins.", "")


def words(name: str, installed: str) -> str:
    """`scipy 1.17.1 has no scipy.signal.kaiser (scipy.signal.windows.kaiser now)`."""
    gone = found(name) or Gone()
    if gone.successor:
        known = f" (now {shown(gone.successor)})"
    else:
        known = f" ({gone.last} had it)" if gone.last else ""
    return f"{installed} has no {name}{known}"
