"""Lines a second of rewriting without verification, beside the parsers that bound it.

    python benchmarks/throughput.py PATH... [--repeat N]

Each measurement is a process of its own, one core; the fastest of N counts, in CPU seconds.
"""

import argparse
import ast
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import libcst

from torchscript_fix.discover import discover
from torchscript_fix.repair import Request, run
from torchscript_fix.rule import all_rules


class Silence:
    """Progress that nobody looks at."""

    def stage(self, name: str, total: int | None) -> None: ...

    def step(self, what: str) -> None: ...


def texts(paths: Sequence[Path]) -> Iterable[str]:
    for path in discover(paths).files:
        try:
            text = path.read_text("utf-8")
            ast.parse(text)
        except (OSError, SyntaxError, ValueError):
            continue
        yield text


def with_ast(paths: Sequence[Path]) -> float:
    return timed(ast.parse, list(texts(paths)))


def with_libcst(paths: Sequence[Path]) -> float:
    return timed(libcst.parse_module, list(texts(paths)))


def with_torchscript_fix(paths: Sequence[Path]) -> float:
    return timed(
        lambda path: run(Request((path,), all_rules(), verify=False), Silence()), list(paths)
    )


Piece = TypeVar("Piece")


def timed(work: Callable[[Piece], object], pieces: Iterable[Piece]) -> float:
    """CPU seconds for all pieces of work, whose results are dropped one by one."""
    began = time.process_time()
    for piece in pieces:
        work(piece)
    return time.process_time() - began


WAYS = {
    "ast.parse of every file": with_ast,
    "libcst.parse_module of every file": with_libcst,
    "torchscript-fix --no-verify": with_torchscript_fix,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(WAYS[options.only](options.paths))
        return
    lines = sum(text.count("\n") for text in texts(options.paths))
    files = len(discover(options.paths).files)
    print(f"{files} files, {lines} lines that Python parses\n")
    print(f"{'':36}{'seconds':>9}{'lines/s':>12}")
    for way in WAYS:
        seconds = min(in_own_process(way, options.paths) for _ in range(options.repeat))
        print(f"{way:36}{seconds:9.2f}{lines / seconds:12,.0f}")


def in_own_process(way: str, paths: Sequence[Path]) -> float:
    command = [sys.executable, __file__, "--only", way, *map(str, paths)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


if __name__ == "__main__":
    main()
