"""What prices mean: books, bars, features, option chains, and whether the feed can be believed. Pure."""
