"""The commands for those who write rules, in a clone of this repository."""

from pathlib import Path

import click

from torchscript_fix.authoring import new_rule as beginning
from torchscript_fix.command_line import LeftOver, WrongCommand, complete_rule_names, rule_named


@click.command("new-rule")
@click.argument("name")
@click.option("--message", help="What the compiler says where the rule is to help.")
def new_rule(name: str, message: str | None) -> None:
    """Begin a rule, in a clone of this repository: its file, an example, a snippet that declines.

    The example fails until it shows what the compiler says, and until the rule answers it.
    """
    try:
        made = beginning.begin(name, message, Path.cwd())
    except beginning.CannotBegin as error:
        raise WrongCommand(str(error)) from error
    for path in made:
        click.echo(path.relative_to(Path.cwd()))
    click.echo(
        f"Next: write the example, then the rule, then 'torchscript-fix accept {name}' and "
        f"'pytest tests/test_before_after.py -k {name}'.",
        err=True,
    )


@click.command()
@click.argument("name", shell_complete=complete_rule_names)
def accept(name: str) -> None:
    """Write after.py of a rule's examples from what the rule makes of them, and show the diff.

    In a clone of this repository. Exit code 1 where the rule leaves an example alone, or an example
    cannot be run.
    """
    rule, folder = rule_named(name), Path.cwd() / "before_after"
    if not (folder / rule.name).is_dir():
        raise WrongCommand(f"{folder / rule.name} is not there: run it in a clone of ours")
    from torchscript_fix.authoring.accept import made_of, write  # noqa: PLC0415  # torch is slow

    left_alone = []
    try:
        for made in made_of(rule, folder):
            if made.is_new:
                write(made)
                click.echo(made.diff, nl=False)
            elif made.text is None:
                left_alone.append(made.example.name)
                why = "; ".join(made.reasons) or "the rule has nothing to say of it"
                click.echo(f"{made.example.name} is left alone: {why}", err=True)
    except AssertionError as error:
        raise LeftOver(f"an example cannot be run:\n{error}") from error
    if left_alone:
        raise LeftOver(f"{len(left_alone)} of the examples are left alone")
