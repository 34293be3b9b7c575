"""`python -m tarazu.app.watchdog [--profile P]`: what the supervisor runs. People use `tarazu up watchdog`."""

import argparse
import sys

from tarazu.app.home import BadProfile, home
from tarazu.app.settings import BadSettings, read_settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tarazu.app.watchdog", description=__doc__)
    parser.add_argument("--profile")
    try:
        where = home(parser.parse_args().profile)
        settings = read_settings(where.settings_file)
    except (BadProfile, BadSettings) as bad:
        print(f"watchdog: {bad}", file=sys.stderr)
        return 64
    except OSError as bad:
        print(f"watchdog: the settings cannot be read: {bad}", file=sys.stderr)
        return 2
    from tarazu.app.watchdog.running import run  # the broker's adapter, which a bad argument need not wait for

    return run(where, settings)


if __name__ == "__main__":
    raise SystemExit(main())
