"""A click group with a command that needs no name: `torchscript-fix PATH` beside `torchscript-fix
rules`. What follows is a command if it is called like one, an option of the group if it is one, and
belongs to the default command otherwise; `--help` and completion show the default's options, too.
"""

from typing import Any

import click
from click.shell_completion import CompletionItem

NAMELESS = ""


class SectionOption(click.Option):
    """An option that `--help` lists under a heading of its own."""

    def __init__(self, *args: Any, section: str = "Options", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section

    def get_help_extra(self, ctx: click.Context) -> "click.types.OptionHelpExtra":
        extra = super().get_help_extra(ctx)
        extra.pop("range", None)  # "x>=0" says nothing that an error does not say better
        return extra


class _NamelessContext(click.Context):
    """A context whose usage line names the program alone."""

    @property
    def command_path(self) -> str:
        return super().command_path.rstrip()


class DefaultCommand(click.Command):
    """The command of a GroupWithDefault that is meant where no command is named."""

    context_class = _NamelessContext

    def __init__(self, name: str | None, **kwargs: Any) -> None:
        super().__init__(NAMELESS, **kwargs)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        assert ctx.parent is not None
        ctx.parent.command.format_help(ctx.parent, formatter)


class GroupWithDefault(click.Group):
    """A group that takes what is no command's name for the arguments of its default command."""

    default: DefaultCommand

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        if isinstance(cmd, DefaultCommand):
            self.default = cmd
        else:
            super().add_command(cmd, name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.default if cmd_name == NAMELESS else super().get_command(ctx, cmd_name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {name for param in self.get_params(ctx) for name in param.opts}
        if args and args[0] not in self.commands and args[0] not in own:
            args = [NAMELESS, *args]
        return super().parse_args(ctx, args)

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, " ".join(self.default.collect_usage_pieces(ctx)))
        for name, command in sorted(self.commands.items()):
            pieces = [name, *(p.make_metavar(ctx) for p in command.params if _is_argument(p))]
            formatter.write_usage(ctx.command_path, " ".join(pieces), prefix="       ")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in (*self.default.params, *self.get_params(ctx)):
            record = param.get_help_record(ctx)
            if record is not None and not _is_argument(param):
                section = param.section if isinstance(param, SectionOption) else "Options"
                sections.setdefault(section, []).append(record)
        for section, records in sections.items():
            with formatter.section(section):
                formatter.write_dl(records)
        self.format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        completions: list[CompletionItem] = []
        with self.default.make_context(NAMELESS, [], parent=ctx, resilient_parsing=True) as context:
            # An item that stands for "paths" empties what the shell has so far: it goes first.
            if not incomplete.startswith("-"):
                for param in filter(_is_argument, self.default.params):
                    completions += param.shell_complete(context, incomplete)
            completions += self.default.shell_complete(context, incomplete)
        known = {item.value for item in completions}
        own = super().shell_complete(ctx, incomplete)
        return completions + [item for item in own if item.value not in known]


def _is_argument(param: click.Parameter) -> bool:
    return isinstance(param, click.Argument)
