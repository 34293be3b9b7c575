#!/usr/bin/env bash
# tarazu down all: the watchdog first, entries cancelled, main, and what is left at the broker.
exec "${PYTHON:-python3}" "$(dirname "${BASH_SOURCE[0]}")/_tarazu.py" down all "$@"
