"""Why a preview cannot be shown: mistakes of whoever calls it, told at the command line."""

from __future__ import annotations


class PreviewRefused(Exception):
    """The preview cannot be shown as asked; the message says why, and what would help."""
