"""Process mains and their wiring: what puts the parts together and runs them."""
