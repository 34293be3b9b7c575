"""The watchdog as a process: its lock, its signals, its exit codes.

0: asked to stop. 2: cannot begin, and a person has to do something. 4: another one runs. 64: settings or arguments that
cannot be used. 70: a bug. 75 (try again): the broker is somewhere else now, or the clock of the sim profile has gone.
"""

import logging
import signal
import time
from contextlib import closing

from tarazu.app.broker_address import NoAddress
from tarazu.app.config.running import note_settings
from tarazu.app.home import Home
from tarazu.app.redacted_logs import conceal_in_logs
from tarazu.app.settings import Settings
from tarazu.app.watchdog.process import EXIT_BUG, Watchdog
from tarazu.runtime.writer_lock import SecondWriter, WriterLock

log = logging.getLogger("tarazu.watchdog")

EXIT_CANNOT, EXIT_SECOND = 2, 4


def run(home: Home, settings: Settings) -> int:
    """Run in this process until SIGTERM or SIGINT; returns the exit code. Logs go to stderr, in UTC."""
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.Formatter.converter = time.gmtime
    conceal_in_logs()  # of every secret this process comes to read
    try:
        home.make()
        alone = home.run / "watchdog"
        alone.mkdir(mode=0o700, exist_ok=True)
        with closing(WriterLock(alone)):
            note_settings(home, "watchdog", settings)
            return _run(home, settings)
    except SecondWriter as second:
        log.error("another watchdog runs: %s. Look: tarazu status; end it: tarazu down watchdog", second)
        return EXIT_SECOND
    except (NoAddress, OSError) as cannot:
        log.error("the watchdog cannot run: %s", cannot)
        return EXIT_CANNOT
    except Exception as bug:
        log.critical("the watchdog ends at once: a bug, please report it with this log", exc_info=bug)
        return EXIT_BUG


def _run(home: Home, settings: Settings) -> int:
    running = Watchdog(home, settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.stop())
    if settings.metrics.port is None:
        return running.run()
    from tarazu.app.metrics.serve import start_metrics  # a server that most desks do not have

    close = start_metrics(home, settings.metrics.port)
    try:
        return running.run()
    finally:
        close()
