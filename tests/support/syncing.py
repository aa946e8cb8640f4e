"""The real sync server on this machine, and learners who sync with it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anki.sync_pb2 import SyncCollectionResponse

from tests.support.learner import Learner

USER, PASSWORD = "learner", "secret"
_PATIENCE = 120  # seconds; a limit for what has failed, not a measure of speed
Response = SyncCollectionResponse.ChangesRequired


@contextmanager
def sync_server(folder: Path) -> Iterator[str]:
    """Run the server of the `anki` package on loopback and yield its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {"SYNC_USER1": f"{USER}:{PASSWORD}", "SYNC_BASE": str(folder), "SYNC_HOST": "127.0.0.1"}
    environment = os.environ | settings | {"SYNC_PORT": str(port)}
    command = [sys.executable, "-m", "anki.syncserver"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as server:
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.kill()


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        assert server.poll() is None, "the sync server ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the sync server does not answer")


class Device:
    """A device of the one learner: a collection that syncs."""

    def __init__(self, folder: Path, server: str) -> None:
        folder.mkdir()
        self.learner = Learner(folder)
        self._auth = self.learner.col.sync_login(USER, PASSWORD, server)

    def first_sync(self, *, upload: bool) -> None:
        """Do the one full sync with which a device starts."""
        col = self.learner.col
        out = col.sync_collection(self._auth, sync_media=False)
        assert out.required in {Response.FULL_SYNC, Response.FULL_UPLOAD, Response.FULL_DOWNLOAD}
        col.close_for_full_sync()
        col.full_upload_or_download(auth=self._auth, server_usn=out.server_media_usn, upload=upload)
        col.reopen(after_full_sync=True)
        self._wait_for_media()

    def sync(self) -> None:
        """Sync as learners do every day, pictures included; fail if Anki would ask which side to keep."""
        col = self.learner.col
        out = col.sync_collection(self._auth, sync_media=True)
        assert out.required in {Response.NO_CHANGES, Response.NORMAL_SYNC}, Response.Name(out.required)
        self._wait_for_media()
        again = col.sync_collection(self._auth, sync_media=False)
        assert again.required == Response.NO_CHANGES, "one sync is enough"

    def close(self) -> None:
        """Close the collection."""
        self.learner.close()

    def _wait_for_media(self) -> None:
        end = time.monotonic() + _PATIENCE
        while self.learner.col.media_sync_status().active:
            assert time.monotonic() < end, "the pictures do not arrive"
            time.sleep(0.02)
