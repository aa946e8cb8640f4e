"""Markdown becomes clean HTML: the only user of the Markdown renderers, of Pygments and of nh3."""
