"""What goes wrong in a demo, and what must come of it; the reflexes are the desk's, the playbook is the operator's."""

from datetime import date

from tarazu.app.demo.incidents.story import Story
from tarazu.app.demo.told import Chapter, Kind
from tarazu.app.drills.stories.strangers import SEQUENCE
from tarazu.app.runbook.book.model import Expect
from tarazu.app.supervision.programs import DEPTH_WS, MAIN
from tarazu.engine.phase import Phase
from tarazu.model.units import SECOND_NS
from tarazu.orders.client_order_id import ClientOrderId

STALE_S = 5.0
"""Promised: a silent stall is told within this (docs/feed.md)."""
_SLOW_S = 3.0
"""What a machine that does much else may add to a promise, in what is measured from outside."""


def nothing(story: Story) -> None:
    """A day without one."""


def mute_feed(story: Story) -> None:
    """The connections that are up say nothing any more, heartbeats included; those that are dialled anew are well."""
    broker = story.broker
    began_s, began_ns = story.diary.now_s(), story.diary.market_ns()
    for each in broker.admin("GET", "/status")["connections"]:
        broker.strike("ws.freeze", match={"connection": str(each["connection"])})
    story.fault("every connection of the feed falls silent: no frame, no heartbeat, and the sockets stay up")
    stale = story.until(
        "incident.stale", "FEED_STALE is told", lambda: story.seen(Kind.FEED, "FEED_STALE", began_s), STALE_S + _SLOW_S
    )
    after_s = (stale.market_ns - began_ns) / SECOND_NS
    within = f"within {STALE_S:g} s of the market, by the feed's own log: {after_s:.2f} s"
    story.holds("incident.stale_in_time", within, 0 <= after_s <= STALE_S)
    story.until("incident.blocked", "no entry is taken: REDUCE_ONLY", lambda: story.is_in(Phase.REDUCE_ONLY))
    story.chapters.runbook(Chapter.INCIDENT, "sev2-feed-stale")
    story.until("incident.recovered", "FEED_RECOVER is told", lambda: story.seen(Kind.FEED, "FEED_RECOVER", began_s))
    story.over("the feed's new process dialled anew, and is served")
    story.until("incident.again", "entries are taken again", lambda: story.is_in(Phase.ACTIVE))


def feed_killed(story: Story) -> None:
    began_s = story.diary.now_s()
    before = story.kill(DEPTH_WS)
    story.until("incident.restarted", "depth_ws is another process", lambda: _another(story, DEPTH_WS, before))
    story.over(f"the supervisor has started {DEPTH_WS} again")
    story.chapters.runbook(Chapter.INCIDENT, "sev2-feed-stale")
    story.until("incident.recovered", "every required feed is fresh", story.is_fresh)
    story.until("incident.told", "it was written down", lambda: story.seen(Kind.PROCESS, DEPTH_WS, began_s))
    story.until("incident.again", "entries are taken again", lambda: story.is_in(Phase.ACTIVE))


def main_killed(story: Story) -> None:
    before = story.kill(MAIN)
    story.until("incident.restarted", "main is another process", lambda: _another(story, MAIN, before))
    story.over(f"the supervisor has started {MAIN} again")
    story.until("incident.again", "its books agree, and entries are taken", lambda: story.is_in(Phase.ACTIVE))
    story.chapters.command(
        Chapter.INCIDENT,
        "status",
        "bash scripts/status_live_stack.sh",
        Expect(exit=(0, 1), matches=(r"^main\s+RUNNING\s+\d+",)),
    )
    story.holds("incident.once", "it was started again exactly once", story.supervision.state(MAIN).restarts == 1)


def hard_halt(story: Story) -> None:
    """An order that looks like ours, to the last check of its tag, and of no intent."""
    health = story.until("incident.trades", "main runs", story.health)
    tag = ClientOrderId(date.fromisoformat(health.day), health.epoch, SEQUENCE).tag
    _by_hand(story, tag)
    story.fault(f"an order under the desk's tag {tag}, which nobody here has decided")
    story.until("incident.halted", "HARD_HALT", lambda: story.is_in(Phase.HALTED))
    known = story.until("incident.open", "an incident is open", lambda: story.open_incident("HARD_HALT", "NO_INTENT"))
    story.chapters.runbook(Chapter.INCIDENT, "sev1-hard-halt", known.id)
    flat = story.chapters.command(
        Chapter.INCIDENT,
        "flatten",
        'python scripts/flatten_positions.py --live --yes --reason "an order that nobody decided"',
        Expect(exit=(0,), starts="FLAT"),
    )
    story.holds("incident.flat", "flat by the broker's own books", not flat.missed, flat.first_line)
    story.over("everything is left; the desk stays halted until a person has looked into it")
    # Its journal is to have what the flatten has done, before the day is closed.
    story.chapters.command(Chapter.INCIDENT, "main", "tarazu up main", Expect(exit=(0, 1)))
    story.until("incident.stays", "main is HALTED again, and its books are the broker's", lambda: _halted_flat(story))


def _by_hand(story: Story, tag: str) -> None:
    broker = story.broker
    rows = [row for row in broker.instruments() if (row["name"], row["instrument_type"]) == ("NIFTY", "FUT")]
    future = min(rows, key=lambda row: row["expiry"])
    broker.place_by_hand(
        exchange="NFO",
        tradingsymbol=future["tradingsymbol"],
        transaction_type="BUY",
        quantity=int(future["lot_size"]),
        product="NRML",
        order_type="MARKET",
        market_protection=-1,
        tag=tag,
    )


def _halted_flat(story: Story) -> bool:
    health = story.health()
    return health is not None and health.phase is Phase.HALTED and not any(place.qty for place in health.positions)


def _another(story: Story, name: str, before: int) -> bool:
    return story.supervision.state(name).pid not in (None, before)
