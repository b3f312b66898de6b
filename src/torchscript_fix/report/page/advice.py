"""What a verdict means in a few words, how good it is, and what to do next."""

from dataclasses import dataclass

from torchscript_fix.report import document


@dataclass(frozen=True)
class Meaning:
    """Of a verdict of a repository."""

    means: str
    next: str
    command: str = ""


MEANINGS: dict[document.RepositoryVerdict, Meaning] = {
    "fixed": Meaning(
        "some network is fixed, and none is left",
        "Review the diff and apply the patch; each rewrite names the case that proves it.",
        "git apply patches/OWNER+NAME.patch",
    ),
    "partly-fixed": Meaning(
        "some network is fixed, and some is not",
        "Review and take the patch: the report says what of it is proven. Then read the compiler's "
        "message of the cases that are left; what was held back often says what would decide it.",
        "torchscript-fix PATH --case 'MODULE:EXPR' --input 'EXPR' --verbose",
    ),
    "still-failing": Meaning(
        "networks run, and none of them is fixed",
        "No rule answers these messages yet, or a rule was not sure. Look at the errors that come "
        "up most: one rewrite by hand, or one new rule, settles the whole group.",
        "torchscript-fix PATH --case 'MODULE:EXPR' --input 'EXPR' --verbose",
    ),
    "compiles": Meaning(
        "models compile that could not be run",
        "Say how the model is called, so that what it computes is compared as well.",
        "torchscript-fix PATH --case 'MODULE:EXPR' --input 'torch.rand(1, 3, 224, 224)'",
    ),
    "no-running-network": Meaning(
        "parts of networks or losses run, and no whole network",
        "Say how the network is built and called: the notes name what was tried. What is known of "
        "its parts stands below.",
        "torchscript-fix PATH --case 'MODULE:EXPR' --input 'EXPR'",
    ),
    "no-running-case": Meaning(
        "there are models, and none could be built and run",
        "Say how a model is built and called, or install what it imports: the messages name it.",
        "torchscript-fix PATH --case 'MODULE:EXPR' --input 'EXPR'",
    ),
    "timed-out": Meaning(
        "the repository took longer than it was given",
        "Run it alone with more time, or try fewer models.",
        "torchscript-fix PATH --timeout 600 --max-cases 5",
    ),
    "crashed": Meaning(
        "the repository's own process ended before it could report",
        "Run it alone to see where; where torchscript-fix itself is at fault, please report it.",
        "torchscript-fix PATH --verbose",
    ),
    "refused": Meaning(
        "it could not be cloned or read",
        "The message says why. Run the same command again when it is mended: what is done is kept.",
    ),
    "already-scriptable": Meaning(
        "every network that runs compiled as it was", "Nothing to do: script it as it is."
    ),
    "no-model": Meaning(
        "no nn.Module in it", "Nothing to do, unless its models are made in an unusual way."
    ),
}
"""In the order in which they interest: what came out well, what is left to do, what is not."""

VERDICTS = tuple(MEANINGS)

COMPILES: frozenset[document.VerdictName] = frozenset({"already-scriptable", "fixed", "compiles"})
FAILS: frozenset[document.VerdictName] = frozenset(
    {"still-failing", "behaviour-changed", "checkpoint-changed"}
)
"""The others do not run here at all."""

CASE_ORDER: tuple[document.VerdictName, ...] = (
    "fixed",
    "still-failing",
    "behaviour-changed",
    "checkpoint-changed",
    "crashed",
    "timed-out",
    "cannot-run",
    "cannot-build",
    "compiles",
    "already-scriptable",
)
