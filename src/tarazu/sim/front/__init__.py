"""Kite Connect v3's REST face as a pure function: a request and a time in, a response out, no socket."""
