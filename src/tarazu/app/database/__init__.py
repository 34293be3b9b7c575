"""The database kept: from the journal, and again from the journal when it is lost."""

from pathlib import Path

from tarazu.app.home import Home


def database_file(home: Home) -> Path:
    return home.root / "database.sqlite"
