"""One of the broker's books beside ours, each."""
