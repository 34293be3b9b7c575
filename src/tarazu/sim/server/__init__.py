"""The Kite server around the simulated broker: HTTP, ticker WebSocket, admin port, postbacks, clock, command log.

The only part of the simulator that reads a clock or opens a socket. It listens on 127.0.0.1 and nowhere else.
"""
