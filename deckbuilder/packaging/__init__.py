"""A package plan becomes an .apkg, the same bytes on every machine."""
