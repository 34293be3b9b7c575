"""`tarazu --version`: which program this is, down to the hash of what decides."""

import platform

import click

from tarazu import __version__


def version_text() -> str:
    """The first line is `tarazu VERSION`; `build` is what a journal has of the program that wrote it."""
    from tarazu.app.identity import identity
    from tarazu.app.main.build import build

    python = f"{platform.python_implementation()} {platform.python_version()}"
    rows = {"build": build(), "commit": str(identity()), "python": python, "platform": platform.platform()}
    return "\n".join([f"tarazu {__version__}", *(f"  {name:<9} {value}" for name, value in rows.items())])


def show_version(context: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    """Of the option `--version`."""
    if is_asked and not context.resilient_parsing:
        click.echo(version_text())
        context.exit()
