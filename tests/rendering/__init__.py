"""How Markdown is rendered."""
