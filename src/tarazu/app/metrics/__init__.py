"""The desk's figures for Prometheus, on this machine's loopback."""
