"""Make git repositories to try a bulk run on: each of one Python file and its helper.

    python benchmarks/bulk_corpus.py FILES OUT --count 60

FILES is a folder of Python files, such as those of ParityBench; its `_paritybench_helpers.py` goes
into each repository. The same FILES and count give the same repositories, commit by commit.
"""

import argparse
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

HELPER = "_paritybench_helpers.py"
ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{role}_NAME": "corpus" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_EMAIL": "corpus@example.org" for role in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{role}_DATE": "1700000000 +0000" for role in ("AUTHOR", "COMMITTER")},
}


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=60)
    given = parser.parse_args()
    made = make(given.files, given.out, given.count)
    print(f"{len(made)} repositories in {given.out}")


def make(files: Path, out: Path, count: int) -> list[Path]:
    """The repositories of `count` files spread evenly over the folder; made where they are not."""
    chosen = spread(sorted(path for path in files.glob("*.py") if path.name != HELPER), count)
    made = []
    for path in chosen:
        folder = out / "corpus" / path.stem
        made.append(folder)
        if (folder / ".git").exists():
            continue
        folder.mkdir(parents=True)
        for source in (path, files / HELPER):
            if source.exists():
                (folder / source.name).write_bytes(source.read_bytes())
        for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
            subprocess.run(["git", "-C", str(folder), *command], env=ENVIRONMENT, check=True)
    return made


def spread(every: Sequence[Path], count: int) -> list[Path]:
    """`count` of them, evenly spaced."""
    if not every:
        raise SystemExit("there is no Python file in that folder")
    count = min(count, len(every))
    return [every[number * len(every) // count] for number in range(count)]


if __name__ == "__main__":
    main()
