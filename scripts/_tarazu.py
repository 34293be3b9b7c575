"""How a script finds tarazu: in the Python that runs it, else in the `.venv` that `make setup` made beside scripts/."""

import importlib.util
import os
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
VENV = CHECKOUT / ".venv"
EXIT_BROKEN = 70  # no verdict of any command (DESIGN 11)


def run(*verb: str) -> None:
    """Run `tarazu VERB` with the script's own arguments after it, and leave with its exit code."""
    if importlib.util.find_spec("tarazu") is None:
        _run_again_in_venv()
    from tarazu.cli import main

    sys.argv = ["tarazu", *verb, *sys.argv[1:]]
    main()


def _run_again_in_venv() -> None:
    """Become the same script in the checkout's own Python; leaves when there is none, or when this is it."""
    python = VENV / "bin" / "python"
    if Path(sys.prefix).resolve() == VENV.resolve() or not python.exists():
        print(f"tarazu is not installed for {sys.executable}; run: make -C {CHECKOUT} setup", file=sys.stderr)
        sys.exit(EXIT_BROKEN)
    os.execv(python, [str(python), *sys.argv])


if __name__ == "__main__":  # of the .sh scripts: the verb is in the arguments
    run()
