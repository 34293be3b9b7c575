"""tarazu: the open live-trading stack for NSE through Kite Connect, and a broker in a box to try it against."""

__version__ = "0.1.0"
