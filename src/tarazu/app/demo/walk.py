"""The whole day of a demo: from an empty folder to its proof."""

import os
import time
from collections.abc import Callable
from datetime import date

import msgspec

from tarazu import __version__
from tarazu.app.closing.whole import write_whole
from tarazu.app.demo.looking.diary import Diary
from tarazu.app.demo.looking.quotes import Quotes
from tarazu.app.demo.market_day import market_day
from tarazu.app.demo.next import files_left
from tarazu.app.demo.options import DemoOptions, refuse
from tarazu.app.demo.place import Place, demo_place
from tarazu.app.demo.settings import settings_text
from tarazu.app.demo.told import DemoTold, Onlooker
from tarazu.app.demo.whole_day import WholeDay, in_words
from tarazu.app.runbook.book.command_line import checkout
from tarazu.app.runbook.book.source import read_source
from tarazu.app.sim_broker.options import today_ist
from tarazu.app.verdict import Check, Status

Page = Callable[[DemoTold], str]


def demo(options: DemoOptions, onlooker: Onlooker, page: Page) -> DemoTold:
    """One day, told to `onlooker` while it goes on. However it ends, `demo.json` and the report are in the folder when
    this returns or raises, and no process of it is left. Raises BadDemo before anything was touched, OSError."""
    refuse(options)
    _forget_other_desks()
    day, source, folder = market_day(options.day, options.scenario, today_ist()), read_source(), checkout()
    with demo_place(options.folder, __version__) as place:
        place.home.settings_file.write_text(settings_text(options, day))
        quotes = Quotes(place.home)
        diary = Diary(_told(options, day, place), onlooker, quotes.market_ns)
        try:
            with diary.open():
                WholeDay(options, place, diary, quotes, folder, source).whole()
        except BaseException as broken:
            told = f"the day did not come to its end: {in_words(broken)}"
            diary.told.proofs = [Check(id="demo.whole", status=Status.CRIT, code="BROKEN_OFF", detail=told)]
            raise
        finally:
            diary.told.took_s = diary.now_s()
            keep(place, diary.told, page)
        if diary.broken is not None:
            raise diary.broken
        return diary.told


def _forget_other_desks() -> None:
    """A home, a broker or a setting that the environment names is another desk's, and none of a demo's commands is to
    hear of it."""
    for name in [name for name in os.environ if name.startswith(("KITE_", "TARAZU_"))]:
        del os.environ[name]


def keep(place: Place, told: DemoTold, page: Page) -> None:
    """Raises OSError."""
    told.files = files_left(place, told)
    write_whole(place.told, msgspec.json.format(msgspec.json.encode(told)))
    write_whole(place.report, page(told).encode())


def _told(options: DemoOptions, day: date, place: Place) -> DemoTold:
    return DemoTold(
        seed=options.seed,
        scenario=options.scenario,
        incident=options.incident,
        speed=options.speed,
        day=day.isoformat(),
        home=str(place.home.root.parent),
        version=__version__,
        began_epoch=time.time(),
    )
