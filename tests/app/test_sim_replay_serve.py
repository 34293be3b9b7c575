"""A recording served as the market: a client receives what was recorded, and what cannot be played is refused."""

import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TextIO

import pytest

from harness.broker_process import broker_process
from harness.feed_recorder import record
from harness.in_time import Late, once_in_time
from harness.made_day import (
    CALL,
    DAY,
    GOLD,
    INFY,
    NIFTY,
    OTHER,
    OTHER_FUTURE,
    PRICES,
    PUT,
    ROWS,
    TEN_NS,
    UNASKED,
    MadeDay,
    packets,
    usual_day,
)
from harness.replayed_ticks import OfficialTicker, Updates, by_instrument, recorded
from harness.served import Served
from tarazu.app.home import Home
from tarazu.app.recordings.clip_cut import Cutting
from tarazu.app.recordings.clip_writer import ClipWriter
from tarazu.app.recordings.clips import Clip, Wanted, day_master, read_clip
from tarazu.app.recordings.replayed import BadRecording, open_recording
from tarazu.app.supervision.waiting import until
from tarazu.model.instrument import Instrument
from tarazu.model.units import SECOND_NS

SNOOZE = 0.001
"""A rate at which a client has all the time it needs to subscribe before the recording begins."""


@contextmanager
def serving(replay: Path, *flags: str, errors: TextIO | None = None) -> Iterator[Served]:
    words = ["sim", "serve", "--replay", str(replay), "--log-level", "error", *flags]
    argv = [sys.executable, "-m", "tarazu", *words]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the broker said nothing and ended with {process.wait()}"
        yield Served(json.loads(line), process)
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def serve_and_fail(*words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tarazu", "sim", "serve", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == "" and "Traceback" not in done.stderr
    return done.returncode, done.stderr


def clip_of(home: Home, day: date, out: Path) -> Clip:
    writer = ClipWriter(out, day, "sim", Wanted())
    folder = home.feed / str(day)
    Cutting(folder, Wanted(), writer, tell=lambda: None).past(stopped=lambda: False)
    writer.finish(day_master(home.masters, day))
    return read_clip(out)


def play_out(served: Served, end_ns: int, rate: float) -> dict[str, Any]:
    """Let the broker's clock run to the end of the recording; returns the status then."""
    served.admin("PUT", "/clock", {"rate": rate})
    while served.admin("GET", "/clock")["now_ns"] < end_ns + SECOND_NS:
        time.sleep(0.05)
    while served.admin("GET", "/status")["lag_s"] > 2 * rate:
        time.sleep(0.05)
    served.admin("PUT", "/clock", {"rate": 1.0})
    status: dict[str, Any] = served.admin("GET", "/status")
    if status["steps_conflated"]:
        raise Late("a step, which was then sent together with another,")
    return status


def has_come(official: OfficialTicker, wanted: Updates) -> Updates:
    """What the client was sent: some of it may still be on its way through two sockets and a pipe."""

    def all_of_it() -> bool:
        seen = by_instrument(list(official.ticks))
        return all(len(seen[token][2:]) >= len(updates) for token, updates in wanted.items())

    until(all_of_it, 30.0)
    official.stop()
    return by_instrument(official.ticks)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """A minute of a live simulated broker, through the real ticker client into a feed log, as a clip."""
    root = tmp_path_factory.mktemp("live")
    with broker_process("--speed", "15", "--step-ms", "500") as broker:
        recorder = record(broker, root, 60)
    return clip_of(recorder.home, recorder.day, root / "clip")


@pytest.fixture(scope="module")
def replayed(live: Clip, tmp_path_factory: pytest.TempPathFactory) -> tuple[Updates, Clip, dict[str, Any]]:
    """The clip played once: as the official client saw it, as our client recorded it, and the broker's status."""
    return once_in_time(lambda: play_once(live, tmp_path_factory.mktemp("replayed")))


def play_once(live: Clip, root: Path) -> tuple[Updates, Clip, dict[str, Any]]:
    wanted = recorded(live.day_folder)
    with serving(live.folder, "--speed", str(SNOOZE)) as broker:
        official = OfficialTicker(broker, sorted(wanted))

        def rouse() -> None:
            until(lambda: subscriptions(broker) == [len(wanted)] * 2, 60.0)
            broker.admin("PUT", "/clock", {"rate": 15})

        waking = threading.Thread(target=rouse)
        waking.start()
        try:
            recorder = record(broker, root, (live.manifest.last_ns - live.manifest.first_ns) / SECOND_NS + 8)
            waking.join()
            status = play_out(broker, live.manifest.last_ns, 15)
            seen = has_come(official, wanted)
        finally:
            official.stop()
    clip = clip_of(recorder.home, recorder.day, root / "clip")
    ours = recorded(clip.day_folder)
    if any(len(ours[token][2:]) < len(updates) for token, updates in wanted.items()):
        raise Late("the end of it, for a recorder that ends by the clock,")
    return seen, clip, status


def subscriptions(broker: Served) -> list[int]:
    """Instruments that each client of the ticker follows."""
    return [connection["tokens"] for connection in broker.admin("GET", "/status")["connections"]]


def test_the_official_client_receives_every_recorded_update_and_no_other(
    live: Clip, replayed: tuple[Updates, Clip, dict[str, Any]]
) -> None:
    wanted, (seen, _, status) = recorded(live.day_folder), replayed
    assert len(wanted) == 33 and sum(map(len, wanted.values())) > 3_000
    assert seen.keys() == wanted.keys()
    for token, updates in wanted.items():
        assert seen[token][2:] == updates, token  # the subscription's two snapshots come before the recording begins
    assert status["steps_conflated"] == 0


def test_frames_that_came_within_a_millisecond_are_sent_one_by_one(tmp_path: Path) -> None:
    day = MadeDay(tmp_path)
    day.begin(NIFTY, INFY)
    for n in range(300):
        day.raw(1 + n / 1_000, packets(n, (NIFTY, INFY)))
    day.close()
    wanted = recorded(day.folder)

    def played() -> Updates:
        with serving(day.folder, "--speed", str(SNOOZE)) as broker:
            official = OfficialTicker(broker, [NIFTY.instrument_token, INFY.instrument_token])
            try:
                play_out(broker, TEN_NS + 2 * SECOND_NS, 2)
                return has_come(official, wanted)
            finally:
                official.stop()

    seen = once_in_time(played)
    assert {token: updates[2:] for token, updates in seen.items()} == wanted


def test_a_recording_of_the_replay_holds_the_same_updates_again(
    live: Clip, replayed: tuple[Updates, Clip, dict[str, Any]]
) -> None:
    _, again, _ = replayed
    assert again.manifest.missing == 0
    seen = recorded(again.day_folder)
    assert {token: updates[2:] for token, updates in seen.items()} == recorded(live.day_folder)


def test_a_market_order_is_filled_from_the_recorded_book(live: Clip) -> None:
    middle_ns = (live.manifest.first_ns + live.manifest.last_ns) // 2
    with serving(live.folder, "--speed", str(SNOOZE)) as broker:
        broker.admin("PUT", "/clock", {"pause": True, "jump_to": middle_ns})
        while broker.admin("GET", "/status")["lag_s"] > 0:
            time.sleep(0.02)
        kite = broker.client()
        row = next(i for i in kite.instruments("NFO") if i["instrument_type"] == "CE")
        order_id = kite.place_order(
            "regular",
            exchange="NFO",
            tradingsymbol=row["tradingsymbol"],
            transaction_type="BUY",
            quantity=row["lot_size"],
            product="NRML",
            order_type="MARKET",
            market_protection=-1,
        )
        broker.pass_time(2.0)
        done = kite.order_history(order_id)[-1]
        assert done["status"] == "COMPLETE", done["status_message"]
        assert kite.trades()[0]["fill_timestamp"]
    asks = {
        update[3 + 15 + 3 * level]
        for update in recorded(live.day_folder)[row["instrument_token"]]
        for level in range(5)
    }
    assert round(done["average_price"] * 100) in asks


def test_instruments_are_the_recorded_ones_and_the_day_is_the_recordings_own(tmp_path: Path) -> None:
    day = usual_day(tmp_path)
    with serving(day.folder) as broker:
        assert (broker["day"], broker["now_ist"]) == (str(DAY), "2026-11-23 09:59:59")
        rows = broker.client().instruments()
        played = {i.key for i in (NIFTY, CALL, PUT, INFY, OTHER, OTHER_FUTURE)}
        assert {f"{r['exchange']}:{r['tradingsymbol']}" for r in rows} == played
        call = next(r for r in rows if r["instrument_token"] == CALL.instrument_token)
        assert (call["strike"], call["lot_size"], call["tick_size"], str(call["expiry"])) == (
            26100,
            75,
            0.05,
            "2026-12-01",
        )
        about = broker.admin("GET", "/status")["recording"]
        assert about["path"] == str(day.folder) and len(about["sha256"]) == 64


def test_after_the_last_frame_the_market_stands_still_and_the_broker_goes_on(tmp_path: Path) -> None:
    day = usual_day(tmp_path, seconds=5)
    told = tmp_path / "log"
    with told.open("w") as errors, serving(day.folder, "--speed", "10", "--log-level", "info", errors=errors) as broker:
        while "the recording has ended" not in told.read_text():
            time.sleep(0.05)
        before = broker.client().ltp(INFY.key)[INFY.key]["last_price"]
        assert before == (PRICES[INFY] + 5 * 4) / 100
        # The day after is a holiday; two seconds into the recording's hour it is not played again.
        broker.admin("PUT", "/clock", {"pause": True, "jump_to": "2026-11-25 10:00:02"})
        while broker.admin("GET", "/status")["lag_s"] > 0:
            time.sleep(0.05)
        assert broker.admin("GET", "/status")["day"] == "2026-11-25"
        login = broker.admin("POST", "/access-token", {"user_id": broker["user_id"]})
        broker.hello["access_token"] = login["access_token"]
        assert broker.client().ltp(INFY.key)[INFY.key]["last_price"] == before


def test_another_hour_another_day_and_a_short_session_are_played_too(tmp_path: Path) -> None:
    day = usual_day(tmp_path)
    with serving(day.folder, "--at", "10:00:30", "--speed", str(SNOOZE)) as broker:
        assert broker.client().ltp(INFY.key)[INFY.key]["last_price"] == (PRICES[INFY] + 5 * 30) / 100
    with serving(day.folder, "--day", "2026-11-19", "--session", "short") as broker:
        assert broker["day"] == "2026-11-19"


def test_sim_run_plays_a_recording_for_one_command(tmp_path: Path) -> None:
    day = usual_day(tmp_path, seconds=3)
    program = (
        "import os, urllib.request as u; print(u.urlopen(os.environ['KITE_ADMIN_ROOT'] + '/status').read().decode())"
    )
    words = ["sim", "run", "--replay", str(day.folder), "--", sys.executable, "-c", program]
    done = subprocess.run([sys.executable, "-m", "tarazu", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["day"] == str(DAY)


def test_a_restart_takes_up_the_same_recording_and_refuses_another(tmp_path: Path) -> None:
    day, state = usual_day(tmp_path / "one"), str(tmp_path / "state")
    order = {"exchange": "NSE", "tradingsymbol": "INFY", "transaction_type": "BUY", "quantity": 1, "product": "CNC"}
    with serving(day.folder, "--state", state, "--speed", "10") as broker:
        broker.pass_time(20)
        order_id = broker.client().place_order("regular", order_type="LIMIT", price=1400, **order)
        broker.pass_time(1)
    moved = tmp_path / "elsewhere" / "feed" / str(DAY)
    moved.parent.mkdir(parents=True)
    day.folder.rename(moved)
    (tmp_path / "one" / "sim" / "masters").rename(tmp_path / "elsewhere" / "masters")
    with serving(moved, "--state", state) as broker:
        assert broker["now_ist"] > "2026-11-23 10:00:19"
        assert [o["order_id"] for o in broker.client().orders()] == [order_id]
    other = usual_day(tmp_path / "two", seconds=59)
    code, said = serve_and_fail("--replay", str(other.folder), "--state", state)
    assert code == 2 and "recording" in said and "use the same options or another directory" in said
    code, said = serve_and_fail("--state", state)
    assert code == 2 and "recording" in said


def test_shares_and_indices_the_synthetic_market_does_not_know_are_played(tmp_path: Path) -> None:
    day = usual_day(tmp_path, seconds=5)
    recording = open_recording(day.folder, None)
    assert OTHER.key in {i.key for i in recording.instruments}
    future = next(i for i in recording.instruments if i.key == OTHER_FUTURE.key)
    assert future.underlying == OTHER.key and future.freeze_qty == 0
    assert next(i for i in recording.instruments if i.key == OTHER.key).fno_underlying
    with serving(day.folder, "--speed", "10") as broker:
        broker.pass_time(10)
        quote = broker.client().quote(OTHER.key)[OTHER.key]
        assert quote["last_price"] == (PRICES[OTHER] + 5 * 4) / 100
        assert quote["lower_circuit_limit"] < quote["last_price"] < quote["upper_circuit_limit"]


# What is recorded, whose rows the master has -> what is said of it.


def made(root: Path, ticking: tuple[Instrument, ...], rows: tuple[Instrument, ...] = ROWS) -> MadeDay:
    day = MadeDay(root, rows)
    day.begin(*ticking)
    for second in range(3):
        day.ticks(second, instruments=ticking)
    day.close()
    return day


def test_an_underlying_that_never_ticked_stands_at_the_masters_price(tmp_path: Path) -> None:
    day = made(tmp_path, (CALL, INFY))
    recording = open_recording(day.folder, None)
    assert recording.still == (NIFTY.key,) and recording.closes[NIFTY.key] == PRICES[NIFTY]
    assert "standing still, for they never tick: NSE:NIFTY 50" in recording.about()
    with serving(day.folder) as broker:
        assert broker.client().ltp(NIFTY.key)[NIFTY.key]["last_price"] == PRICES[NIFTY] / 100


def test_exchanges_the_broker_does_not_have_are_left_out_and_named(tmp_path: Path) -> None:
    recording = open_recording(made(tmp_path, (INFY, GOLD)).folder, None)
    assert [i.key for i in recording.instruments] == [INFY.key] and recording.left_out == (GOLD.key,)


def test_no_two_frames_are_played_at_one_instant(tmp_path: Path) -> None:
    day = MadeDay(tmp_path)
    for second in (1, 1, 1, 0.5, 2):
        day.ticks(second)
    day.close()
    times = [at_ns for at_ns, _ in open_recording(day.folder, None).frames()]
    first_ns = TEN_NS + SECOND_NS
    assert times == [first_ns, first_ns + 1, first_ns + 2, first_ns + 3, TEN_NS + 2 * SECOND_NS]


def test_a_recording_is_known_by_what_is_played_wherever_it_lies(tmp_path: Path) -> None:
    day = usual_day(tmp_path)
    clip = clip_of(day.home, DAY, tmp_path / "clip")
    assert open_recording(clip.folder, None).sha256 == open_recording(day.folder, None).sha256


def test_instruments_without_a_row_are_refused_with_their_number_and_the_first_five(tmp_path: Path) -> None:
    day = made(tmp_path, (NIFTY, CALL, INFY, OTHER), rows=(NIFTY, CALL))
    with pytest.raises(
        BadRecording, match=rf"^2 recorded instruments have no row in the master: {OTHER.instrument_token}, "
    ):
        open_recording(day.folder, None)


def test_a_contract_whose_underlying_has_no_row_is_refused(tmp_path: Path) -> None:
    day = made(tmp_path, (CALL, PUT), rows=(CALL, PUT))
    with pytest.raises(
        BadRecording, match=r"no row of what 2 contracts derive from .NSE:NIFTY 50., first: NFO:NIFTY26D"
    ):
        open_recording(day.folder, None)


def test_a_contract_whose_underlying_has_no_price_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRICES, NIFTY, 0)
    with pytest.raises(BadRecording, match="no price is known of NSE:NIFTY 50, from which 1 contracts derive"):
        open_recording(made(tmp_path, (CALL,)).folder, None)


def test_a_recording_without_ticks_is_refused(tmp_path: Path) -> None:
    day = MadeDay(tmp_path)
    day.begin()
    day.raw(1, b"\x00")
    day.close()
    with pytest.raises(BadRecording, match="no frame with ticks"):
        open_recording(day.folder, None)


def test_a_log_that_is_being_written_is_refused(tmp_path: Path) -> None:
    day = MadeDay(tmp_path)
    day.ticks(1)
    with pytest.raises(BadRecording, match="is being written: play a clip of it"):
        open_recording(day.folder, None)
    day.close()


def test_a_master_may_be_given_by_hand_and_must_be_there(tmp_path: Path) -> None:
    day = made(tmp_path, (NIFTY, INFY))
    kept = (day.home.masters / f"{DAY}.csv.gz").rename(tmp_path / "m.csv.gz")
    (day.home.masters / f"{DAY}.json").unlink()
    with pytest.raises(BadRecording, match="no instrument master with"):
        open_recording(day.folder, None)
    assert len(open_recording(day.folder, kept).instruments) == 2


def test_folders_that_are_no_recording_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecording, match="neither a clip"):
        open_recording(tmp_path, None)
    (tmp_path / "2026-11-23").mkdir()
    with pytest.raises(BadRecording, match="neither a clip"):
        open_recording(tmp_path / "2026-11-23", None)


def test_a_damaged_clip_is_refused_and_serves_nothing(live: Clip, tmp_path: Path) -> None:
    copy = shutil.copytree(live.folder, tmp_path / "copy")
    segment = next(copy.rglob("*.seg"))
    content = bytearray(segment.read_bytes())
    content[5000] ^= 4
    segment.write_bytes(content)
    code, said = serve_and_fail("--replay", str(copy))
    assert code == 2 and "is damaged: 1 files are not as clip.json says" in said


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--scenario", "crash"], "--scenario describes the synthetic market"),
        (["--size", "full"], "--size describes the synthetic market"),
        (["--step-ms", "100"], "--step-ms describes the synthetic market"),
        (["--day", "2019-01-01"], "2019"),
        (["--day", "2026-11-22"], "not a trading day"),
        (["--at", "25:00"], "--at"),
    ],
)
def test_what_has_no_place_beside_a_recording_is_exit_code_64(tmp_path: Path, flags: list[str], said: str) -> None:
    day = made(tmp_path, (NIFTY, INFY))
    code, words = serve_and_fail("--replay", str(day.folder), *flags)
    assert code == 64 and said in words


def test_a_master_without_a_recording_is_exit_code_64(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("")
    assert serve_and_fail("--master", str(tmp_path / "m.csv"))[0] == 64


def test_a_recording_of_a_day_beyond_the_reference_data_is_refused(tmp_path: Path) -> None:
    day = made(tmp_path, (NIFTY, INFY))
    code, said = serve_and_fail("--replay", str(day.folder), "--day", "2031-01-06")
    assert code == 64 and "2031" in said


def test_instruments_nobody_asked_for_are_not_served(tmp_path: Path) -> None:
    assert UNASKED.key not in {i.key for i in open_recording(usual_day(tmp_path).folder, None).instruments}
