"""main as a process: its lock, its signals, its exit codes.

0: asked to stop. 2: cannot begin, and a person has to do something. 4: another one runs. 70: a bug, 74: the journal's
disk, or what else of the machine fails during the day; both at once, with nothing half done. 75 (try again): the day is
over, or the broker is somewhere else now.
"""

import asyncio
import logging
import os
import signal
import time
from contextlib import closing

from tarazu.adapters.signing import BadKeyFile
from tarazu.app.broker_address import NoAddress
from tarazu.app.config.running import note_settings
from tarazu.app.home import Home
from tarazu.app.main.build import build
from tarazu.app.main.permission import leave_of_the_gate, why_not
from tarazu.app.main.process import EXIT_BUG, Main
from tarazu.app.main.strategies import BadStrategy
from tarazu.app.redacted_logs import conceal_in_logs
from tarazu.app.settings import Settings
from tarazu.engine.codec import BadPayload
from tarazu.journal.checkpoint import BadNote
from tarazu.model.calendar import NotCovered
from tarazu.runtime.journal_reader import BrokenChain
from tarazu.runtime.journal_state import BadEpochFile, JournalDamaged
from tarazu.runtime.writer_lock import SecondWriter, WriterLock

log = logging.getLogger("tarazu.main")

EXIT_CANNOT, EXIT_SECOND = 2, 4


def run(home: Home, settings: Settings) -> int:
    """Run in this process until SIGTERM or SIGINT; returns the exit code. Logs go to stderr, in UTC."""
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.Formatter.converter = time.gmtime
    conceal_in_logs()  # of every secret this process comes to read
    leave = leave_of_the_gate(home, settings, build(), time.time_ns())
    if refusal := why_not(home.profile, os.environ) or leave.refusal:
        log.error("main does not run: %s", refusal)
        return EXIT_CANNOT
    if leave.entries_off:
        log.error("main looks after what is held, entries are off: %s", leave.entries_off)
    home.make()
    alone = home.run / "main"
    alone.mkdir(mode=0o700, exist_ok=True)
    try:
        with closing(WriterLock(alone)):  # of health file and inbox; the journal has its own
            note_settings(home, "main", settings)
            return asyncio.run(_run(home, settings, leave.entries_off))
    except SecondWriter as second:
        log.error("another main runs: %s. Look: tarazu engine status; end it: tarazu down main", second)
        return EXIT_SECOND
    except (JournalDamaged, BrokenChain) as damaged:
        log.error("main cannot run: %s; nothing was changed. Look: tarazu audit verify --all", damaged)
    except BadPayload as strange:
        log.error("main cannot run: the journal is of another version: %s. Look: tarazu audit show", strange)
    except (BadStrategy, NoAddress, NotCovered, BadEpochFile, BadKeyFile, BadNote, OSError) as cannot:
        log.error("main cannot run: %s", cannot)
    except Exception as bug:  # beside the day or before it; those of the day have been told
        log.critical("main ends at once: a bug, please report it with this log", exc_info=bug)
        return EXIT_BUG
    return EXIT_CANNOT


async def _run(home: Home, settings: Settings, entries_off: str) -> int:
    running = Main(home, settings, entries_off)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.stop)
    return await running.run()
