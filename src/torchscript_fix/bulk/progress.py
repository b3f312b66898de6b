"""How a bulk run goes: a live display on a terminal, one line a repository elsewhere."""

import time
from collections import Counter
from types import TracebackType
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from torchscript_fix.bulk.words import COLOURS, duration, in_order
from torchscript_fix.report import document
from torchscript_fix.terminal import printable


class _Tally:
    """What is done, and how fast."""

    def __init__(self) -> None:
        self.total = 0
        self.before = 0
        self.counts: Counter[str] = Counter()
        self.began = time.monotonic()

    def begin(self, total: int, counts: dict[str, int]) -> None:
        self.total = total
        self.counts = Counter({verdict: n for verdict, n in counts.items() if verdict})
        self.before = self.counts.total()
        self.began = time.monotonic()

    @property
    def done(self) -> int:
        return self.counts.total()

    def rate(self) -> float:
        """Repositories a second, those of this run."""
        return (self.done - self.before) / max(1e-9, time.monotonic() - self.began)

    def told(self) -> str:
        """`3.2/min, 12 min left`, once something is done."""
        if self.done == self.before:
            return ""
        rate = self.rate()
        left = (self.total - self.done) / rate
        return f"{rate * 60:.3g}/min" + (f", {duration(left)} left" if left >= 1 else "")


class Lines:
    """Plain lines, for logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._tally = _Tally()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None: ...

    def _say(self, line: str) -> None:
        print(line, file=self._stream, flush=True)  # the stream is given

    def begin(self, total: int, counts: dict[str, int]) -> None:
        self._tally.begin(total, counts)
        before = f", {self._tally.before} of them done before" if self._tally.before else ""
        self._say(f"{total} repositories{before}")

    def sent(self, name: str) -> None: ...

    def done(self, result: document.Repository) -> None:
        tally = self._tally
        tally.counts[result.verdict] += 1
        told = tally.told()
        self._say(
            f"[{tally.done}/{tally.total}] {printable(result.name)}: {result.verdict}, "
            f"{result.seconds:.1f} s" + (f" ({told})" if told else "")
        )

    def lost(self, name: str, reason: str) -> None:
        self._say(
            f"{printable(name)}: its worker was lost ({printable(reason)}); it is tried again"
        )


class Display:
    """A bar, the verdicts so far, and what runs now."""

    def __init__(self, console: Console, jobs: int) -> None:
        self._tally = _Tally()
        self._jobs = jobs
        self._running: dict[str, float] = {}
        self._live = Live(
            console=console, refresh_per_second=2, transient=True, get_renderable=self._shown
        )

    def __enter__(self) -> "Display":
        self._live.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.__exit__(kind, error, traceback)

    def begin(self, total: int, counts: dict[str, int]) -> None:
        self._tally.begin(total, counts)

    def sent(self, name: str) -> None:
        self._running[name] = time.monotonic()

    def done(self, result: document.Repository) -> None:
        self._running.pop(result.name, None)
        self._tally.counts[result.verdict] += 1

    def lost(self, name: str, reason: str) -> None:
        self._running.pop(name, None)
        self._live.console.print(
            Text(f"{printable(name)}: its worker was lost ({printable(reason)})", style="yellow")
        )

    def _shown(self) -> Group:
        tally = self._tally
        head = Table.grid(padding=(0, 2))
        head.add_row(
            Text("Repositories"),
            ProgressBar(total=max(1, tally.total), completed=tally.done, width=40),
            Text(f"{tally.done}/{tally.total}"),
            Text(tally.told()),
        )
        counts = Text()
        for verdict, count in in_order(tally.counts):
            counts.append(f"{count} {verdict}   ", style=COLOURS.get(verdict, ""))
        running = list(self._running)[: self._jobs]  # the others wait for their turn
        names = ", ".join(printable(name) for name in running)
        return Group(head, counts, Text(names, style="dim", no_wrap=True, overflow="ellipsis"))
