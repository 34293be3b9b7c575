"""`tarazu feed status`: every feed, connection, the recording and the breaker, and what that amounts to."""

from _tarazu import run

run("feed", "status")
