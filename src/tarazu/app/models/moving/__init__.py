"""The active version moved: the trail of a family, its pointer, and what the commands answer."""
