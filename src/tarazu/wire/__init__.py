"""Kite Connect v3 on the wire, both ways: frames, rows, CSV, session, errors. Bytes and text become model types."""
