"""`python -m tarazu.app.supervision.serve [--profile P]`: the supervisor in the foreground, for systemd. Starts nothing
by itself, as ever; `tarazu up` and all other commands find it as the one that they would have begun.

0: asked to stop. 4: one runs already. 64: settings or arguments that cannot be used. 74: the home cannot be written.
"""

import argparse
import os
import sys
from typing import NoReturn

from tarazu.app.home import BadProfile, Home, Profile, home
from tarazu.app.settings import BadSettings, read_settings
from tarazu.app.supervision.conf import CONF, conf, environment, python_words
from tarazu.app.supervision.orphans import end, orphans
from tarazu.app.supervision.private_file import replace_private
from tarazu.app.supervision.process import running_pid
from tarazu.app.supervision.programs import programs
from tarazu.app.supervision.sim_place import kept_place

EXIT_SECOND, EXIT_MISUSE, EXIT_DISK = 4, 64, 74


def main() -> int:
    """Becomes supervisord; returns where it cannot."""
    parser = argparse.ArgumentParser(prog="python -m tarazu.app.supervision.serve", description=__doc__)
    parser.add_argument("--profile")
    try:
        where = home(parser.parse_args().profile)
        settings = read_settings(where.settings_file)
        if (pid := running_pid(where)) is not None:
            print(f"supervisor: process {pid} is the supervisor of {where.root}: tarazu down", file=sys.stderr)
            return EXIT_SECOND
        place = kept_place(where, settings.sim) if where.profile is Profile.SIM else None
        where.make()
        end(where, orphans(where))  # of a supervisor that was killed: nobody else would
        replace_private(where.run / CONF, conf(where, programs(where, settings.sim, place)))
    except (BadProfile, BadSettings) as bad:
        print(f"supervisor: {bad}", file=sys.stderr)
        return EXIT_MISUSE
    except OSError as broken:
        print(f"supervisor: {broken}", file=sys.stderr)
        return EXIT_DISK
    return _become(where)


def _become(where: Home) -> NoReturn:
    words = python_words(["-m", "supervisor.supervisord", "-n", "-c", str(where.run / CONF)])
    os.chdir(where.root)
    os.umask(0o077)
    os.execve(words[0], words, environment(where, os.environ))


if __name__ == "__main__":
    raise SystemExit(main())
