"""The `tarazu` command. Names and help are here; what a command needs is imported when it is called."""

import gc
import sys

# What a command imports stays to its end. Looking through it for garbage at every 700 new objects, Python's default, is
# a tenth of a short command; 50,000 are more than any short one makes, and one that goes on collects from there on.
gc.set_threshold(50_000)

import click  # noqa: E402

from tarazu.cli.tree import tree  # noqa: E402

# DESIGN 11: 64 is a misuse of the command line, 70 a bug of ours.
EXIT_USAGE, EXIT_BUG, EXIT_INTERRUPTED = 64, 70, 130


def main() -> None:
    """Run the command line and leave with its exit code.

    With nothing left to the garbage collector: at the end of a process it looks twice through all that was imported,
    which is a tenth of a short command, and what it would free goes back to the kernel by itself.
    """
    code = _code()
    gc.freeze()
    sys.exit(code)


def _code() -> int:
    try:
        code = tree.main(prog_name="tarazu", standalone_mode=False)
    except click.UsageError as misuse:
        misuse.show()
        return EXIT_USAGE
    except click.ClickException as refused:
        refused.show()
        return refused.exit_code
    except (click.Abort, KeyboardInterrupt):
        return EXIT_INTERRUPTED
    except Exception:  # noqa: BLE001 - the last line of the process: whatever it was is shown, with its own code
        import traceback

        traceback.print_exc()
        print("tarazu: this is a bug of tarazu; please report it with the trace above", file=sys.stderr)
        return EXIT_BUG
    return code if isinstance(code, int) else 0
