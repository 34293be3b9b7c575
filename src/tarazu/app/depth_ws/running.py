"""depth_ws as a process: its lock, its signals, its exit codes.

0: asked to stop. 2: cannot begin, and a person has to do something. 4: another one runs. 75 (try again): the broker is
somewhere else now.
"""

import asyncio
import logging
import signal
import time
from contextlib import closing

from tarazu.app.broker_address import NoAddress
from tarazu.app.config.running import note_settings
from tarazu.app.depth_ws.process import DepthWs
from tarazu.app.home import Home
from tarazu.app.redacted_logs import conceal_in_logs
from tarazu.app.settings import Settings
from tarazu.model.calendar import NotCovered
from tarazu.runtime.writer_lock import SecondWriter, WriterLock

log = logging.getLogger("tarazu.depth_ws")

EXIT_CANNOT, EXIT_SECOND = 2, 4


def run(home: Home, settings: Settings) -> int:
    """Run in this process until SIGTERM or SIGINT; returns the exit code. Logs go to stderr, in UTC."""
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.Formatter.converter = time.gmtime
    conceal_in_logs()  # of every secret this process comes to read
    home.make()
    try:
        with closing(WriterLock(home.run)):  # of the health file; the day's log has its own
            note_settings(home, "depth_ws", settings)
            return asyncio.run(_run(home, settings))
    except SecondWriter as second:
        log.error("another depth_ws runs: %s", second)
        return EXIT_SECOND
    except (NoAddress, NotCovered, OSError) as cannot:
        log.error("depth_ws cannot run: %s", cannot)
        return EXIT_CANNOT


async def _run(home: Home, settings: Settings) -> int:
    running = DepthWs(home, settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stop)
    return await running.run()
