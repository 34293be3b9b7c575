"""`tarazu session login`: today's access token, from the address that Kite's login ends at."""

from _tarazu import run

run("session", "login")
