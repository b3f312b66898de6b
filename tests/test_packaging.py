"""What is installed is what is in the tree, at versions that constraints.txt pins."""

import sys
from pathlib import Path

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGE = ROOT / "src" / "torchscript_fix"


def test_every_package_is_listed() -> None:
    inits = [PACKAGE / "__init__.py", *PACKAGE.glob("**/__init__.py")]
    inits += [PACKAGE / "codemods" / "__init__.py", PACKAGE / "before_after" / "__init__.py"]
    found = {".".join(init.parent.relative_to(PACKAGE.parent).parts) for init in inits}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == found


def test_constraints_pin_what_is_required_to_a_version_that_is_allowed() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    project = PROJECT["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["test"]
    for requirement in map(Requirement, wanted):
        pinned = [pin for pin in pins if same_name(pin, requirement)]
        assert pinned, requirement
        for pin in pinned:
            (specifier,) = pin.specifier
            assert requirement.specifier.contains(specifier.version), (pin, requirement)


def same_name(one: Requirement, other: Requirement) -> bool:
    return one.name.lower().replace("_", "-") == other.name.lower().replace("_", "-")
