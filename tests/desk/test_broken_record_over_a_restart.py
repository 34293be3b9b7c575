"""A desk's record that was changed keeps entries off for every main that finds it so, not for the first one alone."""

from pathlib import Path

from harness.desk import TRADING, desk
from harness.served import serving
from tarazu.runtime.desk_record import DeskKind, append


def test_the_next_main_enters_nothing_by_a_record_that_was_changed(tmp_path: Path) -> None:
    with (
        serving("--day", "2026-11-19", "--at", "10:00", "--step-ms", "200") as served,
        desk(tmp_path, served, TRADING) as at,
    ):
        now_ns = at.trading().wall_ns
        for number in (1, 2, 3):
            append(at.home.desk, DeskKind.DRILL, {"number": number}, who="asha", now_ns=now_ns)
        (path,) = at.home.desk.glob("*.jsonl")
        path.write_bytes(path.read_bytes().replace(b'"number":1', b'"number":9'))
        append(at.home.desk, DeskKind.DRILL, {"number": 4}, who="asha", now_ns=now_ns)
        at.until_main(lambda h: "DESK" in h.trouble and h.phase == "REDUCE_ONLY")
        at.stop_main()
        at.start_main()
        at.until_main(lambda h: "DESK" in h.trouble and h.ticked_mono_ns is not None and h.why.startswith("DESK"))
