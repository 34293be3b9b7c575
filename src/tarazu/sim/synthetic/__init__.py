"""A synthetic NSE day from a seed: instruments, paths, a moving smile, ladders, and the days before."""
