"""Markets under any name: how symbols moved, in few bits, and which of them are the same. Start at sketch.py."""
