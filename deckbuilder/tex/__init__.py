"""TeX as Anki's MathJax reads it: what it knows, and what it would show wrong. Knows nothing of Markdown."""
