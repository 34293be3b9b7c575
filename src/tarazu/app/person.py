"""Who gives a word or does an act: the person whose process this is, by the name that records keep."""

import getpass
import os


def person() -> str:
    """The login name; `uid 1001` for a user without one (a container without passwd entry and USER): nobody is kept
    from halting for want of a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # 3.11 raises the one, 3.13 the other
        return f"uid {os.getuid()}"
