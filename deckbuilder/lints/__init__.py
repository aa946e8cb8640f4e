"""Style: what makes a card hard to learn from, though nothing about it is wrong."""
