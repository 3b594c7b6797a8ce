"""Gates: named checks with a threshold that together make the verdict."""
