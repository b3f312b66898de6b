"""Whether the patches of a bulk run hold: each applies to its recorded commit, and in the patched
clone every case that was `fixed` passes on its own.

    python benchmarks/bulk_patches.py DIR

DIR is what `torchscript-fix bulk … --out DIR` wrote. Each patched clone is given to a
`torchscript-fix` of its own, which must call the case already scriptable; and where nothing that
the repository imports is missing, plain Python scripts the model, too, with nothing of ours
imported.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PLAIN = """
import sys, torch
sys.path.insert(0, ".")
import importlib
names = vars(importlib.import_module({module!r}))
torch.manual_seed(0)
model = eval({expression!r}, dict(names)).eval()
def call(*args, **kwargs):
    return args, kwargs
torch.manual_seed(0)
args, kwargs = eval("call(" + {inputs!r} + ")", {{"torch": torch, **names, "call": call}})
torch.manual_seed(0)
eager = model(*args, **kwargs)
scripted = torch.jit.script(model)
torch.manual_seed(0)
again = scripted(*args, **kwargs)
def leaves(value):
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if not isinstance(value, (list, tuple)):
        return []
    return [leaf for item in value for leaf in leaves(item)]
pairs = list(zip(leaves(eager), leaves(again), strict=True))
assert pairs and all(torch.equal(a, b) or torch.allclose(a, b, equal_nan=True) for a, b in pairs)
"""


def main() -> None:
    """Print a line for each patch, and a table at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder of a bulk run")
    folder = parser.parse_args().folder.resolve()
    report = json.loads((folder / "report.json").read_bytes())
    counts: dict[str, int] = {}
    for repository in report["repositories"]:
        if repository["patch"] is None:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            for what, good, words in checks(repository, folder, Path(scratch)):
                key = f"{what}: {'good' if good else 'BAD'}"
                counts[key] = counts.get(key, 0) + 1
                if not good:
                    print(f"{repository['name']}: {what}: {words}", flush=True)
    print("\n".join(f"{count:6} {key}" for key, count in sorted(counts.items())))
    sys.exit(any(key.endswith("BAD") for key in counts))


def checks(repository: dict[str, Any], folder: Path, scratch: Path) -> list[tuple[str, bool, str]]:
    """(what was checked, whether it holds, words) of one repository."""
    clone = scratch / "clone"
    source = Path(repository["source"])
    if not source.exists():
        source = folder / "clones" / repository["name"].replace("/", "+")
    run("git", "clone", "-q", "--shared", "--no-checkout", str(source), str(clone))
    run("git", "-C", str(clone), "read-tree", repository["commit"])
    # Not checked: a partial clone lacks files, and the patch must do without them.
    run("git", "-C", str(clone), "checkout-index", "-a", "-q", check=False)
    patch = str(folder / repository["patch"])
    applied = run("git", "-C", str(clone), "apply", "--check", patch, check=False)
    found = [("git apply --check", applied.returncode == 0, applied.stderr)]
    if applied.returncode:
        return found
    run("git", "-C", str(clone), "apply", patch)
    stand_ins = repository["run"]["stand_ins"]
    for case in repository["run"]["cases"]:
        if case["verdict"] == "fixed":
            found.append(by_ourselves(case, clone))
            if case["arguments"][:1] == ["--case"] and not stand_ins:
                found.append(in_plain_python(case, clone))
    return found


def by_ourselves(case: dict[str, Any], clone: Path) -> tuple[str, bool, str]:
    """What a run of its own says of one case in the patched clone."""
    command = [
        *(sys.executable, "-m", "torchscript_fix", ".", "--format", "json", "--stub-missing")
    ]
    done = run(*command, *case["arguments"], cwd=clone, check=False)
    try:
        cases = json.loads(done.stdout)["cases"]
    except ValueError:
        return "a run of its own", False, done.stderr[-500:]
    told = [each for each in cases if each["name"] in (case["name"], case["arguments"][1])]
    good = [each["verdict"] for each in told] == ["already-scriptable"]
    return "a run of its own", good, f"{case['name']}: {told or cases}"


def in_plain_python(case: dict[str, Any], clone: Path) -> tuple[str, bool, str]:
    """Whether the model scripts and gives eager's outputs with nothing of ours imported."""
    module, _, expression = case["arguments"][1].partition(":")
    code = PLAIN.format(
        module=module, expression=expression, inputs=", ".join(case["arguments"][3::2])
    )
    done = run(sys.executable, "-W", "ignore", "-c", code, cwd=clone, check=False)
    return "plain Python", done.returncode == 0, f"{case['name']}: {done.stderr[-500:]}"


def run(
    *command: str, cwd: Path | None = None, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run one command, its output kept."""
    return subprocess.run(command, cwd=cwd, check=check, capture_output=True, text=True)


if __name__ == "__main__":
    main()
