"""What a run, a bulk run or a list of rules has to say, as one documented and versioned format.

JSON is these objects encoded; text, HTML and the tables of SQLite are made from the same. All text
in them is valid Unicode: what the user's files or the operating system had otherwise is escaped.
"""

from typing import Annotated, Any, Literal

import msgspec

from torchscript_fix.report.described import described
from torchscript_fix.report.import_parts import ImportRoot, MissingPackage, NotImported

SCHEMA_VERSION = 2
"""Counted up where a field goes away or changes its meaning, not where one is added."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a document."""


class Tool(Part, frozen=True, kw_only=True):
    """Which program wrote the document."""

    version: str
    torch: Annotated[str | None, described("Version of torch beside the program, if any.")]
    libcst: str
    python: str


class Change(Part, frozen=True, kw_only=True):
    """A file that changes."""

    path: Annotated[str, described("Relative to `root`, with forward slashes.")]
    added: Annotated[int, described("Lines that are new.")]
    removed: Annotated[int, described("Lines that go.")]
    patch: Annotated[
        str,
        described(
            "Unified diff, as git prints it; bytes that are not UTF-8 are shown as \\xNN, so for "
            "such a file only the patch that the program itself wrote can be applied."
        ),
    ]


SafetyName = Literal["safe", "narrowing", "changes-checkpoints"]
StandingName = Literal["verified", "partial", "unverified"]


class MadeRewrite(Part, frozen=True, kw_only=True):
    """A rewrite that is in the result."""

    rule: str
    path: str
    line: Annotated[int, described("1-based, in the file as it was before.")]
    function: Annotated[str, described("Qualified name of the function or class that changes.")]
    summary: Annotated[str, described("What now stands there, in one line.")]
    safety: SafetyName
    standing: Annotated[
        StandingName,
        described(
            "verified: a case that reaches it is fixed; partial: cases reach it, and none of them "
            "is fixed yet; unverified: no case reaches it."
        ),
    ]
    cases: Annotated[list[str], described("Names of the cases that reach it.")]


class HeldBack(Part, frozen=True, kw_only=True):
    """A place that a rule recognised and left alone."""

    rule: str
    path: str
    line: int
    function: str
    reason: str
    decided_by: Annotated[str | None, described("What would settle it, such as a --case.")]


class TakenBack(Part, frozen=True, kw_only=True):
    """A rewrite that was tried and is not in the result."""

    rule: str
    path: str
    line: int
    function: str
    summary: str
    reason: str


class Problem(Part, frozen=True, kw_only=True):
    """Something that could not be done with one file, which is left as it was."""

    path: str
    line: int | None
    reason: str
    advice: str
    needed: Annotated[
        bool, described("False where it decides nothing: no case needs the file, nobody named it.")
    ] = True


class Place(Part, frozen=True, kw_only=True):
    """A line of the user's code."""

    path: str
    line: int


class Difference(Part, frozen=True, kw_only=True):
    """The first output, gradient or key that differs."""

    where: str
    what: str
    largest: Annotated[float | None, described("Largest distance of two numbers.")]


StageName = Literal["compile", "run", "save", "load"]


class Caller(Part, frozen=True, kw_only=True):
    """A step of the way on which the compiler came to a place."""

    path: str
    line: int
    function: str


class Diagnosis(Part, frozen=True, kw_only=True):
    """One thing that TorchScript complains of."""

    kind: Annotated[
        str, described("What `torchscript-fix explain` calls it; `other` where it has no name.")
    ]
    stage: Annotated[StageName, described("Compiling, running what compiled, saving, loading.")]
    message: Annotated[str, described("The literal words, without extracts of source.")]
    path: Annotated[str | None, described("The user's file; null where no place is shown.")]
    line: Annotated[int, described("1-based, in the file as it was before; 0 without a path.")]
    function: Annotated[str, described("Qualified name of the function, or of the class.")]
    code: Annotated[str, described("What is meant there; of a statement with a body its head.")]
    model: Annotated[str, described("Class of the module that was being compiled.")]
    outside: Annotated[
        str, described("Package, version, file and line, where it is not in the user's files.")
    ]
    chain: Annotated[list[Caller], described("Who called it, innermost first.")]
    next: Annotated[str, described("What a person does where no rule helps.")] = ""


