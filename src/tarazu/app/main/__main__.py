"""`python -m tarazu.app.main [--profile P]`: what the supervisor runs. People use `tarazu up main`."""

import argparse
import sys

from tarazu.app.home import BadProfile, home
from tarazu.app.settings import BadSettings, read_settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tarazu.app.main", description=__doc__)
    parser.add_argument("--profile")
    try:
        where = home(parser.parse_args().profile)
        settings = read_settings(where.settings_file)
    except (BadProfile, BadSettings) as bad:
        print(f"main: {bad}", file=sys.stderr)
        return 64
    from tarazu.app.main.running import run  # numba and numpy, which a bad argument need not wait for

    return run(where, settings)


if __name__ == "__main__":
    raise SystemExit(main())
