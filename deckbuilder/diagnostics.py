"""What was found wrong, and where: the type every stage returns beside its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace


class Severity(StrEnum):
    """How much a finding weighs: an error stops the build, a warning does so under --strict, a note never."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Span(Struct, frozen=True, order=True):
    """A stretch of one line of a file, counted in characters of the whole file from line 1, column 1.

    `end` is the column after the last character; a span that knows no end is one character long.
    """

    file: str
    line: int = 1
    column: int = 1
    end: int = 0

    @property
    def width(self) -> int:
        """Number of characters that the span covers, at least one."""
        return max(1, self.end - self.column)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Related(Struct, frozen=True):
    """A second place that helps to understand a finding, with what is to be seen there. `line` as in `Diagnostic`."""

    span: Span
    message: str
    line: str = ""


class Diagnostic(Struct, frozen=True):
    """One finding: its rule's code, what is wrong at which place, and how to fix it.

    `line` is the text of the line that `span` is on, as it was read; "" if that file was never read as a source. A
    report shows this line and opens no file: what a finding names may be a link to anything.
    """

    code: str
    severity: Severity
    message: str
    span: Span
    help: str = ""
    related: tuple[Related, ...] = ()
    line: str = ""

    @property
    def is_error(self) -> bool:
        """Whether the finding stops the build by itself."""
        return self.severity is Severity.ERROR

    def __reduce__(self) -> tuple[type[Diagnostic], tuple[object, ...]]:
        """Pickle as a call, which is read back three times as fast."""
        return Diagnostic, (self.code, self.severity, self.message, self.span, self.help, self.related, self.line)


def with_lines(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str]) -> list[Diagnostic]:
    """Return findings with the lines that they are on; `texts` are the sources that were read, by name."""
    lines: dict[str, list[str]] = {}

    def line_of(span: Span) -> str:
        if span.file not in lines:
            lines[span.file] = texts.get(span.file, "").split("\n")
        there = lines[span.file]
        return there[span.line - 1] if 0 < span.line <= len(there) else ""

    return [
        replace(
            found,
            line=found.line or line_of(found.span),
            related=tuple(replace(one, line=one.line or line_of(one.span)) for one in found.related),
        )
        for found in diagnostics
    ]


def has_errors(diagnostics: list[Diagnostic]) -> bool:
    """Whether any finding of the list stops the build."""
    return any(diagnostic.is_error for diagnostic in diagnostics)


class CannotGoOn(Exception):
    """The user's mistake that leaves nothing to continue with; carries its diagnostics to the command line."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{found.span}: {found.message}" for found in diagnostics))
        self.diagnostics = list(diagnostics)
