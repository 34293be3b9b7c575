"""What is broken on purpose, once a demo trades: one table; each with its playbook, and what must come of it."""

from collections.abc import Callable

import msgspec

from tarazu.app.demo.incidents import stories
from tarazu.app.demo.incidents.story import Story
from tarazu.app.supervision.programs import DEPTH_WS, MAIN


class DemoIncident(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    title: str
    tell: Callable[[Story], None]
    playbook: str
    """The runbook that the operator runs; empty: none is needed."""
    dies: str = ""
    """The process that is killed by it."""
    halts: bool = False
    """Whether the desk is stopped for the day."""


_ALL = (
    DemoIncident(
        name="mute-feed",
        title="The broker's connections fall silent: the desk says it is blind, takes no entry, restarts the feed.",
        tell=stories.mute_feed,
        playbook="sev2-feed-stale",
    ),
    DemoIncident(
        name="feed-killed",
        title="kill -9 of the feed's process: started again, and entries are taken again.",
        tell=stories.feed_killed,
        dies=DEPTH_WS,
        playbook="sev2-feed-stale",
    ),
    DemoIncident(
        name="main-killed",
        title="kill -9 of the engine's process: it comes back with its books, and trades on.",
        tell=stories.main_killed,
        dies=MAIN,
        playbook="",
    ),
    DemoIncident(
        name="hard-halt",
        title="An order with the desk's tag that nobody decided: HARD_HALT, the stack is stopped, everything is left.",
        tell=stories.hard_halt,
        playbook="sev1-hard-halt",
        halts=True,
    ),
    DemoIncident(name="none", title="Nothing goes wrong.", tell=stories.nothing, playbook=""),
)

INCIDENTS = {each.name: each for each in _ALL}
