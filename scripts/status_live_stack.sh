#!/usr/bin/env bash
# tarazu status: every process, the risk state, the feed, the books; changes nothing.
exec "${PYTHON:-python3}" "$(dirname "${BASH_SOURCE[0]}")/_tarazu.py" status "$@"