VerdictName = Literal[
    "already-scriptable",
    "fixed",
    "compiles",
    "still-failing",
    "behaviour-changed",
    "checkpoint-changed",
    "cannot-build",
    "cannot-run",
    "timed-out",
    "crashed",
]
FoundName = Literal["declared", "written", "recorded", "deduced"]


class Case(Part, frozen=True, kw_only=True):
    """One model, one call of it, and what happened."""

    name: str
    found: Annotated[
        FoundName,
        described(
            "declared: --case; written: --cases; recorded: --run; deduced: found in the source."
        ),
    ]
    how: Annotated[str, described("How it was recorded or deduced; empty where the user said it.")]
    arguments: Annotated[
        list[str], described("The command line's options that name this case, where there are any.")
    ]
    verdict: VerdictName
    message: Annotated[str, described("The compiler's or Python's words, in the user's files.")]
    error: Annotated[
        str, described("The first line of `message`, names and numbers blanked: equal for equal.")
    ]
    place: Annotated[Place | None, described("Where in the user's files the message points to.")]
    before: Annotated[VerdictName, described("The verdict of the code as it was.")]
    before_message: str
    before_error: str
    difference: Difference | None
    seconds: Annotated[dict[str, float], described("By stage, such as `original eval`.")]
    runs: Annotated[bool, described("False where the model is only built and compiled.")] = True
    diagnoses: Annotated[
        list[Diagnosis], described("What was complained of last; empty where all is well.")
    ] = []
    before_diagnoses: Annotated[
        list[Diagnosis], described("What was complained of in the code as it was.")
    ] = []
    rounds: Annotated[int, described("How many texts were compiled on the way.")] = 0
    tried: Annotated[list[str], described("Rules whose rewrites reach the case.")] = []
    model: Annotated[
        str | None,
        described(
            "Qualified class of what was built, `package.module.Class`; the module of a script "
            "that is run is the script's path, dotted. Null where nothing was built."
        ),
    ] = None
    parameters: Annotated[
        int | None, described("Elements of the parameters of what was built, all together.")
    ] = None
    whole: Annotated[
        bool | None,
        described(
            "Whether what was built is a whole network: it has parameters, is no loss, and a "
            "script, notebook, README or doc builds it by its own name, or no other nn.Module "
            "under the paths makes or takes one. Null in reports of schema version 1."
        ),
    ] = None


Deed = Literal["shown", "checked", "written", "failed"]


class Run(Part, frozen=True, kw_only=True, tag_field="kind", tag="run"):
    """What one run over some paths found, made and proved."""

    schema_version: int
    tool: Tool
    root: Annotated[
        str,
        described(
            "Absolute; paths that lie below it are relative to it. In a bulk run the repository's "
            "own path or URL, and all paths are those of its commit."
        ),
    ]
    deed: Annotated[Deed, described("What was done with the changes.")]
    verified: Annotated[bool, described("False with --no-verify.")]
    files: Annotated[int, described("Python files looked at.")]
    changes: list[Change]
    rewrites: list[MadeRewrite]
    held_back: list[HeldBack]
    taken_back: list[TakenBack]
    cases: list[Case]
    problems: list[Problem]
    notes: list[str]
    import_roots: Annotated[
        list[ImportRoot],
        described("The folders that modules are imported from, that of the packages first."),
    ] = []
    stand_ins: Annotated[
        list[str],
        described(
            "What had inert stand-ins: packages that are not installed and, with a dot, names that "
            "an installed one does not have."
        ),
    ]
    left_over: Annotated[bool, described("Whether something is left to do: exit code 1.")]
    missing_packages: Annotated[
        list[MissingPackage],
        described(
            "What the files import and the interpreter lacks, stood in for or not; not asked with "
            "--no-verify."
        ),
    ] = []
    install: Annotated[
        str | None,
        described("The command that installs those that are needed and known; null where none is."),
    ] = None
    models: Annotated[int, described("Classes that are an nn.Module in the files.")] = 0
    not_imported: Annotated[
        list[NotImported], described("Modules that `--cases` files were not asked with.")
    ] = []
    time_limits: Annotated[
        list[str],
        described(
            "What a time limit ended, such as `exploring net:Net (160 s)`: another run may find "
            "otherwise. Empty where no clock decided anything."
        ),
    ] = []


