"""`deckbuilder code test` runs the assertions of implementation cards; no other part runs a deck's code."""
