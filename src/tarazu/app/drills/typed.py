"""A command of tarazu as an operator types it, at the desk that is rehearsed and with nothing of another's."""

import os
import subprocess
import sys
from collections.abc import Sequence

from tarazu.app.home import Home

_OURS = ("KITE_", "TARAZU_")


def typed(home: Home, words: Sequence[str], stdin: str, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Raises subprocess.TimeoutExpired for one that does not end."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return subprocess.run(
        [sys.executable, "-P", "-m", "tarazu", *words],
        env=plain | {"TARAZU_HOME": str(home.root.parent), "TARAZU_PROFILE": str(home.profile)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
