"""The market state in a file: seen by other mappings as it changes, replaced whole by the next writer."""

from pathlib import Path

import pytest

from harness.market_rows import feed, row
from tarazu.app.feed.market_file import MappedMarket, create_market

NIFTY, VIX = 256265, 264969
NOW = 1_795_404_600 * 10**9


def test_a_reader_sees_what_the_writer_writes(tmp_path: Path) -> None:
    state = create_market(tmp_path / "market.state", [NIFTY, VIX])
    reader = MappedMarket(tmp_path / "market.state")
    feed(state, NOW, row(NIFTY, 8, ltp=2_600_000), packet_bytes=8)
    assert int(reader.view.rows["ltp"][reader.view.slot_of(NIFTY)]) == 2_600_000
    assert VIX in reader.view and len(reader.view) == 2


def test_the_next_writer_makes_another_file_and_old_readers_notice(tmp_path: Path) -> None:
    path = tmp_path / "market.state"
    old = create_market(path, [NIFTY])
    reader = MappedMarket(path)
    assert not reader.is_replaced
    new = create_market(path, [VIX, NIFTY])
    assert reader.is_replaced
    feed(new, NOW, row(NIFTY, 8, ltp=1), packet_bytes=8)
    assert reader.view.snapshot(0) is not None and int(reader.view.rows["ltp"][0]) == 0
    assert len(MappedMarket(path).view) == 2 and len(old) == 1


def test_what_a_killed_writer_left_beside_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "market.state"
    path.with_suffix(".new").write_bytes(b"half")
    assert len(create_market(path, [NIFTY])) == 1


def test_a_reader_of_nothing_is_told_so(tmp_path: Path) -> None:
    path = tmp_path / "market.state"
    with pytest.raises(FileNotFoundError):
        MappedMarket(path)
    path.write_bytes(bytes(4096))
    with pytest.raises(ValueError, match="no market state"):
        MappedMarket(path)


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    create_market(tmp_path / "market.state", [NIFTY])
    reader = MappedMarket(tmp_path / "market.state")
    with pytest.raises(ValueError, match="read-only"):
        reader.view.rows["ltp"][0] = 1
