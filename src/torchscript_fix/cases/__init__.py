"""Cases as the user gave them, or as they were found: data alone, nothing is run here."""

from torchscript_fix.cases.absent import NotThere
from torchscript_fix.cases.declared import (
    CaseError,
    DeclaredCase,
    parse_declared,
    with_method,
)
from torchscript_fix.cases.deduced import DeducedCase
from torchscript_fix.cases.recorded import Call, RecordedCommand, parse_command
from torchscript_fix.cases.saved import SavedCases, read_saved
from torchscript_fix.cases.written import WrittenCases

__all__ = [
    "Call",
    "CaseError",
    "DeclaredCase",
    "DeducedCase",
    "NotThere",
    "RecordedCommand",
    "SavedCases",
    "WrittenCases",
    "parse_command",
    "parse_declared",
    "read_saved",
    "with_method",
]
