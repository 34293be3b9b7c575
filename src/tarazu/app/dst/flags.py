"""The flags that the commands about simulated days share."""

import click

AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
JOBS_FLAG = click.option(
    "--jobs", type=click.IntRange(1, 256), default=2, show_default=True, metavar="J", help="Processes."
)
IDLE_FLAG = click.option("--idle", is_flag=True, help="Only on cores that nothing else wants.")
SIZE_FLAG = click.option(
    "--size", type=click.Choice(["full", "long", "small"]), default="full", show_default=True, help="Of a day."
)
