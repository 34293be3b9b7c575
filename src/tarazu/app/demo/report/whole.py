"""The demo's day as one HTML page that needs nothing else: no network, no script; for screens by day and night, paper
and a telephone. Every number on it comes from DemoTold."""

from pathlib import Path

from tarazu.app.demo.report import curves, incident, lanes, story, tables
from tarazu.app.demo.told import DemoTold
from tarazu.app.pages.sheet import sheet
from tarazu.app.pages.tables import tiles
from tarazu.model import ist
from tarazu.model.units import SECOND_NS

TEMPLATE = Path(__file__).with_name("report.html")


def page(told: DemoTold) -> str:
    """HTML, in UTF-8; `files` are linked relative to the demo's folder, where the page is to be kept."""
    word, style = story.verdict(told)
    market, broken, end = story.sentences(told)
    words = {
        "NAME": story.title(told),
        "ABOUT": story.about(told),
        "WORD": word,
        "STYLE": style,
        "MARKET": market,
        "BROKEN": broken,
        "END": end,
        "STEP_COUNT": f"{len(told.steps):,}",
        "EVENT_COUNT": f"{len(told.happened):,}",
        "MADE": f"tarazu {told.version} · began {ist.stamp(round(told.began_epoch * SECOND_NS))} IST · {told.home}",
    }
    parts = {
        "TILES": tiles(story.figures(told)),
        "PRICE": curves.price(told),
        "RESULT": curves.result(told),
        "DRAWDOWN": curves.drawdown(told),
        "LAG": curves.lag(told),
        "PROCESSES": lanes.processes(told),
        "STEPS": lanes.steps(told),
        "INCIDENT": incident.waterfall(told),
        "FILLS": tables.fills(told),
        "INSTRUMENTS": tables.by_instrument(told),
        "BOOKS": tables.books(told),
        "LIMITS": tables.limits(told),
        "PROOFS": tables.proofs(told),
        "STEP_TABLE": tables.step_table(told),
        "EVENTS": tables.events(told),
        "NEXT": tables.ways_on(told),
        "FILES": tables.files(told),
    }
    return sheet(TEMPLATE, f"tarazu demo · {told.day}", words, parts)
