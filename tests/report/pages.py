"""Campaigns to make pages of: realistic ones, and ones that try to become markup or script."""

import random
from typing import Any

from torchscript_fix.report import document, import_parts
from torchscript_fix.report.page.advice import VERDICTS

TOOL = document.Tool(version="1.2.3", torch="2.13.0", libcst="1.9.0", python="3.11.7")
BAD_NAME = "<img src=x onerror=alert(1)>"
RULES = ("enumerate-module-list", "hoist-conditional-layer", "optional-argument")

HOSTILE = (
    BAD_NAME,
    "</script><script>alert(2)</script>",
    "<!--",
    "]]>",
    '" onclick="alert(3)" x="',
    "' onfocus='alert(4)",
    "\u2028\u2029\u202e\u2066\u200b\ufeff\x00\x07\x1b[31m\x7f\x85\xad",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&amp;#60;",
    "javascript:alert(5)",
    "two\nlines\r\n",
    "x" * 20_000,
    "&\U000e0041\ud7ff𝒳é漢字",
)


def campaign(total: int, **changed: Any) -> document.Campaign:
    """A bulk run without its repositories."""
    fields: dict[str, Any] = {
        "schema_version": document.SCHEMA_VERSION,
        "tool": TOOL,
        "started": "2026-01-02T03:04:05Z",
        "finished": "2026-01-02T04:04:05Z",
        "options": {},
        "sandbox": True,
        "total": total,
        "repositories": [],
    }
    return document.Campaign(**(fields | changed))


def repository(name: str, **changed: Any) -> document.Repository:
    """A repository in which nothing was found."""
    fields: dict[str, Any] = {
        "name": name,
        "source": f"https://example.org/{name}",
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "verdict": "no-model",
        "message": "",
        "error": "",
        "patch": None,
        "branch": None,
        "written": False,
        "seconds": 1.25,
        "peak_memory": 700_000_000,
        "tries": 1,
        "run": None,
    }
    return document.Repository(**(fields | changed))


def run(**changed: Any) -> document.Run:
    """A run that found nothing."""
    fields: dict[str, Any] = {
        "schema_version": document.SCHEMA_VERSION,
        "tool": TOOL,
        "root": "/scratch/clone",
        "deed": "shown",
        "verified": True,
        "files": 12,
        "changes": [],
        "rewrites": [],
        "held_back": [],
        "taken_back": [],
        "cases": [],
        "problems": [],
        "notes": [],
        "stand_ins": [],
        "left_over": False,
    }
    return document.Run(**(fields | changed))


def case(name: str, **changed: Any) -> document.Case:
    """A case that compiled as it was."""
    fields: dict[str, Any] = {
        "name": name,
        "found": "deduced",
        "how": "arguments from argparse in train.py, input from the first convolution",
        "arguments": ["--case", name, "--input", "torch.rand(1, 3, 64, 64)"],
        "verdict": "already-scriptable",
        "message": "",
        "error": "",
        "place": None,
        "before": "already-scriptable",
        "before_message": "",
        "before_error": "",
        "difference": None,
        "seconds": {"original build": 0.4, "original eval": 0.1, "rewrite script": 0.7},
    }
    return document.Case(**(fields | changed))


def diagnosis(**changed: Any) -> document.Diagnosis:
    """What stops a list that is unpacked."""
    fields: dict[str, Any] = {
        "kind": "list-size",
        "stage": "compile",
        "message": "cannot statically infer the expected size of a list in this context",
        "path": "net.py",
        "line": 12,
        "function": "Net.forward",
        "code": "*sizes",
        "model": "Net",
        "outside": "",
        "chain": [],
    }
    return document.Diagnosis(**(fields | changed))


def hostile_repository(text: str) -> document.Repository:
    """That text everywhere that a repository has a say."""
    place = document.Place(path=text, line=1)
    where = {"rule": RULES[0], "path": text, "line": 1, "function": text}
    body = "".join(f"+{line}\n-{line}\n {line}\n" for line in text.split("\n"))
    return repository(
        text,
        source=text,
        commit=text,
        verdict="partly-fixed",
        message=text,
        error=text,
        patch=f"patches/{text}.patch",
        branch=text,
        run=run(
            root=text,
            changes=[
                document.Change(
                    path=text,
                    added=1,
                    removed=1,
                    patch=f"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n{body}",
                )
            ],
            rewrites=[
                document.MadeRewrite(
                    **where, summary=text, safety="safe", standing="verified", cases=[text]
                )
            ],
            held_back=[document.HeldBack(**where, reason=text, decided_by=text)],
            taken_back=[document.TakenBack(**where, summary=text, reason=text)],
            cases=[
                case(
                    text,
                    how=text,
                    arguments=["--case", text],
                    verdict="behaviour-changed",
                    message=text,
                    error=text,
                    place=place,
                    before="still-failing",
                    before_message=f"before {text}",
                    before_error=text,
                    difference=document.Difference(where=text, what=text, largest=0.5),
                    seconds={text: 1.5},
                    diagnoses=[
                        diagnosis(
                            kind=text,
                            message=text,
                            path=text,
                            function=text,
                            code=text,
                            model=text,
                            outside=text,
                        )
                    ],
                    rounds=2,
                    tried=[text],
                ),
                case("ok", verdict="fixed", before="still-failing"),
            ],
            problems=[document.Problem(path=text, line=1, reason=text, advice=text)],
            notes=[text],
            import_roots=[
                import_parts.ImportRoot(folder=text, why=text),
                import_parts.ImportRoot(folder=text, why=text, names=[text]),
            ],
            stand_ins=[text],
            missing_packages=[
                import_parts.MissingPackage(
                    name=text, file=text, line=1, requirement=text, optional=False
                )
            ],
            install=text,
            time_limits=[text],
        ),
    )


