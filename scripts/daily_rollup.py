"""`tarazu rollup`: the day in numbers, its logs and frames archived, and the end of its close."""

from _tarazu import run

run("rollup")
