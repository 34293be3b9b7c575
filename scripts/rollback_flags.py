"""`tarazu flags rollback`: the last known good flags again, or --to VERSION."""

from _tarazu import run

run("flags", "rollback")
