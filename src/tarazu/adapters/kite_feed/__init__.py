"""The ticker client: up to three WebSockets to Kite that cannot go silently blind."""
