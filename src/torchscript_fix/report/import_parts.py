"""What a document says of importing: where modules come from, what is missing, what fails."""

from typing import Annotated

import msgspec

from torchscript_fix.report.described import described


class NotImported(msgspec.Struct, frozen=True, kw_only=True):
    """A module that cannot be imported, and that no case is known to need."""

    module: str
    path: str
    message: Annotated[str, described("Python's words.")]


class MissingPackage(msgspec.Struct, frozen=True, kw_only=True):
    """A top-level module that the repository imports and the interpreter lacks."""

    name: Annotated[str, described("As it is imported.")]
    file: Annotated[str, described("Where it is imported, first by path.")]
    line: int
    requirement: Annotated[
        str | None,
        described(
            "What pip is to be told (PEP 508): as the repository declares it, or from a table of "
            "well-known packages; null where neither says under which name it is published."
        ),
    ]
    optional: Annotated[
        bool,
        described(
            "Whether every file that imports it can be imported without: it catches the "
            "ImportError, or imports it in a function or only when run as a script."
        ),
    ]


class ImportRoot(msgspec.Struct, frozen=True, kw_only=True):
    """A folder that modules are imported from."""

    folder: Annotated[str, described("Relative to the root where it lies below; `.` for it.")]
    why: Annotated[str, described("What says so: a line of code, a setting, a script's place.")]
    names: Annotated[
        list[str],
        described("The first names of imports that it serves; empty where it serves any."),
    ] = []
