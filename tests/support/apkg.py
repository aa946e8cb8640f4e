"""An .apkg opened without Anki: its entries, and the rows of its database."""

from __future__ import annotations

import io
import json
import sqlite3
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile


@dataclass(frozen=True, slots=True)
class OpenedPackage:
    """The entries of an .apkg by name, in the order of the zip."""

    entries: dict[str, bytes]

    @property
    def media(self) -> dict[str, bytes]:
        """Return the packed files by the names that they have in Anki."""
        return {name: self.entries[number] for number, name in json.loads(self.entries["media"]).items()}

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Return the rows that a query of the collection gives."""
        connection = sqlite3.connect(":memory:")
        try:
            connection.deserialize(self.entries["collection.anki2"])
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]
        finally:
            connection.close()

    def notes(self) -> dict[str, dict[str, Any]]:
        """Return the rows of the notes by GUID."""
        return {row["guid"]: row for row in self.rows("SELECT * FROM notes")}

    def settings(self, column: str) -> Any:
        """Return a column of the collection's one row of settings, read as JSON if it is text."""
        value = self.rows("SELECT * FROM col")[0][column]
        return json.loads(value) if isinstance(value, str) else value


def opened(content: bytes) -> OpenedPackage:
    """Return the package that `content` is."""
    with ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        return OpenedPackage({name: package.read(name) for name in package.namelist()})
