"""The broker's session: who we are to it, since when, until when; how one begins and ends."""
