"""The watchdog is killed and nobody starts it again: main says so to a person, over the addresses of the home."""

from pathlib import Path

from harness.alert_inbox import alert_inbox
from harness.scenario_desk import ENGINE, FAST, trading_desk
from harness.watched_desk import Watched


def test_a_killed_watchdog_is_told_to_a_person_by_main(tmp_path: Path) -> None:
    with alert_inbox() as inbox, trading_desk(tmp_path, ENGINE, *FAST) as trading:
        watched = Watched(trading.home, trading.desk.environment)
        watched.start()
        trading.home.env_file.write_text(f"TARAZU_ALERT_URLS={inbox.url}\n")
        trading.home.env_file.chmod(0o600)
        watched.stop(9)
        watched.seen(lambda: [title for title in inbox.titles if "WATCHDOG_SILENT" in title])
