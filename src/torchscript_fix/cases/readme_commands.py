"""The options that READMEs pass to a repository's scripts: `python train.py --config a.yaml`."""

import ast
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from torchscript_fix.cases.settings import Setting
from torchscript_fix.facts.nodes import nodes_in

MOST_COMMANDS = 200
README = 1
"""The order of such a setting: after the script's own default, before configuration files."""

_COMMAND = re.compile(r"(?:^|[\s`$>])(?:python[\d.]*|torchrun|accelerate launch)\s+(?P<rest>.+)")
_PLACEHOLDER = re.compile(r"[<>\[\]{}$*]|\.\.\.|path[/_]to|your[-_ ]|^/")
_NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


def readme_settings(
    readmes: Mapping[Path, str], trees: Mapping[Path, ast.Module]
) -> Iterator[tuple[str, Setting]]:
    """Name and value of the options that are passed, by the names that the scripts give them."""
    flags = dict(_flags(trees.values())) if any(map(_COMMAND.search, readmes.values())) else {}
    for path, text in readmes.items():
        for line, words in list(_commands(text))[:MOST_COMMANDS]:
            for flag, value in _passed(words):
                name = flags.get(flag)
                if name is not None and not _PLACEHOLDER.search(value):
                    yield name, Setting(_source(value), path, line, README)


def _flags(trees: Iterable[ast.Module]) -> Iterator[tuple[str, str]]:
    """Flag to the name that argparse gives it: `-c` and `--config` to `config`."""
    for tree in trees:
        for node in nodes_in(tree):
            match node:
                case ast.Call(func=ast.Attribute(attr="add_argument"), args=args, keywords=given):
                    flags = [str(a.value) for a in args if isinstance(a, ast.Constant)]
                    flags = [flag for flag in flags if flag.startswith("-")]
                    named = [ast.literal_eval(k.value) for k in given if _is_dest(k)]
                    long = [flag for flag in flags if flag.startswith("--")]
                    name = str(named[0]) if named else "".join((long or flags)[:1])
                    for flag in flags:
                        yield flag, name.lstrip("-").replace("-", "_")


def _is_dest(keyword: ast.keyword) -> bool:
    return keyword.arg == "dest" and isinstance(keyword.value, ast.Constant)


def _commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """Line and words of each command that runs Python, lines that go on put together."""
    lines = text.split("\n")
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        while line.rstrip().endswith("\\") and number + 1 < len(lines):
            number += 1
            line = line.rstrip()[:-1] + " " + lines[number]
        number += 1
        found = _COMMAND.search(line)
        if found is not None:
            try:
                yield start + 1, shlex.split(found["rest"].strip("` "), comments=True)
            except ValueError:
                continue


def _passed(words: list[str]) -> Iterator[tuple[str, str]]:
    """Flags with the value after them; those without one are left out."""
    for index, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if flag.startswith("-") and equals:
            yield flag, value
        elif word.startswith("-") and index + 1 < len(words):
            following = words[index + 1]
            if not following.startswith("-") or _NUMBER.fullmatch(following):
                yield word, following


def _source(value: str) -> str:
    if _NUMBER.fullmatch(value) or value in ("True", "False", "None"):
        return value
    return repr(value)
