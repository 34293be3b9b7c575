"""`tarazu export trades`: every execution of the day, as CSV."""

from _tarazu import run

run("export", "trades", "--csv")
