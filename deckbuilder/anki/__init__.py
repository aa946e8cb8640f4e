"""The bridge to the real Anki, behind the extra `anki`: prove an update, bring a build into a collection."""
