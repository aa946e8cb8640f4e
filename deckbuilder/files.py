"""Reading files that may be anything, and writing files so that nobody ever finds half of one."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import Final

from msgspec import Struct

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PREFIX, _SUFFIX = ".deckbuilder-", ".tmp"
_WORKING: Final = "deckbuilder-working-"
_LONG_AGO: Final = 3600  # seconds that nobody takes to write one file
_A_MOMENT: Final = 60  # seconds by which a working folder is surely held
_NAMELESS: Final = getattr(os, "O_TMPFILE", 0) if Path("/proc/self/fd").is_dir() else 0
_PATIENCE: Final = 30.0  # seconds for another process to be done
_READINGS: Final = 5  # of a file that changes meanwhile
_ABSENT: Final = {errno.ENOENT, errno.ENOTDIR}


_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³]) *(?:[.:]|\Z)", re.IGNORECASE)


def is_device(name: str) -> bool:
    """Whether Windows takes a file's name for a device, whatever folder it is in and whatever ending it has."""
    return _DEVICE.match(name) is not None


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class TooLarge(Exception):
    """A file has more bytes than may be read; carries how many, as far as that is known."""

    def __init__(self, size: int) -> None:
        super().__init__(f"{size} bytes")
        self.size = size


def is_there(path: Path) -> bool:
    """Whether anything has this name: a link that leads nowhere too, and whatever may not be asked about.

    So what is not there is known to be absent, and reading what is there says why it cannot be read.
    """
    try:
        path.lstat()
    except OSError as error:
        return error.errno not in _ABSENT
    return True


def real_path(path: Path) -> Path:
    """Return where a path leads, as far as that can be found out; unlike `Path.resolve` it raises nothing."""
    try:
        return Path(os.path.realpath(path))
    except OSError:  # the present folder is no more
        return path


def leads_out(path: Path) -> bool:
    """Whether a path leaves the present folder by a link, and not by a `..` that whoever typed it can see.

    A stranger's checkout may hold such a link under the name that a command reads or writes by default. A path from
    the root is one within the present folder if it begins with that, else whoever typed it can see that it is not.
    """
    if path.is_absolute():
        try:
            present = Path.cwd()
        except OSError:  # the present folder is no more
            return False
        if not path.is_relative_to(present):
            return False
        path = path.relative_to(present)
    ups = [part for part in path.parts if part == ".."]
    if path.parts[: len(ups)] != tuple(ups):
        return True  # a `..` behind a name: after a link it leads nobody knows where
    return not real_path(path).is_relative_to(real_path(Path(*ups)))


def read_ordinary(path: Path, limit: int, *, follow: bool = True) -> bytes:
    """Return the content of an ordinary file, as it was at one moment; with `follow` a link to one will do.

    Never waits for a pipe and never reads more than `limit` bytes. Raises OSError, and TooLarge.
    """
    for _ in range(_READINGS):
        with os.fdopen(_opened(path, follow=follow), "rb") as file:
            before = os.fstat(file.fileno())
            content = file.read(before.st_size + 1) if before.st_size <= limit else b""
            after = os.fstat(file.fileno())
        if max(len(content), after.st_size) > limit:
            raise TooLarge(max(len(content), after.st_size))
        if (len(content), before.st_mtime_ns) == (
            before.st_size,
            after.st_mtime_ns,
        ) and before.st_size == after.st_size:
            return content
    raise OSError(errno.EBUSY, "it changes while it is read", str(path))


