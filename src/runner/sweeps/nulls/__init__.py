"""Null worlds: a whole search, repeated where nothing foretells the direction of a move. Start at kept.py."""
