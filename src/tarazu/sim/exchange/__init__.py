"""The exchange: one price-time book an instrument, phases, auctions, stops, guards, halts. `Exchange` is its face."""
