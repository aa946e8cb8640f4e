"""Write prepared notes with genanki and nothing else: what any tool that uses it must spend.

python benchmarks/genanki_alone.py prepared.json written.apkg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import genanki


def write(prepared: Path, package: Path) -> None:
    """Write to `package` the notes that `run.py` took out of a package of deckbuilder's."""
    plan = json.loads(prepared.read_text(encoding="utf-8"))
    models = {
        model["id"]: genanki.Model(
            model["id"],
            model["name"],
            fields=[{"name": name} for name in model["fields"]],
            templates=[{"name": "Card", "qfmt": model["front"], "afmt": model["back"]}],
            css=model["css"],
        )
        for model in plan["models"]
    }
    decks = {deck["id"]: genanki.Deck(deck["id"], deck["name"]) for deck in plan["decks"]}
    for note in plan["notes"]:
        decks[note["deck"]].add_note(
            genanki.Note(models[note["model"]], note["fields"], guid=note["guid"], tags=note["tags"])
        )
    genanki.Package(list(decks.values())).write_to_file(package)


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
