"""Markdown review notes in git become an Anki deck that keeps every learner's history.

>>> from deckbuilder import build, check
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["BuildResult", "Options", "__version__", "build", "check"]

if TYPE_CHECKING:
    from deckbuilder.pipeline import BuildResult, Options, build, check


def __getattr__(name: str) -> object:
    """Import the pipeline only when something of it is asked for, so that the command line starts quickly."""
    if name in __all__:
        from deckbuilder import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
