"""The engine: one pure function from messages to acts. What it knows is what the journal tells; what it does is data.

`process` takes one stamped message and answers with a `Step`: the acts it decided on, which alone change its state
besides the message, and the outputs, which the shell performs after the step is in the journal. See docs/engine.md.
"""
