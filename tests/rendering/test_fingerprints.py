"""What tells that a note has changed is the same for ever."""

from __future__ import annotations

import json
from hashlib import blake2b

from hypothesis import given
from hypothesis import strategies as st

from deckbuilder.kinds import fields
from deckbuilder.rendering.notes import fingerprint

TEXTS = st.text(max_size=12) | st.sampled_from(['"', "\\", "\n\x7f\u2028", "é 𝛼", "</b>"])


def digest(value: object) -> str:
    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()


@given(st.dictionaries(st.sampled_from(fields.FIELDS), TEXTS), st.lists(TEXTS, max_size=3).map(tuple))
def test_a_fingerprint_is_that_of_the_fields_as_json(counted: dict[str, str], tags: tuple[str, ...]) -> None:
    """If this failed, an update of deckbuilder alone would bring every note to every learner again."""
    body = {name: text for name, text in counted.items() if name != fields.TOPIC}
    assert fingerprint(counted, tags) == f"{digest(body)}.{digest([counted, tags])}"


def test_a_fingerprint_is_what_it_was() -> None:
    """If this failed, an update of deckbuilder alone would bring every note to every learner again."""
    counted = {fields.QUESTION: "What is *é*?", fields.TOPIC: "A › B", fields.KEY: "a"}
    assert fingerprint(counted, ("x::y", "z")) == "fb69d7c28e767a5d.48ba5d5bb995e55e"
