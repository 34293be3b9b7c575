"""The supervisor's configuration: what the table of programs is in its words. No secret is in it.

Its paths are relative to the home, which is the supervisor's working directory: a home may have any name, however long
or strange. The socket's is one that the kernel reads as short (a socket's path is limited to 107 bytes).
"""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tarazu.app.home import Home
from tarazu.app.supervision.programs import Program

SOCKET = "supervisor.sock"
CONF = "supervisord.conf"
PID_FILE = "supervisord.pid"
LOG = "supervisord.log"

# A process that ends sooner than this after its start has not started: tried again after 1, 2, 3 s, then FATAL. Later,
# it is started again at once, whatever it ended with: nobody had asked it to.
START_S, START_TRIES = 5, 3
LOG_BYTES, LOG_KEPT = 10_000_000, 5


def conf(home: Home, programs: Sequence[Program]) -> str:
    whole: dict[str, Mapping[str, object]] = {
        "unix_http_server": {"file": f"/proc/self/cwd/run/{SOCKET}", "chmod": "0700"},
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        "supervisord": {
            "identifier": f"tarazu-{home.profile}",
            "pidfile": f"run/{PID_FILE}",
            "logfile": f"logs/{LOG}",
            "logfile_maxbytes": 1_000_000,
            "logfile_backups": 3,
            "childlogdir": "logs",
            "nocleanup": "true",
            "umask": "077",
            # No more than the system gives everyone; the default of 1024 fails where the hard limit is lower.
            "minfds": 256,
            "minprocs": 32,
        },
        **{f"program:{program.name}": _program(program) for program in programs},
    }
    return "\n".join(_section(name, options) for name, options in whole.items())


def environment(home: Home, environ: Mapping[str, str]) -> dict[str, str]:
    """Of a home's processes: ours, which home it is, and none of the KITE_ variables, secrets among them. What they
    need to know of the broker they read from the home, the one source of it."""
    ours = {name: value for name, value in environ.items() if not name.startswith("KITE_")}
    return ours | {"TARAZU_HOME": str(home.root.parent), "TARAZU_PROFILE": str(home.profile)}


def python_words(words: Sequence[str]) -> list[str]:
    """This Python with these words; -P: a folder of the home is no package."""
    return [_python(), "-P", *words]


def _python() -> str:
    """By one name, whatever a command was called by: `bin/python` and `bin/python3` are one, and a process that is well
    is not started again for the difference."""
    usual = Path(sys.prefix, "bin", "python3")
    same = usual.exists() and usual.resolve() == Path(sys.executable).resolve()
    return str(usual) if same else sys.executable


def _program(program: Program) -> dict[str, object]:
    return {
        "command": shlex.join(python_words(program.words)),
        "priority": program.order,
        # The supervisor starts nothing by itself: a command does, and waits for what it started.
        "autostart": "false",
        "autorestart": "true",
        "startsecs": START_S,
        "startretries": START_TRIES,
        "stopsignal": "TERM",
        "stopwaitsecs": program.stop_s,
        "stopasgroup": "false",
        "killasgroup": "true",
        **_logs(program),
    }


def _logs(program: Program) -> dict[str, object]:
    both = {"redirect_stderr": "true"} if program.stdout_kept else {"stdout_logfile": "NONE"}
    channel = "stdout" if program.stdout_kept else "stderr"
    return {
        **both,
        f"{channel}_logfile": f"logs/{program.name}.log",
        f"{channel}_logfile_maxbytes": LOG_BYTES,
        f"{channel}_logfile_backups": LOG_KEPT,
    }


def _section(name: str, options: Mapping[str, object]) -> str:
    """`%` is doubled: the supervisor expands it."""
    rows = (f"{option} = {str(value).replace('%', '%%')}" for option, value in options.items())
    return "\n".join([f"[{name}]", *rows, ""])
