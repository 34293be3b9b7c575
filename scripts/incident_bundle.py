"""`tarazu incident bundle`: everything about an incident in one file, without credentials."""

from _tarazu import run

run("incident", "bundle")
