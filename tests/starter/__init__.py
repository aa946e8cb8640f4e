"""The deck to begin with."""
