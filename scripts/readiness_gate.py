"""`tarazu ready`: may we trade today? READY or NOT_READY, and why."""

from _tarazu import run

run("ready")
