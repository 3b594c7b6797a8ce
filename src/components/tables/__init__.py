"""Tables of strangers: what their columns mean."""
