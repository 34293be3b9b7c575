"""`tarazu ops`: the half-hour look: what has happened lately, against the window before."""

from _tarazu import run

run("ops")
