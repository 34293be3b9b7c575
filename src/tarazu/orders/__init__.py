"""Our orders: what was wanted, what was sent, what the broker says came of it, and what may still come.

Pure. A state is a function of the messages it was given, in their order (`messages`); time arrives on them.
"""
