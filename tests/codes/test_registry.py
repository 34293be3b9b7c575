"""Every word that the source may say is explained, and every word that is explained is said."""

import re
import shlex
from pathlib import Path

import click
import pytest

from codes import other_words, source
from tarazu.app.account.reading import Why
from tarazu.app.codes import registry
from tarazu.app.codes.document import document
from tarazu.app.codes.registry import Entry
from tarazu.app.config.fields import fields_of
from tarazu.app.runbook.book.checking import NotTaken, take
from tarazu.app.runbook.book.model import NoRunbook
from tarazu.app.runbook.book.source import read_source
from tarazu.app.settings import Settings
from tarazu.app.verdict import Exit
from tarazu.cli.tree import tree
from tarazu.engine.messages import Order
from tarazu.orders.flatten_plan import Reason
from tarazu.orders.intent import Purpose

ROOT = Path(__file__).parents[2]
PUBLISHED = Path(__file__).with_name("published.txt")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*|[A-Z0-9*]+(_[A-Z0-9*]+)+")
ID = re.compile(r"[a-z*][a-z0-9_*]*([./-][a-z0-9_*-]+)*")
ADD = "write it down in src/tarazu/app/codes/rooms (what it means, what to do), then `make codes`"


def is_written_down(word: str, rooms: tuple[str, ...] = registry.ROOMS) -> bool:
    """`NEAR_*` of the source is, where some entry is made as it is."""
    entries = [entry for entry in registry.entries() if entry.room in rooms]
    if "*" not in word:
        return any(entry.matches(word) for entry in entries)
    made, one = re.compile(".+".join(map(re.escape, word.split("*")))), word.replace("*", "x")
    return any(entry.code == word or made.fullmatch(entry.code) or entry.matches(one) for entry in entries)


CODES = tuple(room for room in registry.ROOMS if room not in ("checks", "exits"))


def test_every_code_that_the_source_gives_to_somebody_is_written_down():
    said = {word: where for word, where in source.placed("code").items() if CODE.fullmatch(word)}
    assert len(said) > 400, "the source is not read as it should be"
    known = other_words.OTHER_CODES | {"*_*"}  # made of the two that end in _WELL and _TROUBLE
    missing = {
        word: where[:3] for word, where in said.items() if word not in known and not is_written_down(word, CODES)
    }
    assert not missing, ADD


def test_every_word_that_is_written_like_a_code_is_one_or_is_on_the_list_of_others():
    missing = {
        word: where[:3]
        for word, where in source.spelled().items()
        if not word.startswith(other_words.ENVIRONMENT)
        and word not in other_words.OTHER_WORDS
        and word not in told_in_inner_words()
        and not is_written_down(word, CODES)
    }
    assert not missing, f"{ADD}; or, if it is no code, into tests/codes/other_words.py"


def told_in_inner_words() -> set[str]:
    inner = (source.enumerations().get(name, ()) for name in other_words.INNER)
    return {word for words in inner for word in words}


def test_every_event_of_the_feed_is_written_down():
    events = {tag for tag in source.tags() if tag.isupper()}
    assert "FEED_STALE" in events and events <= registry.room("feed-events").codes.keys(), ADD


def test_every_id_of_a_check_is_written_down():
    ids = {id_: where for id_, where in source.placed("id").items() if ID.fullmatch(id_)}
    assert len(ids) > 200, "the source is not read as it should be"
    missing = {
        id_: where[:3]
        for id_, where in ids.items()
        if id_ not in other_words.OTHER_IDS
        and not all(place.startswith(other_words.STORIES) for place in where)
        and not is_written_down(id_, ("checks",))
    }
    assert not missing, ADD


def test_every_first_word_of_a_verdict_is_written_down():
    words = {word: where for word, where in source.placed("word").items() if re.fullmatch(r"[A-Z][A-Z_ ]+", word)}
    missing = {
        word: where[:3]
        for word, where in words.items()
        if word not in other_words.OTHER_VERDICTS and not is_written_down(word, ("verdicts",))
    }
    assert not missing, ADD


def test_nothing_is_written_down_that_nobody_says():
    texts = source.texts() | source.tags().keys()
    made = [re.compile(".+".join(map(re.escape, text.split("*")))) for text in texts if is_a_name_made(text)]

    def is_said(entry: Entry) -> bool:
        if entry.gone or entry.room == "exits" or entry.code in texts:
            return True
        if entry.code in other_words.MADE_OF_TWO:
            return other_words.MADE_OF_TWO[entry.code] in texts
        example = entry.code.replace("*", entry.fills[0] if entry.fills else "x")
        return any(one.fullmatch(example) for one in made) or any(entry.matches(text) for text in texts)

    assert not [f"{entry.room}: {entry.code}" for entry in registry.entries() if not is_said(entry)], "say since when"


def is_a_name_made(text: str) -> bool:
    """`NEAR_*`, `risk.*.*`: not a sentence, and with letters enough to be told from another."""
    is_name = "*" in text and re.fullmatch(r"[A-Za-z0-9_./*-]+", text) is not None
    return is_name and sum(c.isalpha() for c in text) >= 3


