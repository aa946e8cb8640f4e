"""Writing files so that nobody ever finds half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def atomic_writer(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that takes `path`'s place when the block ends well and leaves no trace when it does not.

    The file can be read and sought in. A file that it replaces keeps its mode; a symbolic link is replaced, never
    followed, so that a stranger's repository cannot point a build at somebody's own files. Raises OSError.
    """
    mode = _mode_to_keep(path)
    # Beside the target, because only a rename within one file system is atomic. The name is made here and not by
    # tempfile, whose files are readable by their owner alone whatever the umask says.
    temporary = path.with_name(f".deckbuilder-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None and stat.S_IMODE(temporary.stat().st_mode) != mode:
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:  # Ctrl-C too must leave nothing behind
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, content: bytes) -> None:
    """Write `content` to `path` wholly or not at all. Raises OSError."""
    with atomic_writer(path) as file:
        file.write(content)


def _mode_to_keep(path: Path) -> int | None:
    """Return the mode of the ordinary file at `path`, None if there is none; raise OSError if something else is."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):  # a rename would replace /dev/null itself for who may do so
        raise OSError(errno.EINVAL, "Not an ordinary file", str(path))
    return stat.S_IMODE(found.st_mode) & 0o777
