"""A click group whose commands are imported when they are looked at."""

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """`lazy` maps a command's name to (module that has `command`, one line of help).

    `sections` orders the help of a group with many commands: (heading, names). What is in none comes last.
    """

    def __init__(
        self,
        *args: Any,
        lazy: Mapping[str, tuple[str, str]],
        sections: Sequence[tuple[str, Sequence[str]]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy
        self._sections = sections

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self._lazy]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return super().get_command(ctx, cmd_name)
        command: click.Command = importlib.import_module(self._lazy[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing the lazy ones."""
        told = self._told()
        named = {name for _, names in self._sections for name in names}
        rest = [name for name in told if name not in named]
        width = max(map(len, told), default=0)
        for heading, names in (*self._sections, ("More" if self._sections else "Commands", rest)):
            if rows := [(name.ljust(width), told[name]) for name in names if name in told]:
                with formatter.section(heading):
                    formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """As click has it, without importing what is only named: a TAB is to be quick."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in self._told().items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def _told(self) -> dict[str, str]:
        """Every command with its line of help."""
        told = {name: command.get_short_help_str(LINE) for name, command in sorted(self.commands.items())}
        return told | {name: text for name, (_, text) in self._lazy.items()}


LINE = 120
"""Characters of a command's line of help, before the terminal breaks it."""
