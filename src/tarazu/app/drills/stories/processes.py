"""A process of ours dies, or stands still."""

import signal

from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.stories.beginnings import entry_cancelled, holding, stop_stays
from tarazu.app.supervision.programs import MAIN, WATCHDOG


def main_killed(drill: Rehearsal) -> None:
    _without_main(drill, signal.SIGKILL)


def main_hung(drill: Rehearsal) -> None:
    """It has a pid and does nothing: only its missing work shows it."""
    _without_main(drill, signal.SIGSTOP)


def watchdog_killed(drill: Rehearsal) -> None:
    book = holding(drill, resting=False)
    deaths = drill.deaths(WATCHDOG)
    before = drill.kill(WATCHDOG)
    drill.restarted_once(WATCHDOG, before, deaths)
    drill.until_active("desk.again")
    stop_stays(drill, book)
    drill.books_agree()
    drill.ends_flat()


def _without_main(drill: Rehearsal, number: signal.Signals) -> None:
    book = holding(drill)
    deaths = drill.deaths(MAIN)
    before = drill.kill(MAIN, number)
    drill.restarted_once(MAIN, before, deaths)
    stop_stays(drill, book)
    drill.until_active("desk.again")
    drill.books_agree()
    drill.ends_flat()
    entry_cancelled(drill, book)
