"""What travels between the coordinator and the process of one repository: JSON of limited size."""

import hashlib
from typing import Literal

import msgspec

from torchscript_fix.report.document import Part, Repository

LARGEST_ANSWER = 256 << 20
"""Bytes of JSON that are taken from the process of one repository."""


class Options(Part, frozen=True, kw_only=True):
    """What decides the result of a repository."""

    rules: list[str]
    verify: bool = True
    safety: str = "narrowing"
    rounds: int = 20
    only_fixed: bool = False
    keep_partial: bool = False
    hoist: Literal["when-needed", "always"] = "when-needed"
    python: str | None = None
    stub_missing: bool = True
    max_cases: int = 20
    timeout: float = 300.0
    """Seconds for one stage of a case, such as one run."""
    case_memory: int | None = None
    """Bytes for one side of a case; None for half of what its repository may have, or of what the
    machine has where that is less."""
    sandbox: bool = True
    """Whether nothing is done where bubblewrap does not work."""
    write: bool = False
    branch: str | None = None
    allow_dirty: bool = False
    seconds: float = 7200.0
    """For a repository as a whole."""
    memory: int = 8 << 30
    """Bytes that all processes of a repository may have together."""
    disk: int = 8 << 30
    """Bytes that a repository's scratch folder may hold."""
    processes: int = 400

    def digest(self, versions: str) -> str:
        """Equal for equal options and versions: what was done under another one is done again."""
        told = msgspec.json.encode(self, order="sorted") + versions.encode()
        return hashlib.sha256(told).hexdigest()[:16]


class Order(Part, frozen=True, kw_only=True):
    """One repository to be done."""

    key: int
    name: str
    slug: str
    """The name as a file can be called: of the patch, of the clone."""
    source: str
    """The path or URL as it is shown: without passwords."""
    location: bytes
    """The path or URL as it is used."""
    is_url: bool
    pin: str | None
    """The commit that is wanted; HEAD where it is None."""
    options: Options
    committer: str
    """`Name <mail>`, for --branch."""
    scratch: str | None
    """Folder for scratch folders; the machine's own where it is None."""
    clones: str | None
    """Folder to clone to; the scratch folder where it is None."""


Fate = Literal["done", "lost", "disk-full"]


class Answer(Part, frozen=True, kw_only=True):
    """What came of an order."""

    fate: Fate
    """lost: its process was killed by somebody else, so another may do better."""
    repository: Repository | None = None
    patch: bytes | None = None
    message: str = ""


def decoded_order(data: bytes) -> Order:
    """Raises msgspec.ValidationError or DecodeError."""
    return msgspec.json.decode(data, type=Order)


def decoded_answer(data: bytes) -> Answer:
    """Raises msgspec.ValidationError or DecodeError."""
    return msgspec.json.decode(data, type=Answer)


def failed(
    order: Order,
    verdict: Literal["timed-out", "crashed", "refused"],
    message: str,
    error: str,
    *,
    commit: str | None = None,
    seconds: float = 0.0,
) -> Repository:
    """The result of a repository that has no Run to show."""
    return Repository(
        name=order.name,
        source=order.source,
        commit=commit,
        verdict=verdict,
        message=message,
        error=error,
        patch=None,
        branch=None,
        written=False,
        seconds=round(seconds, 3),
        peak_memory=0,
        tries=1,
        run=None,
    )
