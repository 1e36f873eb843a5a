"""Media in a bucket, against a real S3 server in this process (moto)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from sebangsa.media.s3_store import S3Store
from sebangsa.media.store import MediaStore, MediaStoreError, StoredMedia, new_key, open_store

pytest.importorskip("miniopy_async", reason="the extra s3 is not installed")
moto_server = pytest.importorskip("moto.server", reason="moto[s3,server] is not installed")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
async def store(endpoint: str) -> AsyncIterator[MediaStore]:
    from miniopy_async import Minio

    admin = Minio(endpoint, access_key="key", secret_key="sec/ret", secure=False, region="us-east-1")
    if not await admin.bucket_exists("media"):
        await admin.make_bucket("media")
    await admin.close_session()
    opened = open_store(f"s3://key:sec%2Fret@{endpoint}/media/warga?tls=off", "https://warga.example")
    yield opened
    await opened.close()


async def test_what_is_put_into_the_bucket_is_got_until_it_is_deleted(store: MediaStore) -> None:
    key = new_key("webp")
    assert await store.get(key) is None
    await store.put(key, b"bytes" * 1000, "image/webp")
    assert await store.get(key) == StoredMedia(b"bytes" * 1000, "image/webp")
    await store.delete(key)
    await store.delete(key)
    assert await store.get(key) is None


async def test_six_megabytes_pass(store: MediaStore) -> None:
    key = new_key("zip")
    await store.put(key, bytes(6_000_000), "application/zip")
    stored = await store.get(key)
    assert stored is not None
    assert len(stored.data) == 6_000_000


async def test_s098_a_key_that_is_not_ours_asks_the_bucket_nothing(store: MediaStore) -> None:
    with pytest.raises(ValueError, match="not a media key"):
        await store.put("../x.jpg", b"x", "image/jpeg")
    assert await store.get("../x.jpg") is None
    await store.delete("../x.jpg")


async def test_a_closed_store_opens_again(store: MediaStore) -> None:
    key = new_key("jpg")
    await store.put(key, b"x", "image/jpeg")
    await store.close()
    assert await store.get(key) == StoredMedia(b"x", "image/jpeg")


async def test_a_bucket_that_is_not_there_or_does_not_answer_is_one_kind_of_error(endpoint: str) -> None:
    absent = S3Store.from_url(f"s3://key:secret@{endpoint}/absent-bucket?tls=off", "https://warga.example")
    dead = S3Store.from_url("s3://key:secret@127.0.0.1:9/media?tls=off", "https://warga.example")
    for broken in (absent, dead):
        with pytest.raises(MediaStoreError):
            await broken.put(new_key("jpg"), b"x", "image/jpeg")
        with pytest.raises(MediaStoreError):
            await broken.get(new_key("jpg"))
        await broken.close()
