"""All there is about an incident, in one file that can be given away: found, redacted, sealed, and checked again."""
