"""What the pages that tarazu leaves behind share: their head and looks, their numbers' words, plots and tables.

A page is one file that needs nothing else: no network, no script; read on a screen by day and night, on paper, on a
telephone. Its own room says what is on it.
"""