@pytest.mark.parametrize("room", [room for room in registry.rooms() if room.enums], ids=lambda room: room.name)
def test_a_room_has_every_word_of_its_enumerations(room):
    known = source.enumerations()
    for name in room.enums:
        assert name in known, f"{name} is not there any more"
        assert set(known[name]) <= room.codes.keys(), name


def test_every_enumeration_is_a_rooms_or_says_why_not():
    in_rooms = {name for room in registry.rooms() for name in room.enums}
    assert not source.enumerations().keys() - in_rooms - other_words.INNER.keys()
    assert not (in_rooms | other_words.INNER.keys()) - source.enumerations().keys(), "there are no such enumerations"


def test_what_fills_a_star_is_what_the_source_fills_it_with():
    filled = {(entry.room, entry.code): entry.fills for entry in registry.entries() if entry.fills}
    for room in ("risk", "flatten", "breaks"):
        assert set(filled[room, "BROKER_*"]) == set(Why)
    assert set(filled["engine", "EXIT_*"]) == set(Reason)
    assert set(filled["engine", "*_REFUSED"]) == set(Order) == set(filled["incidents", "*_DECLINED"])
    assert set(filled["incidents", "INTENT_*"]) == set(Purpose)


def test_the_exit_codes_are_those_of_every_command():
    assert set(registry.room("exits").codes) == {str(int(code)) for code in Exit} | {"130"}


def test_every_entry_says_in_one_or_two_sentences_what_it_means():
    for entry in registry.entries():
        assert entry.means.endswith(".") and entry.means[0].isupper() | (not entry.means[0].isalpha()) | is_a_name(
            entry
        )
        assert len(entry.means) <= 220, entry.code
        assert "  " not in entry.means + entry.do, entry.code


def is_a_name(entry: Entry) -> bool:
    """`main does not run.`, `tarazu.toml is no TOML.`, `depth_ws works.`"""
    return entry.means.split()[0] in ("main", "main's", "tarazu.toml", "depth_ws", "systemd")


def test_every_command_that_is_told_is_taken_as_it_stands():
    told = {command.strip() for entry in registry.entries() for command in re.findall(r"tarazu [^;]+", entry.do)}
    assert len(told) > 100
    for command in sorted(told):
        taken(command)


def test_every_command_that_shows_a_check_is_there():
    for entry in registry.room("checks").codes.values():
        for command in entry.of.split("; "):
            assert is_there(command), f"{entry.code}: {command}"


STANDS_FOR = {
    "ORDER": "T2EP007000C4QZ8V1YJ7", "@ENTRY": "@48211", "INC": "INC-20261123-01", "DAY": "2026-11-23", "RUN": "rb-1",
    "REF": "w-1", "ID": "261123000412345", "HASH": "5d1f", "ALERT": "AL-20261123-001", "KEY": "engine.settle_s",
    "ROW": "disk", "CODE": "FEED_STALE", "CLIP": "clip", "FILE": "file",
}  # fmt: skip


def taken(command: str) -> None:
    """Parsed as a person would type it; NAME is a process, a strategy or a family."""
    name = "main" if re.match(r"tarazu (up|logs|restart|down) ", command) else "xgb"
    words = [STANDS_FOR.get(word, name if word == "NAME" else word) for word in shlex.split(command)[1:]]
    if "--help" in words:
        assert is_there(" ".join(["tarazu", *words])), command
        return
    try:
        take(tree, words)
    except NotTaken as no:
        pytest.fail(f"{command}: {no}")


def is_there(command: str) -> bool:
    """Whether its verb is, whatever it must be given."""
    group: click.Command | None = tree
    with click.Context(tree, info_name="tarazu") as context:
        for word in shlex.split(command)[1:]:
            if isinstance(group, click.Group):
                group = group.get_command(context, word)
    return group is not None and not isinstance(group, click.Group)


def test_every_runbook_and_step_that_is_told_is_there():
    book = read_source()[0]
    for entry in registry.entries():
        if entry.runbook:
            name, _, step = entry.runbook.partition(".")
            try:
                book.runbook(name)
                assert not step or book.step(entry.runbook)
            except (NoRunbook, KeyError):
                pytest.fail(f"{entry.room} {entry.code}: there is no {entry.runbook}")


def test_every_limit_that_is_told_is_a_setting():
    settings = {field.key for field in fields_of(Settings)}
    told = {key for entry in registry.entries() for key in entry.limits}
    assert told and told <= settings


def test_every_file_of_the_registry_is_a_room():
    assert {path.stem for path in registry.FOLDER.glob("*.toml")} == set(registry.ROOMS)


def test_what_was_published_is_still_explained_and_what_is_new_is_published():
    published = PUBLISHED.read_text().splitlines()
    now = [f"{entry.room} {entry.code}" for entry in registry.entries()]
    assert len(published) == len(set(published))
    assert not set(published) - set(now), "none is taken away: give it `gone`"
    assert not set(now) - set(published), "`make codes` adds them"


def test_the_document_is_what_the_registry_says():
    assert (ROOT / "docs" / "codes.md").read_text() == document(registry.rooms()), "make codes"
