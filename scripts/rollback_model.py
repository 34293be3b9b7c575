"""`tarazu model rollback`: back to the version before, or forward again."""

from _tarazu import run

run("model", "rollback")
