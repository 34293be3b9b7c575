"""`tarazu up depth_ws`: the feed's process is started, found healthy, or restarted."""

from _tarazu import run

run("up", "depth_ws")