RepositoryVerdict = Literal[
    "fixed",
    "partly-fixed",
    "already-scriptable",
    "compiles",
    "still-failing",
    "no-running-network",
    "no-running-case",
    "no-model",
    "timed-out",
    "crashed",
    "refused",
]


class Repository(Part, frozen=True, kw_only=True):
    """What became of one repository of a bulk run."""

    name: Annotated[str, described("owner/name where the origin tells it; unique in the run.")]
    source: Annotated[str, described("The path or URL it was taken from.")]
    commit: Annotated[str | None, described("The commit that was looked at.")]
    verdict: Annotated[
        RepositoryVerdict,
        described(
            "Of its networks: the cases that are `whole`, and those that the user named. fixed: "
            "some network is fixed and none is left; partly-fixed: some is fixed and some is not; "
            "already-scriptable: every network that runs was before; still-failing: networks run "
            "and none is fixed; no-running-network: cases run, and none of them is a whole "
            "network; compiles: models compile that could not be run; no-running-case: there are "
            "models, and none could be built and run; no-model: no nn.Module in it; "
            "timed-out, crashed: of the repository as a whole; refused: it could not be cloned or "
            "read."
        ),
    ]
    message: Annotated[str, described("Why, in one line or a few; empty where all is well.")]
    error: Annotated[str, described("`message` with names and numbers blanked.")]
    patch: Annotated[str | None, described("File of the patch, relative to the run's folder.")]
    branch: Annotated[str | None, described("The branch that was made, with --branch.")]
    written: Annotated[bool, described("Whether the clone was rewritten in place.")]
    seconds: float
    peak_memory: Annotated[
        int, described("Bytes of all its processes together, looked at about once a second.")
    ]
    tries: Annotated[int, described("How often it was begun; more than once where a worker died.")]
    run: Run | None


class Campaign(Part, frozen=True, kw_only=True, tag_field="kind", tag="campaign"):
    """What `torchscript-fix bulk` did."""

    schema_version: int
    tool: Tool
    started: Annotated[str, described("ISO 8601, UTC.")]
    finished: Annotated[str | None, described("ISO 8601, UTC; null while it is under way.")]
    options: Annotated[dict[str, Any], described("What decides the results, as it was given.")]
    sandbox: Annotated[bool, described("False where it ran with --sandbox off.")]
    total: Annotated[int, described("Repositories, those not done yet included.")]
    repositories: list[Repository]


class RuleEntry(Part, frozen=True, kw_only=True):
    """One rule, as `torchscript-fix rules` lists it."""

    name: str
    also_known_as: Annotated[list[str], described("Names that it had before, still taken.")]
    summary: str
    safety: SafetyName
    messages: Annotated[list[str], described("What the compiler says where the rule helps.")]


class Rules(Part, frozen=True, kw_only=True, tag_field="kind", tag="rules"):
    """The rules there are."""

    schema_version: int
    tool: Tool
    rules: list[RuleEntry]


Document = Run | Campaign | Rules


def encode(document: Document | Part) -> bytes:
    """Indented JSON, ended by a newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decode(data: bytes) -> Document:
    """The document that `encode` wrote. Raises msgspec.ValidationError or DecodeError."""
    document: Document = msgspec.json.decode(data, type=Document)
    return document


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of every document."""
    made = msgspec.json.schema(Document)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"torchscript-fix, schema version {SCHEMA_VERSION}",
        **made,
    }
