"""`tarazu sla`: every SLA that is observed, now and 99th percentile, against its limit."""

from _tarazu import run

run("sla")
