#!/usr/bin/env bash
# tarazu up all: the gate, then depth_ws, main and watchdog, each when the one before is well.
exec "${PYTHON:-python3}" "$(dirname "${BASH_SOURCE[0]}")/_tarazu.py" up all "$@"