def _opened(path: Path, *, follow: bool) -> int:
    """Open the ordinary file at `path` for reading, without waiting for whoever might write to a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    number = os.open(path, flags if follow else flags | getattr(os, "O_NOFOLLOW", 0))
    found = os.fstat(number).st_mode
    if stat.S_ISREG(found):
        return number
    os.close(number)
    raise OSError(errno.EINVAL, "it is a folder" if stat.S_ISDIR(found) else "it is no ordinary file", str(path))


# ── writing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class _NewFile(Struct):
    """A file that is being written: where it is to be, its name until then, what it replaces (None: nothing)."""

    path: Path
    temporary: Path
    mode: int | None
    file: BufferedRandom
    old: Path | None = None


class NewFiles:
    """Files that take their paths' places together, in the order in which they were opened, when the block ends well.

    Where it does not, all is as it was: nothing is moved before every file is whole and safe on the disk, and should a
    move be refused, those before it are undone. Being killed leaves the first few of the files new, each of them whole,
    and besides, for a moment, files of temporary names, which the next call clears away; where files can be without a
    name (Linux) nothing is left at all while they are written. A file that is replaced keeps its mode; a symbolic link
    is replaced, never followed, so that a stranger's repository cannot point a build at somebody's own files. Every
    method, and the end of the block, may raise OSError; `at` then is the path that was worked at.
    """

    def __init__(self) -> None:
        self.at = Path()
        self._files: list[_NewFile] = []
        self._folders: list[Path] = []

    def __enter__(self) -> NewFiles:
        return self

    def folder(self, path: Path) -> None:
        """Make a folder and those above it where there are none."""
        self.at = path
        missing = [one for one in (path, *path.parents) if not one.is_dir()]
        for one in reversed(missing):
            one.mkdir(exist_ok=True)
            self._folders.append(one)

    def open(self, path: Path) -> BufferedRandom:
        """Open a new file, which can be read and sought in, to take `path`'s place."""
        self.at = path
        mode = _mode_to_keep(path)
        clear_away(path.parent)
        # Beside the target, because only a rename within one file system is atomic. The name is made here and not by
        # tempfile, whose files are readable by their owner alone whatever the umask says.
        temporary = _temporary_beside(path)
        file = _new_file(temporary)
        self._files.append(_NewFile(path, temporary, mode, file))
        return file

    def write(self, path: Path, content: bytes) -> None:
        """Let `content` take `path`'s place."""
        self.open(path).write(content)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Move all files into place, or leave no trace of any."""
        try:
            if error is None:
                for new in self._files:
                    self.at = new.path
                    _make_safe(new)
                self._move()
                self._folders.clear()
        finally:
            _surely(self._clean_up)

    def _move(self) -> None:
        moved: list[_NewFile] = []
        try:
            for new, following in zip(self._files, [*self._files[1:], None], strict=True):
                self.at = new.path
                _keep_old(new)
                moved.append(new)
                new.temporary.replace(new.path)
                if following is None or following.path.parent != new.path.parent:
                    _make_names_safe(new.path.parent)
        except BaseException:
            for new in reversed(moved):
                _undo(new)
            raise

    def _clean_up(self) -> None:
        for new in self._files:
            with contextlib.suppress(OSError):
                new.file.close()
            for left in (new.temporary, new.old):
                with contextlib.suppress(OSError):
                    if left is not None:
                        left.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            with contextlib.suppress(OSError):  # somebody has put something there meanwhile
                folder.rmdir()


def _surely(clean_up: Callable[[], None]) -> None:
    """Clean up, and do it once more where Ctrl-C came in between."""
    try:
        clean_up()
    except BaseException:
        clean_up()
        raise


@contextmanager
def atomic_writer(path: Path) -> Iterator[BufferedRandom]:
    """Open one new file as `NewFiles` does. Raises OSError."""
    with NewFiles() as files:
        yield files.open(path)


def _temporary_beside(path: Path) -> Path:
    return path.with_name(f"{_PREFIX}{os.getpid()}-{secrets.token_hex(8)}{_SUFFIX}")


def _new_file(temporary: Path) -> BufferedRandom:
    """Open a new file for reading and writing, without a name if the system has such files, else as `temporary`."""
    if _NAMELESS:
        with contextlib.suppress(OSError):  # a file system that has none, or a folder that is not there
            return os.fdopen(os.open(temporary.parent, os.O_RDWR | _NAMELESS, 0o666), "w+b")
    return temporary.open("x+b")


def _make_safe(new: _NewFile) -> None:
    """Bring a new file onto the disk, whole, with the mode of what it replaces and its temporary name."""
    with new.file as file:
        file.flush()
        os.fsync(file.fileno())
        if new.mode is not None and stat.S_IMODE(os.fstat(file.fileno()).st_mode) != new.mode:
            os.chmod(file.fileno() if os.chmod in os.supports_fd else new.temporary, new.mode)  # noqa: PTH101  # by number
        if not new.temporary.exists():
            _give_name(file, new.temporary)


def _give_name(file: BufferedRandom, name: Path) -> None:
    # Any folder's number makes Python follow the link in /proc to the file itself, as open(2) describes.
    os.link(f"/proc/self/fd/{file.fileno()}", name, src_dir_fd=file.fileno())


def _keep_old(new: _NewFile) -> None:
    """Give what is to be replaced a second name, where the file system can, so that it can be put back."""
    name = _temporary_beside(new.path)
    with contextlib.suppress(OSError, NotImplementedError):
        os.link(new.path, name, follow_symlinks=False)
        new.old = name


def _undo(new: _NewFile) -> None:
    """Put back what was replaced, as far as that can be done."""
    with contextlib.suppress(OSError):
        if new.old is not None:
            new.old.replace(new.path)
        elif new.mode is None and not new.temporary.exists():
            new.path.unlink()


def _make_names_safe(folder: Path) -> None:
    """Bring the names in a folder onto the disk, where the system can: a lock must not outlive a power cut alone."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


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


