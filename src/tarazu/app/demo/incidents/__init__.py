"""What goes wrong in a demo."""
