"""`tarazu risk reset-halt`: Take a halt back, after it was looked into."""

from _tarazu import run

run("risk", "reset-halt")
