"""`python -m tarazu.app.shipping [--profile P]`: what the watchdog runs beside itself (`app.shipping.beside`).

A process of its own, and no thread: a dead mount holds whoever writes to it in the kernel, where no signal reaches
him; a watchdog so held could neither be ended nor started again. 0: asked to stop, or its watchdog is gone. 2: there is
nothing to copy to, or the home cannot be used. 4: another one runs. 64: settings that cannot be used. 70: a bug.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import time
from contextlib import closing

from tarazu.app.home import BadProfile, Home, home
from tarazu.app.settings import BadSettings, Settings, read_settings
from tarazu.runtime.writer_lock import SecondWriter, WriterLock

EXIT_CANNOT, EXIT_SECOND, EXIT_USAGE, EXIT_BUG = 2, 4, 64, 70
PARENT_S = 1.0

log = logging.getLogger("tarazu.ship")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tarazu.app.shipping", description=__doc__)
    parser.add_argument("--profile")
    parser.add_argument("--with", dest="parent", type=int, help="End when this process, our parent, is gone.")
    said = parser.parse_args()
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.Formatter.converter = time.gmtime
    try:
        where = home(said.profile)
        settings = read_settings(where.settings_file)
    except (BadProfile, BadSettings) as bad:
        print(f"ship: {bad}", file=sys.stderr)
        return EXIT_USAGE
    except OSError as bad:
        print(f"ship: the settings cannot be read: {bad}", file=sys.stderr)
        return EXIT_CANNOT
    if not settings.ship.to:
        print("ship: [ship] to is not set: there is nothing to copy to", file=sys.stderr)
        return EXIT_CANNOT
    return run(where, settings, said.parent)


def run(where: Home, settings: Settings, parent: int | None) -> int:
    alone = where.run / "ship"
    try:
        alone.mkdir(mode=0o700, parents=True, exist_ok=True)
        with closing(WriterLock(alone)):
            return _run(where, settings, parent)
    except SecondWriter as second:
        log.error("another one ships: %s", second)
        return EXIT_SECOND
    except OSError as cannot:
        log.error("shipping cannot run: %s", cannot)
        return EXIT_CANNOT
    except Exception as bug:
        log.critical("shipping ends at once: a bug, please report it with this log", exc_info=bug)
        return EXIT_BUG


def _run(where: Home, settings: Settings, parent: int | None) -> int:
    from tarazu.app.shipping.shipper import Shipper  # numpy, which a bad setting need not wait for

    shipper = Shipper(where, settings.ship)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: shipper.ending.set())
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent, shipper.ending), daemon=True).start()
    log.info("copying %s to %s", where.root, settings.ship.to)
    shipper.run()
    return 0


def _end_with(parent: int, ending: threading.Event) -> None:
    while not ending.wait(PARENT_S):
        if os.getppid() != parent:
            ending.set()


if __name__ == "__main__":
    raise SystemExit(main())
