"""Numeric drills: domains, expressions, variants; knows nothing of Anki or Markdown."""
