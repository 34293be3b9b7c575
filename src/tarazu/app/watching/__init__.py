"""What has happened lately, gathered for one look: the half-hour summary and the screen that goes on."""
