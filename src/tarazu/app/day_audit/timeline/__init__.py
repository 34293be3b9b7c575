"""What the charts show: result, latencies and feeds over the day."""
