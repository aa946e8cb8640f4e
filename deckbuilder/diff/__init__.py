"""What a build changes for those who learn: two states of a deck become one account of their differences, pure data."""
