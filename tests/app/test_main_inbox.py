"""main's inbox over a real socket: what is asked is in the journal before it is answered, nonsense is told so."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.engine_desk import BUY, EngineDesk
from tarazu.app.home import Home, Profile
from tarazu.app.main.inbox import LINE_BYTES_MAX, TALKS_MAX, Inbox
from tarazu.app.main.telling import MainSilent, tell_main
from tarazu.engine.acts import Step
from tarazu.engine.messages import Message

HALT = {"order": "HALT", "who": "asha", "why": "the book looks wrong", "incident": "INC-1"}


class Listening:
    """An inbox on an event loop of its own, before an engine at a desk of paper."""

    def __init__(self, home: Home) -> None:
        self.home, self.desk, self.taken = home, EngineDesk().ready(), 0
        self.refusing = ""
        self.loop = asyncio.new_event_loop()
        self.inbox = Inbox(home.main_socket, self._take)
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        asyncio.run_coroutine_threadsafe(self.inbox.open(), self.loop).result(60)

    def _take(self, message: Message) -> tuple[int, Step, str] | str:
        if self.refusing:
            return self.refusing
        self.taken += 1
        return self.taken, self.desk.tell(message), str(self.desk.engine.state.phase)

    def raw(self, line: bytes) -> dict[str, Any]:
        """What is answered to these bytes and a line's end."""

        async def talk() -> bytes:
            reader, writer = await asyncio.open_unix_connection(str(self.home.main_socket))
            writer.write(line + b"\n")
            answer = await reader.readline()
            writer.close()
            return answer

        told: dict[str, Any] = json.loads(asyncio.run(asyncio.wait_for(talk(), 60)))
        return told

    def close(self) -> None:
        async def end() -> None:
            self.inbox.close()
            talks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(60)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(60)
        self.loop.close()


@pytest.fixture
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listening]:
    home = Home(Profile.SIM, tmp_path_factory.mktemp("d") / "sim")
    home.make()
    made = Listening(home)
    yield made
    made.close()


def test_a_persons_word_is_taken_and_answered_with_what_came_of_it(listening: Listening) -> None:
    told = tell_main(listening.home, HALT)
    assert told["accepted"] and told["phase"] == "HALTED" and told["sequence"] == 1
    assert [act["type"] for act in told["acts"]][:2] == ["SetHalt", "Alert"]
    assert "asha: the book looks wrong" in listening.desk.engine.state.halt.why  # type: ignore[union-attr]


def test_a_want_is_an_order_or_every_reason_why_not(listening: Listening) -> None:
    told = tell_main(listening.home, {"want": msgspec.to_builtins(BUY)})
    assert told["accepted"] and told["refs"] == [listening.desk.sent[-1].ref] and not told["denials"]
    odd = msgspec.structs.replace(BUY, qty=7, price_paise=10_001)
    told = tell_main(listening.home, {"want": msgspec.to_builtins(odd)})
    assert not told["accepted"] and {d["code"] for d in told["denials"]} == {"LOT", "TICK"} and told["sequence"] == 2


NONSENSE = {
    b"hello": "not understood",
    b"[]": "not understood",
    b"{}": 'a line has an "order" or a "want"',
    b'{"order": "HALT", "want": null}': 'HALT needs a "who" and a "why"',
    b'{"order": "EXPLODE", "who": "a", "why": "b"}': "not understood: Invalid enum value 'EXPLODE'",
    b'{"order": "HALT", "who": " ", "why": "b"}': 'HALT needs a "who" and a "why"',
    b'{"order": "DISOWN", "who": "a", "why": "b"}': 'DISOWN needs the "order_id"',
    b'{"order": "CLAIM", "who": "a", "why": "b", "order_id": "1"}': 'CLAIM needs the "ref"',
    b'{"order": "HALT", "who": "a", "why": "b", "wen": "c"}': "unknown field `wen`",
    b'{"want": {"type": "EntryWant", "strategy": "s", "key": "NSE:X", "side": "BUY", "qty": "many"}}': "want",
    b'{"want": {"type": "ChangeWant", "strategy": "s", "ref": "r", "qty": 75.0}}': "Expected `int | null`, got `float`",
    b'{"want": {"type": "ChangeWant", "strategy": "s", "ref": "r", "price_paise": 100.5}}': "$.want.price_paise",
    b"\xff\xfe": "not understood",
}


@pytest.mark.parametrize("line", NONSENSE)
def test_what_is_none_of_what_can_be_said_is_told_so_and_nothing_is_taken(listening: Listening, line: bytes) -> None:
    told = listening.raw(line)
    assert not told["accepted"] and NONSENSE[line] in told["error"] and told["sequence"] == 0
    assert listening.taken == 0 and tell_main(listening.home, HALT)["accepted"], "and the next is heard"


