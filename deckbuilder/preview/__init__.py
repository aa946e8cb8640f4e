"""The cards of a deck in a browser, as each of Anki's programs shows them: live, or as a site."""
