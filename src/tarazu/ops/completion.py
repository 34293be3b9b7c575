"""`tarazu completion SHELL`: what makes a shell complete the names of commands, options and their values."""

import click

SHELLS = ("bash", "zsh", "fish")
EXAMPLES = """
\b
Examples:
  eval "$(tarazu completion bash)"                               in ~/.bashrc: bash 4.4 or newer
  eval "$(tarazu completion zsh)"                                in ~/.zshrc, after compinit
  tarazu completion fish > ~/.config/fish/completions/tarazu.fish
"""


@click.command("completion", epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> int:
    """Print the lines that a shell reads at its start; from then on TAB completes commands, options and their values.

    Changes nothing. The lines ask the `tarazu` of the PATH, so that they outlive an upgrade.

    Exit code 0: printed.
    """
    click.echo(script(shell))
    return 0


def script(shell: str) -> str:
    """click's own, for the name `tarazu`. The check of bash's version is left to bash: it may be another than ours."""
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root().command
    found = get_completion_class(shell)
    assert found is not None, f"click knows {shell}"
    complete = found(root, {}, "tarazu", "_TARAZU_COMPLETE")
    return complete.source_template % complete.source_vars()
