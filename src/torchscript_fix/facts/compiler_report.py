"""What TorchScript writes when something fails, read back: its words, and the places it shows.

The form is that of `ErrorReport` and `SourceRange::print_with_context` in PyTorch
(torch/csrc/jit/frontend): the words, then `File "...", line N`, an extract of the source with
`~~~ <--- HERE` below the code that is meant, and in the same form who called what it stands in.
The interpreter (torch/csrc/jit/runtime/interpreter.cpp) has it the other way round: the places,
outermost first, and then the words.
"""

import re
from dataclasses import dataclass, field, replace

PLACE = re.compile(r'^ *File "(?P<file>[^"\n]+)", line (?P<line>\d+)(?:, in (?P<name>\S+))?')
_MARKS = re.compile(r"^(?P<space> *)(?P<marks>~+)(?P<here> <--- HERE)?$")
_CALLED = re.compile(r"^'[^'\n]*'( \w+)? is being compiled since it was called from '[^'\n]*'\s*$")
_USED = re.compile(r"^and was used here:\s*$")
_ORIGINAL_CALL = re.compile(r"^The original call is:\s*$")
_TRACEBACK = re.compile(r"^Traceback of TorchScript(, \w+ code)? \(most recent call last\):\s*$")
_RAISED = re.compile(r"^(\w[\w.]*\.)?(\w+Error|\w+Exception|\w*Stop\w+|Exception|Error)(: |$)")
_CPP_STACK = re.compile(r"\n(Exception raised from |frame #0: |C\+\+ CapturedTraceback:).*", re.S)
_UNIT = re.compile(r" \(of Python compilation unit at: (0x)?[0-9a-fA-F…]+\)")
_MANGLED = re.compile(r"___torch_mangle_\d+\.")
_VALUE = re.compile(r"^Value: .*?^(?=Declaration: )", re.M | re.S)
_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]+\b")

CONTEXT = 3
"""Lines of source that are shown around what is meant."""


@dataclass(frozen=True)
class Mark:
    """A run of `~`: how many lines below the first line that has one, and which bytes of it."""

    below: int
    start: int
    end: int


@dataclass(frozen=True)
class Shown:
    """One place that the compiler shows."""

    file: str
    line: int
    name: str
    """As the interpreter names the function; "" in what the compiler says."""
    marks: tuple[Mark, ...]
    """Empty where the compiler's own range has no width, as for a comprehension."""
    calls: bool
    """Whether it is shown for calling what stands before it."""


@dataclass(frozen=True)
class Report:
    """One error, read."""

    words: str
    """Without extracts, addresses and the stack of the C++ code."""
    shown: tuple[Shown, ...]
    """Innermost first."""
    ran: bool = False
    """Whether it is the interpreter that says so, and not the compiler."""


@dataclass
class _Reading:
    words: list[str] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    calls: bool = False
    ran: bool = False


def read_report(message: str) -> Report:
    """Take a message apart. Whatever it is, it has words; it may show no place."""
    lines = _CPP_STACK.sub("", message).split("\n")
    reading = _Reading()
    number = 0
    while number < len(lines):
        line = lines[number]
        if PLACE.match(line):
            shown, number = _shown(lines, number, reading.calls)
            reading.shown.append(shown)
            continue
        number += 1
        if _TRACEBACK.match(line):
            # Of several, the one of the code as the user wrote it comes last.
            reading.ran, reading.shown, reading.words = True, [], []
        elif _CALLED.match(line):
            reading.calls = True
        elif _USED.match(line):
            reading.calls = False
        elif not reading.shown or reading.ran:
            reading.words.append(line)
    if reading.ran:
        backwards = reading.shown[::-1]
        shown_all = [replace(each, calls=index > 0) for index, each in enumerate(backwards)]
        return Report(_raised(reading.words), tuple(shown_all), True)
    return Report(_plain(reading.words), tuple(reading.shown))


def _shown(lines: list[str], number: int, calls: bool) -> tuple[Shown, int]:
    """The place whose head is at `number`, and the number of the line after its extract."""
    place = PLACE.match(lines[number])
    assert place is not None
    number += 1
    marks: list[Mark] = []
    code = 0
    last = False
    while number < len(lines) and not _ends_extract(lines[number], bool(marks)):
        found = _MARKS.match(lines[number])
        if found is None:
            code += 1 if marks else 0
        else:
            start = len(found["space"])
            marks.append(Mark(code, start, start + len(found["marks"])))
            last = found["here"] is not None
        number += 1
        if last:
            break
    shown = Shown(place["file"], int(place["line"]), place["name"] or "", tuple(marks), calls)
    return shown, number + _context(lines[number:]) if last else number


def _ends_extract(line: str, marked: bool) -> bool:
    glue = (PLACE, _CALLED, _USED, _TRACEBACK)
    return any(each.match(line) for each in glue) or (not marked and bool(_RAISED.match(line)))


def _context(lines: list[str]) -> int:
    """How many of the lines after the marks still belong to the extract."""
    for number, line in enumerate(lines[:CONTEXT]):
        if not line or _ends_extract(line, False):
            return number
    return min(CONTEXT, len(lines))


def _raised(lines: list[str]) -> str:
    """What the interpreter says below its traceback."""
    for number, line in enumerate(lines):
        if _RAISED.match(line):
            return _plain(lines[number:])
    return _plain(lines)


def _plain(lines: list[str]) -> str:
    """Words without what differs from one process to the next."""
    kept = [line for line in lines if not _ORIGINAL_CALL.match(line)]
    text = "\n".join(kept).strip()
    text = re.sub(r"\s*:?\s*\Z", "", text.removesuffix("SourceRange at:"))
    for noise in (_VALUE, _UNIT, _MANGLED):
        text = noise.sub("", text)
    return _ADDRESS.sub("at 0x…", text)


_STARTS = re.compile(r"^\s*(\w+\.)*\w*(Error|ErrorReport): ?(?P<rest>.*)$")


def reports_in(text: str) -> list[Report]:
    """The errors in a text that somebody pasted, in its order and each once.

    Tracebacks of Python around them, prompts and the margins of pytest are left away.
    """
    lines = [line.removeprefix("E ").rstrip() for line in text.splitlines()]
    starts: list[int] = []
    running = False
    for number, line in enumerate(lines):
        if _TRACEBACK.match(line.strip()):
            running = True  # its words come last, and begin like an error of their own
        elif _STARTS.match(line):
            if not running:
                starts.append(number)
            running = False
    if not starts:
        return [read_report("\n".join(lines))]
    found = [_pasted(lines[a:b]) for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]
    return list(dict.fromkeys(found))


def _pasted(lines: list[str]) -> Report:
    """One error of a pasted text, without the name of Python's class before its words."""
    start = _STARTS.match(lines[0])
    assert start is not None
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    rest = [line[margin:] for line in lines[1:]]
    end = next((n for n, line in enumerate(rest) if line.startswith(_BEHIND)), len(rest))
    return read_report("\n".join([start["rest"], *rest[:end]]))


_BEHIND = (
    "During handling of the above exception",
    "The above exception was the direct cause",
    "Traceback (most recent call last)",
    ">>> ",
    "$ ",
    "=====",
)
"""What follows an error in a terminal or a log."""
