"""What the shell needs of the world, as protocols: each has an adapter, and a test may bring its own."""
