"""The kinds of note: one folder each, and what they share."""
