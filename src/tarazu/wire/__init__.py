"""Kite Connect v3 on the wire, both ways: frames, rows, CSV, session, errors. Text and bytes become model types here."""
