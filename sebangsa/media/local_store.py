"""Media in a folder of this machine."""

from __future__ import annotations

import asyncio
import os
import secrets
from pathlib import Path

from sebangsa.media.store import MediaStoreError, StoredMedia, check_key, type_of_key


class LocalStore:
    """A tree of files, two levels of folders deep. All disk work runs in threads."""

    def __init__(self, folder: str | Path, base_url: str) -> None:
        self.folder = Path(folder).resolve()
        self._base_url = base_url.rstrip("/")

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        check_key(key, content_type)
        await asyncio.to_thread(self._write, key, data)

    async def get(self, key: str) -> StoredMedia | None:
        content_type = type_of_key(key)
        if content_type is None:
            return None
        data = await asyncio.to_thread(self._read, key)
        return None if data is None else StoredMedia(data, content_type)

    async def delete(self, key: str) -> None:
        if type_of_key(key) is not None:
            await asyncio.to_thread(self._remove, key)

    def url(self, key: str) -> str:
        return f"{self._base_url}/media/{key}"

    async def close(self) -> None:
        return None

    def _write(self, key: str, data: bytes) -> None:
        path = self.folder / key
        # Beside its final place, so that the rename stays on one disk; the dot keeps it from being a key.
        unfinished = path.parent / f".{secrets.token_hex(8)}.part"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._write_through(unfinished, data)
                os.replace(unfinished, path)
            except OSError:
                unfinished.unlink(missing_ok=True)  # a full disk keeps no half-written file (S-146)
                raise
            _sync_folder(path.parent)
        except OSError as error:
            raise MediaStoreError(f"media cannot be written: {error.strerror}") from error

    @staticmethod
    def _write_through(path: Path, data: bytes) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            # A row that names this file may be committed next: the bytes must survive a power cut first.
            os.fsync(file.fileno())

    def _read(self, key: str) -> bytes | None:
        path = self.folder / key
        try:
            # O_NOFOLLOW: whoever else may write into the folder cannot point us out of it (S-098).
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise MediaStoreError(f"media cannot be read: {error.strerror}") from error
        with os.fdopen(handle, "rb") as file:
            return file.read()

    def _remove(self, key: str) -> None:
        try:
            (self.folder / key).unlink(missing_ok=True)
        except NotADirectoryError:
            return
        except OSError as error:
            raise MediaStoreError(f"media cannot be removed: {error.strerror}") from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
