"""Other processes for the tests of the database: one that dies in mid-transaction, one whose files may not grow."""

import os
import random
import resource
import signal
import sys
import threading
import time
from pathlib import Path

from tarazu.app.database import database_file
from tarazu.app.database.projector import Projector
from tarazu.app.database.thread import ProjectionThread
from tarazu.app.home import Home, Profile


def die_in_a_transaction(home: Home, seed: int) -> None:
    """Follow the journal in batches of a few entries, and be gone at some instruction of SQLite's."""
    chance = random.Random(seed)
    projector = Projector(home.journal, database_file(home), batch_entries=chance.randrange(1, 30))
    projection = projector._open()
    assert projection is not None
    left = chance.randrange(1, 300)

    def died() -> bool:
        nonlocal left
        left -= 1
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return False

    projection._connection.set_progress_handler(died, 20)
    projector.catch_up()
    projector.close()


def small_disk(home: Home, limit_bytes: int) -> None:
    """A thread that projects while no file may grow beyond `limit_bytes`, and then while they may."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    heard = threading.Event()

    def on_trouble(is_well: bool, text: str) -> None:
        print("WELL" if is_well else f"TROUBLE {text}", flush=True)
        heard.set()

    thread = ProjectionThread(home, on_trouble, every_s=0.02, retry_s=0.02)
    thread.start()
    assert heard.wait(60), "no trouble was told of"
    time.sleep(0.3)  # it goes on trying
    heard.clear()
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert heard.wait(60), "it was not told that all is well"
    assert thread.stop(30)


if __name__ == "__main__":
    small_disk(Home(Profile.SIM, Path(sys.argv[1])), int(sys.argv[2]))
