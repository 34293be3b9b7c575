"""The process `depth_ws`: Kite's ticker into the feed log, the market state and the feed's health."""
