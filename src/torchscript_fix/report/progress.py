"""Progress bars on standard error, for work that takes long enough to wonder."""

import itertools
import sys
import time
from types import TracebackType
from typing import Any

import click

from torchscript_fix.terminal import printable

PATIENCE = 1.0
"""Seconds of one stage before a bar is shown."""


class Bars:
    """One bar after the other, one for each stage. Where standard error is no terminal: none."""

    def __init__(self) -> None:
        self._visible = sys.stderr.isatty()
        self._bar: Any = None
        self._name = ""
        self._total: int | None = None
        self._done = 0
        self._began = 0.0

    def __enter__(self) -> "Bars":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def stage(self, name: str, total: int | None) -> None:
        """A stage begins, of `total` steps where that is known."""
        self._close()
        self._name, self._total, self._done, self._began = name, total, 0, time.monotonic()

    def step(self, what: str) -> None:
        """One step of the stage is done."""
        self._done += 1
        if not self._visible:
            return
        if self._bar is None:
            if time.monotonic() - self._began < PATIENCE:
                return
            self._open()
        self._bar.update(1, what)

    def _open(self) -> None:
        self._bar = click.progressbar(
            length=self._total,
            iterable=itertools.count() if self._total is None else None,
            label=self._name,
            item_show_func=lambda what: printable(str(what or ""))[:40],
            file=sys.stderr,
        ).__enter__()
        self._bar.update(self._done - 1)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None