# ── neighbours ──────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes that would hold it, which wait. Raises OSError if one of them stays.

    Leaves no file, and ends with the process however that ends. Where folders cannot be held (Windows, some network
    disks) nothing is: there only whoever looks for changes at the last moment is warned of another process.
    """
    number = None
    with contextlib.suppress(OSError):
        number = None if fcntl is None else os.open(folder, os.O_RDONLY)
    if number is None:
        yield
        return
    try:
        _wait_for(number, folder)
        yield
    finally:
        os.close(number)


def _wait_for(number: int, folder: Path) -> None:
    begun = time.monotonic()
    while not _is_ours(number):
        if time.monotonic() - begun > _PATIENCE:
            raise TimeoutError(errno.ETIMEDOUT, "another deckbuilder is writing there and does not end", str(folder))
        time.sleep(0.02)


def _is_ours(number: int) -> bool:
    """Take an open folder for this process unless another has it; one that cannot be taken is everybody's."""
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give an empty folder of the user's own, among the system's temporary ones, which is gone at the end.

    It is held while it is in use, so that those that killed processes left are known, and removed. Raises OSError.
    """
    _clear_working_folders()
    folder = Path(tempfile.mkdtemp(prefix=_WORKING))
    try:
        with held(folder):
            yield folder
    finally:
        _surely(lambda: shutil.rmtree(folder, ignore_errors=True))


# ── what is left ────────────────────────────────────────────────────────────────────────────────────────────────────


def clear_away(folder: Path) -> None:
    """Remove the temporary files of processes that were killed."""
    with contextlib.suppress(OSError):
        for left in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                if _is_abandoned(left.name) or time.time() - left.lstat().st_mtime > _LONG_AGO:
                    left.unlink()


def _clear_working_folders() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{_WORKING}*"):
        with contextlib.suppress(OSError):
            if _is_forgotten(left):
                shutil.rmtree(left, ignore_errors=True)


def _is_forgotten(folder: Path) -> bool:
    """Whether a working folder is this user's, older than its first moment, and held by nobody."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (os.name == "posix" and found.st_uid != os.getuid()):
        return False
    age = time.time() - found.st_mtime
    if fcntl is None:
        return age > 24 * _LONG_AGO
    number = os.open(folder, os.O_RDONLY)
    try:
        return age > _A_MOMENT and _is_ours(number)
    finally:
        os.close(number)


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
