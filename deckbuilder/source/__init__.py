"""The only reader of Markdown structure: files become documents, documents questions."""
