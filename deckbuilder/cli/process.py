"""The command as a process among others: how it is stopped, how it ends, and what it does where nobody can hear it."""

from __future__ import annotations

import codecs
import contextlib
import gc
import os
import signal
import sys
from io import TextIOWrapper
from types import FrameType
from typing import Final, NoReturn

import click

from deckbuilder.cli.main import BROKEN_PIPE, INTERRUPTED, main, was_said

UNHEARD: Final = 3
"""Exit code of a command that did its work, but whose report could not be written."""

_STOPPED: Final = {"SIGTERM": "Stopped.", "SIGHUP": "Stopped: the terminal is gone."}
_BY_SIGNAL: Final = (INTERRUPTED, BROKEN_PIPE, 128 + signal.SIGTERM, 129)
"""Exit codes by which a shell tells that a program was ended by a signal."""


def run_command() -> NoReturn:
    """Do what the command line says, and end with its exit code."""
    _occupy_missing_streams()
    _speak_utf8()
    for name in _STOPPED:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:  # who ignores it, as nohup does, is right
            signal.signal(number, _stop)
    try:
        main(prog_name="deckbuilder")
    except SystemExit as end:
        _leave(end.code)
    except KeyboardInterrupt:
        _leave(INTERRUPTED)
    except OSError as error:
        if not was_said(error):
            raise
        with contextlib.suppress(OSError):
            click.echo(f"Error: the report cannot be written: {error.strerror or error}", err=True)
        _leave(UNHEARD)
    _leave(0)


def _occupy_missing_streams() -> None:
    """Put nothing in the place of streams that were closed, or a file that is opened would get what is printed."""
    with contextlib.suppress(OSError):
        while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(number)


def _speak_utf8() -> None:
    """See to it that files have the names that they have everywhere else, and that any text can be printed."""
    if sys.getfilesystemencoding() != "utf-8" and not sys.flags.utf8_mode:  # an old locale, with PYTHONUTF8=0
        os.execv(sys.executable, [sys.executable, "-P", "-X", "utf8", "-m", "deckbuilder", *sys.argv[1:]])  # noqa: S606
    codecs.register_error("as-in-json", _as_in_json)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="as-in-json")


def _as_in_json(error: UnicodeError) -> tuple[str, int]:
    """Write characters that the output cannot have as JSON does: those of file names that are no UTF-8, and others."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{text[at]:02x}{text[at + 1]:02x}" for at in range(0, len(text), 2)), error.end


def _stop(number: int, _: FrameType | None) -> None:
    """End in good order: every block that is open cleans up."""
    with contextlib.suppress(OSError):
        os.write(2, f"{_STOPPED[signal.Signals(number).name]}\n".encode())
    raise SystemExit(128 + number)


def _leave(code: str | int | None) -> NoReturn:
    """End the process; by the signal that stopped it, so that a shell's loop stops with it."""
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # nobody will ever have it, and Python is not to complain of that
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    if os.name == "posix" and code in _BY_SIGNAL:
        signal.signal(int(code) - 128, signal.SIG_DFL)
        os.kill(os.getpid(), int(code) - 128)
    gc.freeze()  # nothing is left to be found: the last collection would look at all that was ever imported
    sys.exit(code)
