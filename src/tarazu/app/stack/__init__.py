"""The desk's processes as one thing: where each stands, how all of them are brought up in order and down again."""
