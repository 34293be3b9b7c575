"""What a version has shown: its gates, and what the journal lets it be asked."""
