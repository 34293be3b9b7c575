"""`tarazu audit daily`: the day proven: journal, orders' trails, replay, result, limits; a report to look at."""

from _tarazu import run

run("audit", "daily")
