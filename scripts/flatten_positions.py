"""`tarazu flatten`: Leave every position, by the broker's own books."""

from _tarazu import run

run("flatten")
