"""Kite's order and portfolio REST for one account: the one part of the stack that places, changes and cancels orders.

An order is sent once. How it ended is a value (`model.outcome`), and doubt is one of the values.
"""
