"""What was found wrong, and where: the type every stage returns beside its values."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


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
    """A second place that helps to understand a finding, with what is to be seen there."""

    span: Span
    message: str


class Diagnostic(Struct, frozen=True):
    """One finding: its rule's code, what is wrong at which place, and how to mend it."""

    code: str
    severity: Severity
    message: str
    span: Span
    help: str = ""
    related: tuple[Related, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether the finding stops the build by itself."""
        return self.severity is Severity.ERROR

    def __reduce__(self) -> tuple[type[Diagnostic], tuple[object, ...]]:
        """Pickle as a call, which is read back three times as fast."""
        return Diagnostic, (self.code, self.severity, self.message, self.span, self.help, self.related)


def has_errors(diagnostics: list[Diagnostic]) -> bool:
    """Whether any finding of the list stops the build."""
    return any(diagnostic.is_error for diagnostic in diagnostics)


class CannotGoOn(Exception):
    """The user's mistake that leaves nothing to continue with; carries its diagnostics to the command line."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{found.span}: {found.message}" for found in diagnostics))
        self.diagnostics = list(diagnostics)