# ------------------------------------------------------------------------------------- realistic

LINES = (
    "        self.context_conv = nn.Conv2d(width, width, 1) if self.use_context else None",
    "    def forward(self, x, skip: Optional[torch.Tensor] = None):",
    "            assert self.context_conv is not None",
    "            x = F.interpolate(x, skip.size()[2:], mode='bilinear', align_corners=False)",
    "        for i, merge in enumerate(self.merges):",
    "            y = self.merges[i](y, skips[i], context)",
    "        # Features of the last stage, coarsest first",
    "        return torch.sigmoid(self.score(y))",
    "",
)
MESSAGE = """\
RuntimeError: Expected integer literal for index but got a variable or non-integer. \
ModuleList/Sequential indexing is only supported with integer literals. For example, 'i = 4; \
self.layers[i](x)' will fail because i is not a literal. Enumeration is supported, e.g. \
'for index, v in enumerate(self): out = v(inp)':
  File "/scratch/clone/networks/decoder{0}.py", line {1}
        skips = features[:-1][::-1]
        for i in range(len(skips)):
            y = self.merges[i](y, skips[i], context)
                ~~~~~~~~~~~~~~ <--- HERE
        y = self.score(self.last(y))
        return torch.sigmoid(y)
"""
ERRORS = (
    "RuntimeError: Expected integer literal for index but got a variable or non-integer.",
    "RuntimeError: … is not defined in the false branch:",
    "ModuleNotFoundError: No module named '…'",
    "RuntimeError: Could not export Python function call '…'.",
)


def realistic_repository(number: int) -> document.Repository:
    """As a real one of middle size: +70 −40 lines in three files, 5 to 50 cases."""
    chance = random.Random(number)
    name = f"owner{number % 17}/network-{number}"
    cases = [_realistic_case(chance, each) for each in range(chance.randint(5, 50))]
    names = [each.name for each in cases]
    return repository(
        name,
        verdict=VERDICTS[number % 3],
        patch=f"patches/{name.replace('/', '+')}.patch",
        error=ERRORS[number % len(ERRORS)] if number % 3 == 2 else "",
        seconds=10 + chance.random() * 60,
        run=run(
            changes=[_change(chance, each) for each in range(3)],
            rewrites=[
                document.MadeRewrite(
                    rule=RULES[each % 3],
                    path=f"networks/decoder{each % 3}.py",
                    line=10 + 7 * each,
                    function=f"Decoder{each % 4}.forward",
                    summary=f"for i, merge in enumerate(self.merges{each})",
                    safety="narrowing" if each % 5 == 0 else "safe",
                    standing="verified" if each % 3 else "partial",
                    cases=chance.sample(names, 2),
                )
                for each in range(20)
            ],
            held_back=[
                document.HeldBack(
                    rule=RULES[2],
                    path="networks/encoder.py",
                    line=20 + each,
                    function="Encoder.forward",
                    reason=f"the type of mask{each} is not known: nothing in the path shows it",
                    decided_by="a --case that calls Encoder.forward",
                )
                for each in range(4)
            ],
            cases=cases,
        ),
    )


def _realistic_case(chance: random.Random, number: int) -> document.Case:
    name = f"networks.decoder{number % 3}:build_model(width={16 * number})"
    ending = chance.choice(("fixed", "fixed", "still-failing", "already-scriptable", "cannot-run"))
    if ending == "already-scriptable":
        return case(name)
    message = MESSAGE.format(chance.randint(0, 1), 118)
    still = ending != "fixed"
    return case(
        name,
        verdict=ending,
        message=message if still else "",
        error=ERRORS[0] if still else "",
        before="cannot-run" if ending == "cannot-run" else "still-failing",
        before_message=message,
        before_error=ERRORS[0],
    )


def _change(chance: random.Random, number: int) -> document.Change:
    """Eight hunks with three lines around each."""
    hunks, added, removed = [], 0, 0
    for hunk in range(4):
        lines = [" " + chance.choice(LINES) for _ in range(3)]
        for _ in range(3):
            lines.append("-" + chance.choice(LINES))
            removed += 1
        for _ in range(6):
            lines.append("+" + chance.choice(LINES))
            added += 1
        lines += [" " + chance.choice(LINES) for _ in range(3)]
        start = 10 + 40 * hunk
        hunks.append(f"@@ -{start},9 +{start},12 @@\n" + "\n".join(lines) + "\n")
    path = f"networks/decoder{number}.py"
    return document.Change(
        path=path,
        added=added,
        removed=removed,
        patch=f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n" + "".join(hunks),
    )