def test_a_line_without_end_is_refused_and_others_are_heard(listening: Listening) -> None:
    assert "at most" in listening.raw(b"x" * (2 * LINE_BYTES_MAX))["error"]
    assert tell_main(listening.home, HALT)["accepted"]


def test_one_who_says_nothing_keeps_nobody_waiting(listening: Listening) -> None:
    async def both() -> bytes:
        silent = await asyncio.open_unix_connection(str(listening.home.main_socket))
        reader, writer = await asyncio.open_unix_connection(str(listening.home.main_socket))
        writer.write(json.dumps(HALT).encode() + b"\n")
        answer = await asyncio.wait_for(reader.readline(), 60)
        for _, end in (silent, (reader, writer)):
            end.close()
        return answer

    assert json.loads(asyncio.run(both()))["accepted"]


@pytest.mark.control("C22")
def test_however_many_talk_a_halt_is_heard_and_the_longest_idle_is_closed_for_it(listening: Listening) -> None:
    async def crowd() -> tuple[bytes, bytes, bytes]:
        talks = [await asyncio.open_unix_connection(str(listening.home.main_socket)) for _ in range(TALKS_MAX)]
        for reader, writer in talks:  # each says something: the first of them has then been idle for longest
            writer.write(b"hello\n")
            assert b"not understood" in await asyncio.wait_for(reader.readline(), 60)
        reader, writer = await asyncio.open_unix_connection(str(listening.home.main_socket))
        writer.write(json.dumps(HALT).encode() + b"\n")
        heard = await asyncio.wait_for(reader.readline(), 60)
        ended = await asyncio.wait_for(talks[0][0].read(), 60)
        talks[1][1].write(b"hello\n")
        stays = await asyncio.wait_for(talks[1][0].readline(), 60)
        for _, end in (*talks, (reader, writer)):
            end.close()
        return heard, ended, stays

    heard, ended, stays = asyncio.run(crowd())
    assert json.loads(heard)["accepted"] and ended == b"" and b"not understood" in stays


def test_one_who_connects_and_says_nothing_is_not_kept(listening: Listening) -> None:
    async def silent() -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(listening.home.main_socket))
        ended = await asyncio.wait_for(reader.read(), 60)
        writer.close()
        return ended

    assert asyncio.run(silent()) == b""


def test_several_lines_of_one_are_answered_in_their_order(listening: Listening) -> None:
    async def talk() -> list[Any]:
        reader, writer = await asyncio.open_unix_connection(str(listening.home.main_socket))
        for order in ("HALT", "RESET_HALT", "ENTRIES_OFF"):
            writer.write(json.dumps(HALT | {"order": order}).encode() + b"\n")
        answers = [json.loads(await asyncio.wait_for(reader.readline(), 60)) for _ in range(3)]
        writer.close()
        return answers

    assert [answer["sequence"] for answer in asyncio.run(talk())] == [1, 2, 3]


def test_an_engine_that_takes_nothing_says_why(listening: Listening) -> None:
    listening.refusing = "main takes nothing now, it is STARTING"
    told = tell_main(listening.home, HALT)
    assert not told["accepted"] and told["error"] == listening.refusing


def test_where_nobody_listens_the_command_that_helps_is_named(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    with pytest.raises(MainSilent, match="has not run in this home"):
        tell_main(home, HALT)
    home.make()
    with pytest.raises(MainSilent, match="tarazu up main"):
        tell_main(home, HALT)


@pytest.mark.parametrize("answer", [b'{"accepted": true', b"", b"hello\n", b"\xff\xfe\n", b"[1]\n"])
def test_an_answer_that_is_cut_off_or_does_not_read_is_none(tmp_path: Path, answer: bytes) -> None:
    home = Home(Profile.SIM, tmp_path / "sim")
    home.make()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(home.main_socket))
        listening.listen()

        def say() -> None:
            talk, _ = listening.accept()
            with talk:
                talk.recv(4096)
                talk.sendall(answer)

        speaker = threading.Thread(target=say)
        speaker.start()
        with pytest.raises(MainSilent, match="tarazu engine status"):
            tell_main(home, HALT)
        speaker.join(60)


def test_a_home_with_a_very_long_name_is_listened_to_as_well(tmp_path: Path) -> None:
    home = Home(Profile.SIM, tmp_path / ("d" * 120) / "sim")
    home.make()
    made = Listening(home)
    try:
        assert tell_main(home, HALT)["accepted"] and home.main_socket.stat().st_mode & 0o777 == 0o600
    finally:
        made.close()
