"""A process of ours dies, or stands still."""

import signal

from tarazu.app.drills.rehearsal import Rehearsal
from tarazu.app.drills.stories.beginnings import (
    Book,
    entry_adopted,
    entry_cancelled,
    holding,
    stop_stays,
)
from tarazu.app.supervision.programs import MAIN, WATCHDOG


def main_killed(drill: Rehearsal) -> None:
    """It is back before the watchdog, which waits for 10 s, takes its entries from the market."""
    book = holding(drill)
    deaths = drill.deaths(MAIN)
    before = drill.kill(MAIN)
    drill.restarted_once(MAIN, before, deaths)
    _goes_on(drill, book)
    entry_adopted(drill, book)
    drill.ends_flat()


def main_hung(drill: Rehearsal) -> None:
    """It has a pid and does nothing: only its missing work shows it. That takes 8 s, and its entries go before it is
    back."""
    book = holding(drill)
    deaths = drill.deaths(MAIN)
    before = drill.kill(MAIN, signal.SIGSTOP)
    entry_cancelled(drill, book)
    drill.restarted_once(MAIN, before, deaths)
    _goes_on(drill, book)
    drill.ends_flat()


def watchdog_killed(drill: Rehearsal) -> None:
    book = holding(drill, resting=False)
    deaths = drill.deaths(WATCHDOG)
    before = drill.kill(WATCHDOG)
    drill.restarted_once(WATCHDOG, before, deaths)
    stop_stays(drill, book)
    drill.books_agree()
    drill.ends_flat()


def _goes_on(drill: Rehearsal, book: Book) -> None:
    stop_stays(drill, book)
    drill.books_agree()
