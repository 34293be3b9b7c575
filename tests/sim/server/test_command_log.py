from pathlib import Path

import msgspec
import pytest

from tarazu.model.calendar import Pace
from tarazu.sim.faults import FaultOrder
from tarazu.sim.server.command_log import FILE_NAME, CommandLog, CommandLogError, Header, read_header
from tarazu.sim.server.commands import ArmFault, IssueAccessToken, Line, Mark, OpenAccount, RestCall

HEADER = Header(
    seed=1, rules="nse-2026", scenario="quiet", size="tiny", step_ns=10**9, start_ns=5, pace=Pace.SHORT, cash_paise=100
)
LINES = [
    Line(5, OpenAccount(user_id="TZ0001", cash_paise=100, static_ips=("127.0.0.1",))),
    Line(6, IssueAccessToken(user_id="TZ0001")),
    Line(
        7,
        RestCall(
            method="POST",
            path="/orders/regular",
            query=[("a", "b")],
            headers={"authorization": "token k:t"},
            body=b"quantity=1\xff\x00",
            client_ip="127.0.0.1",
            status=200,
        ),
    ),
    Line(8, ArmFault(order=FaultOrder(kind="ws.drop", count=1))),
    Line(9, Mark()),
]


def written(directory: Path) -> Path:
    log = CommandLog(directory, HEADER)
    for line in LINES:
        log.append(line)
    log.close()
    return directory / FILE_NAME


def test_a_log_gives_back_what_was_appended(tmp_path: Path) -> None:
    written(tmp_path / "new" / "place")
    log = CommandLog(tmp_path / "new" / "place", HEADER)
    assert (log.lines, log.torn_bytes) == (LINES, 0)
    assert read_header(tmp_path / "new" / "place") == HEADER


def test_a_torn_last_line_is_cut_off_at_every_byte_and_the_log_goes_on(tmp_path: Path) -> None:
    path = written(tmp_path)
    whole = path.read_bytes()
    last = len(whole) - len(whole.splitlines()[-1]) - 1
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        log = CommandLog(tmp_path, HEADER)
        assert (log.lines, log.torn_bytes) == (LINES[:-1], cut - last)
        log.append(LINES[-1])
        log.close()
        assert path.read_bytes() == whole


def test_a_damaged_line_in_the_middle_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = written(tmp_path)
    rows = path.read_bytes().splitlines(keepends=True)
    rows[2] = b"{]\n"
    path.write_bytes(b"".join(rows))
    with pytest.raises(CommandLogError, match=r"commands\.jsonl:3 is damaged"):
        CommandLog(tmp_path, HEADER)


def test_other_options_than_the_logs_are_refused_and_named(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    with pytest.raises(CommandLogError, match=r"seed 1 \(asked for 2\)"):
        CommandLog(tmp_path, msgspec.structs.replace(HEADER, seed=2))
    assert path.read_bytes() == before


def test_one_log_has_one_writer(tmp_path: Path) -> None:
    log = CommandLog(tmp_path, HEADER)
    with pytest.raises(CommandLogError, match="in use"):
        CommandLog(tmp_path, HEADER)
    log.close()


def test_a_crash_while_the_header_was_written_begins_the_log_anew(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes()[:10])
    assert read_header(tmp_path) is None
    assert CommandLog(tmp_path, HEADER).lines == []
