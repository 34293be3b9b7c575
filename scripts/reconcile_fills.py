"""`tarazu reconcile`: a day's orders, fills, positions, money and charges beside the broker's, by id, to the paisa."""

from _tarazu import run

run("reconcile")
