"""Writing files so that nobody ever finds half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_PREFIX, _SUFFIX = ".deckbuilder-", ".tmp"
_LONG_AGO: Final = 3600  # seconds that nobody takes to write one file
_NAMELESS: Final = getattr(os, "O_TMPFILE", 0) if Path("/proc/self/fd").is_dir() else 0


@contextmanager
def atomic_writer(path: Path) -> Iterator[IO[bytes]]:
    """Open a new file that takes `path`'s place when the block ends well and leaves no trace when it does not.

    Being killed leaves none either where files can be without a name (Linux), but for the moment between naming the
    whole file and moving it; what is left then, and elsewhere, the next call clears away.
    The file can be read and sought in. A file that it replaces keeps its mode; a symbolic link is replaced, never
    followed, so that a stranger's repository cannot point a build at somebody's own files. Raises OSError.
    """
    mode = _mode_to_keep(path)
    clear_away(path.parent)
    # Beside the target, because only a rename within one file system is atomic. The name is made here and not by
    # tempfile, whose files are readable by their owner alone whatever the umask says.
    temporary = path.with_name(f"{_PREFIX}{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}")
    try:
        with _new_file(temporary) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if mode is not None and stat.S_IMODE(os.fstat(file.fileno()).st_mode) != mode:
                os.chmod(file.fileno() if os.chmod in os.supports_fd else temporary, mode)  # noqa: PTH101  # by number
            if not temporary.exists():
                _give_name(file, temporary)
        temporary.replace(path)
    except BaseException:  # Ctrl-C too must leave nothing behind
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _new_file(temporary: Path) -> IO[bytes]:
    """Open a new file for reading and writing, without a name if the system has such files, else as `temporary`."""
    if _NAMELESS:
        with contextlib.suppress(OSError):  # a file system that has none, or a folder that is not there
            return os.fdopen(os.open(temporary.parent, os.O_RDWR | _NAMELESS, 0o666), "w+b")
    return temporary.open("x+b")


def _give_name(file: IO[bytes], name: Path) -> None:
    # Any folder's number makes Python follow the link in /proc to the file itself, as open(2) describes.
    os.link(f"/proc/self/fd/{file.fileno()}", name, src_dir_fd=file.fileno())


def clear_away(folder: Path) -> None:
    """Remove the temporary files of processes that were killed."""
    with contextlib.suppress(OSError):
        for left in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                if _is_abandoned(left.name) or time.time() - left.stat().st_mtime > _LONG_AGO:
                    left.unlink()


def _is_abandoned(name: str) -> bool:
    """Whether the process that made a temporary file is known to be gone; another machine's looks alive or gone."""
    number = name.removeprefix(_PREFIX).partition("-")[0]
    if os.name != "posix" or not number.isdecimal():  # elsewhere the question would end the process
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


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
