"""`tarazu risk show`: The account's result and exposure, reckoned anew from the broker's books."""

from _tarazu import run

run("risk", "show")
