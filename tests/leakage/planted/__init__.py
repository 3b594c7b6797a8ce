"""Components that leak, each in its own way: what the leak tests must find."""
