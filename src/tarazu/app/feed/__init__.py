"""What everybody may know of the feed: its record, its checks, its words, its breaker."""
