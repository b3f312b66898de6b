"""`report.json` and `report.html`, written from the state one repository at a time."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from torchscript_fix.bulk.campaign import full_or_broken
from torchscript_fix.bulk.state import State
from torchscript_fix.report import document
from torchscript_fix.report.page import write_page

JSON, HTML = "report.json", "report.html"


def write(state: State, folder: Path) -> None:
    """Write both. Raises Unusable, DiskFull."""
    campaign = state.campaign()
    try:
        with _begun(folder / JSON) as begun, begun.open("wb") as file:
            file.writelines(pieces(campaign, state.documents()))
        write_page(folder / HTML, campaign, state.repositories)
    except OSError as error:
        raise full_or_broken(error, folder) from error


def pieces(campaign: document.Campaign, repositories: Iterable[bytes]) -> Iterator[bytes]:
    """The Campaign's JSON, with its repositories, which are JSON already, bit by bit."""
    head = msgspec.json.encode(campaign)
    end = b'"repositories":[]}'
    assert head.endswith(end)
    yield head[: -len(b"]}")]
    for number, each in enumerate(repositories):
        yield (b",\n" if number else b"\n") + each
    yield b"\n]}\n"


@contextmanager
def _begun(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the other's place when all went well."""
    begun = path.with_name(f".{path.name}.begun")
    try:
        yield begun
        begun.replace(path)
    finally:
        begun.unlink(missing_ok=True)
