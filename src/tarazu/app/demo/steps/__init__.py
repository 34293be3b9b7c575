"""The commands of a demo, and who gives them."""
