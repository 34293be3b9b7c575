"""The world behind the ports: sockets, clocks, files of others. They know the wire and the model, not each other."""
