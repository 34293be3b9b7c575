"""`tarazu session check`: does the broker take our token? VALID, INVALID or UNREACHABLE."""

from _tarazu import run

run("session", "check")
