"""How long a day is kept, and when it may go: after years, byte for byte in a proven backup, and by a person's word."""
