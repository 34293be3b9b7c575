"""What a demo looks like while it goes on: a screen of the whole desk on a terminal, plain lines anywhere else.

`frame` is pure: the screen of a demo at any second of it, live or years later from its `demo.json`.
"""
