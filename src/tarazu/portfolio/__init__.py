"""What positions cost and are worth."""
