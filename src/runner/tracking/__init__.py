"""Tracking: other places in which runs are shown, told from run folders by a process of its own, never by a run."""
