"""What stands in a document for something of the reader's own, and what it is in a place."""

import re
from collections.abc import Callable, Mapping

import msgspec

Facts = Mapping[str, Callable[[], str]]
"""Of a place; found out when they are asked for."""


class Placeholder(msgspec.Struct, frozen=True):
    pattern: str
    fact: str
    """Its name among a place's facts; of a place without it the text stays."""
    verb: str = ""
    """Only in a line with these words."""

    def fits(self, line: str) -> bool:
        return self.verb in line and re.search(self.pattern, line) is not None

    def fill(self, line: str, facts: Facts) -> str:
        if self.fact not in facts or not self.fits(line):
            return line
        fact = facts[self.fact]()
        return re.sub(self.pattern, lambda _: fact, line)


# In this order.
PLACEHOLDERS = (
    Placeholder(r"(?<=import )X\b", "module"),
    Placeholder(r"\b(?<=synthetic:)7x\d+", "seed"),
    Placeholder(r"(?<=--why )\.\.\.|(?<=--reason )\.\.\.", "why"),
    Placeholder(r"(?<=--profile )live\b", "profile"),
    Placeholder(r"/srv/tarazu\b", "elsewhere"),
    Placeholder(r"(?<=/mnt/second/)live\b|(?<=\bNEW/)live\b", "profile"),
    Placeholder(r"/mnt/second\b", "copy"),
    Placeholder(r"\bNEW\b", "new_home"),
    Placeholder(r"\bvar/live/clips/\S+|\bCLIP\b", "clip"),
    Placeholder(r"\bvar/live/feed/\S+", "feed"),
    Placeholder(r"\S+\.backup\.tar\b", "backup"),
    Placeholder(r"\bFILE\b", "backup", "tarazu dr"),
    Placeholder(r"\bVKEY\b|'tarazu\.local/live\+[^']*'", "verifier_key"),
    Placeholder(r"\bINC-[\w.-]+|<ID>|\bID\b", "incident"),
    Placeholder(r"\bFILE\b", "bundle", "incident verify"),
    Placeholder(r"\bAL-\.\.\.", "alert"),
    Placeholder(r"\brb-\d{8}-\d{4}\b|\bRUN\b", "run"),
    Placeholder(r"\bORDER\b|\bTAG\b", "tag"),
    Placeholder(r"\bREF\b", "held"),
    Placeholder(r"\b20\d\d-\d\d-\d\d\b(\.\.20\d\d-\d\d-\d\d\b)?", "day"),
    Placeholder(r"\bDAY\b|\bDATE\b|(?<=--date )D\b", "day"),
    Placeholder(r"(?<=--to )N\b|(?<=--from )N\b", "number"),
    Placeholder(r"(?<=--to )3\b", "version", "flags rollback"),
    Placeholder(r"@ENTRY\b", "entry"),
    Placeholder(r"\bWORD\b", "word", "engine tell"),
    Placeholder(r"\bNAME\b", "event", "feed history"),
    Placeholder(r"\bNAME\b", "strategy", "strateg"),
    Placeholder(r"\bNAME\b", "strategy", "_STRATEGY"),
    Placeholder(r"\bNAME\b", "process"),
    Placeholder(r"\bKEY\b", "setting", "config explain"),
    Placeholder(r"\bF\b", "family", "--family"),
    Placeholder(r"\bF\b", "file", "config validate"),
    Placeholder(r"\bVERSION\b", "version", "flags rollback"),
    Placeholder(r"\b3fa91c02\b", "difference", "--accept-book"),
    Placeholder(r"\b3f9a2c1b77d0\b", "plan", "--plan"),
)

SAID = {
    "why": "'a test of the documents'",
    "profile": "sim",
    "strategy": "momentum",
    "process": "depth_ws",
    "setting": "engine.settle_s",
    "family": "xgb",
    "number": "1",
    "version": "0",
    "word": "CANCEL_ENTRIES",
    "event": "feed_stale",
    "entry": "@1",
    "module": "tarazu",
    "seed": "7",
}
"""The same in every place."""


def always(text: str) -> Callable[[], str]:
    return lambda: text


ALWAYS: Facts = {name: always(text) for name, text in SAID.items()}

SUPPOSED: Facts = {
    **ALWAYS,
    "day": always("2026-11-23"),
    "tag": always("TAG"),
    "incident": always("INC-20261123-01"),
    "alert": always("AL-20261123-001"),
    "run": always("rb-20261123-0845"),
    "clip": always("."),
    "feed": always("."),
    "backup": always("FILE"),
    "bundle": always("FILE"),
    "file": always("FILE"),
}
"""Of a command that is only looked at."""


def filled(line: str, facts: Facts) -> str:
    for placeholder in PLACEHOLDERS:
        line = placeholder.fill(line, facts)
    return line
