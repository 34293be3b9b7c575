"""Strategies: pure deciders. They see the market and their own orders, and say what they want; the engine weighs it."""
