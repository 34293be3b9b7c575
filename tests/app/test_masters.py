"""Today's master: kept, fetched, compared, refused; never guessed."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.broker_process import broker_process
from harness.raw_http import RawHttp, answer
from harness.served import Served
from tarazu import reference
from tarazu.adapters.kite_rest.client import KiteMarketRest
from tarazu.adapters.kite_rest.errors import BrokerFailed, TokenRefused, Unreachable
from tarazu.app.masters.todays import BadMaster, DamagedMaster, MasterStore, TodaysMaster, todays_master
from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.sim.synthetic.universe import build_universe
from tarazu.wire.kite_instruments import encode_csv

FRIDAY, MONDAY, WEDNESDAY = date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 25)
NOWHERE = "http://127.0.0.1:1"


def listed(day: date) -> list[Instrument]:
    return list(build_universe(day, reference.calendar(), reference.rules("nse-2026"), "desk", 1, {}).instruments)


def dump(instruments: Sequence[Instrument], price: int = 100) -> bytes:
    return encode_csv((i, price) for i in instruments)


TODAY = listed(MONDAY)
DUMP = dump(TODAY)


def at(clock: str, day: date = MONDAY) -> int:
    return ist.at_ns(day, time.fromisoformat(clock))


@pytest.fixture
def store(tmp_path: Path) -> MasterStore:
    return MasterStore(tmp_path / "masters")


Morning = Callable[..., TodaysMaster]


@pytest.fixture
def morning(store: MasterStore) -> Morning:
    """Monday's master at this IST time, from a broker that has this file, or none that answers.

    `kept` says that a file kept under this broker's address is there, fetched at that time.
    """

    def play(clock: str, csv: bytes | None, *, kept: str = "", kept_csv: bytes = DUMP) -> TodaysMaster:
        with RawHttp([[answer(csv or b"", kind="text/csv")]]) as server:
            root = server.root if csv is not None else NOWHERE
            if kept:
                store.keep(MONDAY, kept_csv, at(kept), rows=len(TODAY), source=root)
            return todays_master(store, rest_at(root), MONDAY, at(clock))

    return play


def rest_at(root: str) -> KiteMarketRest:
    return KiteMarketRest(root=root, api_key="key", access_token=lambda: "token", quote_gap_s=0)


def keep(store: MasterStore, day: date, csv: bytes) -> None:
    store.keep(day, csv, at("08:45", day), rows=0, source=NOWHERE)


# What is kept.


def test_what_was_kept_is_there_again(store: MasterStore) -> None:
    assert store.load(MONDAY) is None and store.before(MONDAY) is None and store.days() == ()
    meta = store.keep(MONDAY, DUMP, at("08:45"), rows=500, source="https://api.kite.trade")
    kept = store.load(MONDAY)
    assert kept is not None and kept.csv == DUMP and kept.meta == meta
    assert (meta.day, meta.rows, meta.fetched_ns, meta.source) == (MONDAY, 500, at("08:45"), "https://api.kite.trade")
    assert gzip.decompress((store.folder / "2026-11-23.csv.gz").read_bytes()) == DUMP
    assert sorted(p.name for p in store.folder.iterdir()) == ["2026-11-23.csv.gz", "2026-11-23.json"]


def test_a_master_that_is_replaced_is_found_by_its_hash(store: MasterStore) -> None:
    first = store.keep(MONDAY, b"first", 1, rows=1, source=NOWHERE)
    second = store.keep(MONDAY, b"second", 2, rows=1, source=NOWHERE)
    store.keep(MONDAY, b"first", 3, rows=1, source=NOWHERE)
    assert (store.named(MONDAY, first.sha256), store.named(MONDAY, second.sha256)) == (b"first", b"second")
    assert store.named(MONDAY, "0" * 64) is None and store.named(FRIDAY, first.sha256) is None
    kept = store.load(MONDAY)
    assert kept is not None and kept.csv == b"first" and store.days() == (MONDAY,)
    aside = next(store.folder.glob(f"{MONDAY}.{second.sha256[:8]}*"))
    for octets, wrong in ((b"torn", "torn"), (gzip.compress(b"other"), "altered")):
        aside.write_bytes(octets)
        with pytest.raises(DamagedMaster, match=wrong):
            store.named(MONDAY, second.sha256)


def test_the_day_before_is_the_newest_older_one_however_old(store: MasterStore) -> None:
    for day in (date(2026, 10, 1), FRIDAY, MONDAY, WEDNESDAY):
        keep(store, day, str(day).encode())
    (store.folder / "notes.csv.gz").write_bytes(b"not ours")
    assert store.days() == (date(2026, 10, 1), FRIDAY, MONDAY, WEDNESDAY)
    for day, before in ((WEDNESDAY, MONDAY), (MONDAY, FRIDAY), (FRIDAY, date(2026, 10, 1))):
        found = store.before(day)
        assert found is not None and found.meta.day == before and found.csv == str(before).encode()
    assert store.before(date(2026, 10, 1)) is None


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


DAMAGE: list[tuple[str, str, Callable[[bytes], bytes]]] = [
    ("torn", "csv.gz", lambda b: b[:-100]),
    ("empty", "csv.gz", lambda b: b""),
    ("a byte flipped", "csv.gz", lambda b: b[:500] + bytes([b[500] ^ 1]) + b[501:]),
    ("another file, whole", "csv.gz", lambda b: gzip.compress(gzip.decompress(b).replace(b"NIFTY", b"NIFTI", 1))),
    ("a description torn", "json", lambda b: b[:30]),
    ("a description of another day", "json", lambda b: b.replace(b"2026-11-23", b"2026-11-20")),
]


@pytest.mark.parametrize(("how", "which", "change"), DAMAGE, ids=[row[0] for row in DAMAGE])
def test_a_torn_or_altered_file_is_refused(
    store: MasterStore, morning: Morning, how: str, which: str, change: Callable[[bytes], bytes]
) -> None:
    keep(store, MONDAY, DUMP)
    rewrite(store.folder / f"2026-11-23.{which}", change)
    with pytest.raises(DamagedMaster, match=r"2026-11-23\.csv\.gz.*delete"):
        store.load(MONDAY)
    with pytest.raises(Unreachable):
        morning("09:00", None)
    today = morning("09:00", DUMP)
    assert "2026-11-23" in today.alarms[0] and "fetched anew" in today.alarms[0]
    assert store.load(MONDAY) is not None, "the new one has taken its place"


@pytest.mark.parametrize("lost", ["csv.gz", "json"])
def test_half_of_it_is_no_master(store: MasterStore, lost: str) -> None:
    keep(store, MONDAY, DUMP)
    (store.folder / f"2026-11-23.{lost}").unlink()
    with pytest.raises(DamagedMaster, match="missing"):
        store.load(MONDAY)


# Which one is today's.


def test_the_first_start_fetches_and_keeps(store: MasterStore, morning: Morning) -> None:
    today = morning("08:45", DUMP)
    assert (today.rows, today.before, today.changes, today.alarms) == (500, None, None, ())
    assert [i.key for i in today.master.instruments] == [i.key for i in TODAY]
    assert not today.provisional and today.fetched_ns == at("08:45")
    kept = store.load(MONDAY)
    assert kept is not None and kept.meta.sha256 == today.sha256 and kept.meta.rows == 500


# kept at | now | broker's file | fetched at | alarm
NEW = dump(TODAY, price=200)
STARTS: list[tuple[str, str, bytes | None, str, str]] = [
    ("08:30", "11:00", None, "08:30", ""),
    ("08:45", "11:00", NEW, "08:45", ""),
    ("08:29", "11:00", NEW, "11:00", ""),
    ("08:29", "11:00", None, "08:29", "before Kite writes it (08:30): provisional"),
    ("07:00", "07:30", NEW, "07:30", "before Kite writes it (08:30): provisional"),
    ("11:01", "11:00", NEW, "11:00", ""),
    ("11:01", "11:00", None, "11:01", "look at the clock"),
]


@pytest.mark.parametrize(("kept", "now", "csv", "fetched", "alarm"), STARTS)
def test_a_kept_file_is_used_from_the_time_kite_writes_it(
    morning: Morning, kept: str, now: str, csv: bytes | None, fetched: str, alarm: str
) -> None:
    today = morning(now, csv, kept=kept)
    assert today.fetched_ns == at(fetched)
    assert today.provisional == bool(alarm)
    assert alarm in today.alarms[0] if alarm else today.alarms == ()
    if alarm and csv is None:
        assert "could not be fetched anew" in today.alarms[1]


def test_yesterdays_file_under_todays_name_is_provisional(store: MasterStore, morning: Morning) -> None:
    keep(store, FRIDAY, DUMP)
    today = morning("08:31", DUMP)
    assert today.provisional and "byte for byte that of 2026-11-20" in today.alarms[0]
    assert not morning("08:40", NEW).provisional, "and is fetched anew at the next start"


def test_another_brokers_file_is_not_ours(store: MasterStore, morning: Morning) -> None:
    store.keep(MONDAY, DUMP, at("08:45"), rows=500, source="http://127.0.0.1:2")
    assert morning("11:00", NEW).fetched_ns == at("11:00")
    store.keep(MONDAY, DUMP, at("08:45"), rows=500, source="http://127.0.0.1:2")
    with pytest.raises(Unreachable):
        morning("11:00", None)


# What is refused.


REFUSED: list[tuple[str, bytes, str]] = [
    ("cut in a line", DUMP[: len(DUMP) // 2 + 3], "fields|breaks off|not a"),
    ("no instrument", dump([]), "no instrument"),
    ("an instrument twice", dump([*TODAY, TODAY[3]]), f"{TODAY[3].key}.* more than once"),
    ("all twice", dump([*TODAY, *TODAY]), "…"),
    ("a token twice", dump([*TODAY, msgspec.structs.replace(TODAY[3], tradingsymbol="X")]), "more than once"),
    ("not the file", b"a,b\n1,2\n", "header"),
]


@pytest.mark.parametrize(("how", "csv", "told"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_file_that_cannot_be_used_is_refused_and_not_kept(
    store: MasterStore, morning: Morning, how: str, csv: bytes, told: str
) -> None:
    with pytest.raises(BadMaster, match=told) as refused:
        morning("09:00", csv)
    assert "etch again" in str(refused.value) and len(str(refused.value)) < 400
    assert store.load(MONDAY) is None
    today = morning("09:00", csv, kept="07:00")
    assert today.fetched_ns == at("07:00") and "the one kept is used" in today.alarms[1]


# What changed overnight.


def test_over_an_expiry_nothing_is_loud(store: MasterStore) -> None:
    keep(store, MONDAY, DUMP)
    with RawHttp([[answer(dump(listed(WEDNESDAY)))]]) as server:
        today = todays_master(store, rest_at(server.root), WEDNESDAY, at("08:45", WEDNESDAY))
    assert today.before == MONDAY and today.changes is not None and today.changes.expired
    assert today.alarms == ()


def alarms(store: MasterStore, morning: Morning, friday: Sequence[Instrument]) -> tuple[str, ...]:
    keep(store, FRIDAY, dump(friday))
    return morning("09:00", DUMP).alarms


def changed(fields: dict[str, Any], which: Callable[[Instrument], bool]) -> list[Instrument]:
    return [msgspec.structs.replace(i, **fields) if which(i) else i for i in TODAY]


def test_a_new_lot_is_one_line_for_all_contracts_of_a_name(store: MasterStore, morning: Morning) -> None:
    friday = changed({"lot_size": 75}, lambda i: i.name == "NIFTY" and i.is_derivative)
    told = alarms(store, morning, friday)
    count = sum(i.name == "NIFTY" and i.is_derivative for i in TODAY)
    assert count > 100
    assert told == (f"NFO NIFTY: lot 75 -> 65 ({count} instruments, NFO:NIFTY26NOVFUT first)",)


def test_one_changed_instrument_is_named(store: MasterStore, morning: Morning) -> None:
    assert alarms(store, morning, changed({"lot_size": 75}, lambda i: i.key == "NFO:NIFTY26NOVFUT")) == (
        "NFO:NIFTY26NOVFUT: lot 75 -> 65",
    )


def test_thousands_of_changes_are_twenty_lines_of_each_kind_and_a_count(store: MasterStore, morning: Morning) -> None:
    friday = [
        msgspec.structs.replace(i, lot_size=i.lot_size + n, tick_size_paise=i.tick_size_paise + 5 + n)
        for n, i in enumerate(TODAY, start=1)
    ]
    told = alarms(store, morning, friday)
    assert len(told) == 42
    assert told[20] == "and 480 more changes of lot" and told[41] == "and 480 more changes of tick"


def test_tokens_used_again_after_expiry_are_one_line_and_others_are_loud(store: MasterStore, morning: Morning) -> None:
    expired = [msgspec.structs.replace(i, tradingsymbol=f"OLD{n}", expiry=FRIDAY) for n, i in enumerate(TODAY[-30:])]
    shares = [msgspec.structs.replace(i, tradingsymbol=f"SHARE{n}") for n, i in enumerate(TODAY[-32:-30])]
    told = alarms(store, morning, [*TODAY[:-32], *shares, *expired])
    assert told[:2] == tuple(
        f"token {i.instrument_token} was {i.exchange}:SHARE{n}, is now {i.key}" for n, i in enumerate(TODAY[-32:-30])
    )
    assert told[2].startswith("30 tokens of expired contracts are used again") and len(told) == 3


def test_a_shorter_file_is_the_first_thing_told(store: MasterStore, morning: Morning) -> None:
    more = [
        msgspec.structs.replace(i, tradingsymbol=f"M{n}", instrument_token=n << 8 | 2, expiry=WEDNESDAY)
        for n, i in enumerate(TODAY[:100], start=9_000_000)
    ]
    told = alarms(store, morning, [*changed({"lot_size": 9}, lambda i: True), *more])
    assert told[0] == "100 unexpired instruments (16.7 %) are gone since then: a dump cut short?"


def test_a_damaged_yesterday_is_an_alarm_and_no_hindrance(store: MasterStore, morning: Morning) -> None:
    keep(store, FRIDAY, DUMP)
    rewrite(store.folder / "2026-11-20.csv.gz", lambda b: b[:-9])
    today = morning("09:00", DUMP)
    assert today.before is None and today.changes is None
    assert len(today.alarms) == 1 and "not compared with the day before" in today.alarms[0]


# Against a simulated broker.


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with broker_process("--rules", "permissive") as served:
        yield served


def test_a_brokers_day_and_its_faults(broker: Served, store: MasterStore) -> None:
    day = date.fromisoformat(broker["day"])
    now_ns = at("10:00", day)
    tokens = [broker["access_token"]]
    rest = KiteMarketRest(root=broker["rest_url"], api_key=broker["api_key"], access_token=lambda: tokens[-1])

    def strike(kind: str, **params: Any) -> None:
        broker.admin("POST", "/faults", {"kind": kind, "params": params, "count": 1})

    strike("instruments.late")
    with pytest.raises(BrokerFailed, match="404"):
        todays_master(store, rest, day, now_ns)
    strike("instruments.truncated", share=0.503)
    with pytest.raises(BadMaster, match="line"):
        todays_master(store, rest, day, now_ns)
    tokens.append("wrong")
    with pytest.raises(TokenRefused):
        todays_master(store, rest, day, now_ns)
    tokens.pop()

    today = todays_master(store, rest, day, now_ns)
    assert today.alarms == () and today.rows == len(today.master.instruments) > 20
    strike("rest.status", status=503)
    assert todays_master(store, rest, day, now_ns).sha256 == today.sha256, "the kept one asks nobody"
    broker.admin("DELETE", "/faults")

    yesterday = [msgspec.structs.replace(i, lot_size=i.lot_size + 1) for i in today.master.instruments]
    keep(store, day - timedelta(days=1), dump(yesterday))
    again = todays_master(store, rest, day, now_ns)
    assert again.changes is not None and len(again.changes.of("lot")) == today.rows
