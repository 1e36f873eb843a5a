"""The folder of media: whole files or none, keys of our making, nothing outside the tree."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sebangsa.media.local_store import LocalStore
from sebangsa.media.s3_store import S3Store
from sebangsa.media.store import (
    MEDIA_TYPES,
    MediaStoreError,
    StoredMedia,
    derived_key,
    new_key,
    open_store,
    put_images,
    type_of_key,
)

NOT_KEYS = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "aa/bb/../../../etc/passwd",
    "aa/bb/aabb" + "c" * 22 + ".py",
    "aa/bb/aabb" + "c" * 22 + ".jpg\n",
    "aa/bb/aabb" + "c" * 22 + ".jpg\x00.png",
    "aa/bb/aabb" + "C" * 22 + ".jpg",
    "aa/bb/ccdd" + "c" * 22 + ".jpg",
    "AUX/bb/aabb" + "c" * 22 + ".jpg",
    "aa\\bb\\aabb" + "c" * 22 + ".jpg",
    "a" * 1000,
    "aa/bb/.0123456789abcdef.part",
]


def files_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


async def test_what_is_put_is_got_until_it_is_deleted(tmp_path: Path) -> None:
    store = open_store(f"file:{tmp_path / 'media'}", "https://warga.example")
    key = new_key("webp")
    assert await store.get(key) is None
    await store.put(key, b"bytes", "image/webp")
    assert await store.get(key) == StoredMedia(b"bytes", "image/webp")
    assert store.url(key) == f"https://warga.example/media/{key}"
    assert files_under(tmp_path) == [f"media/{key}"]
    await store.delete(key)
    await store.delete(key)
    assert await store.get(key) is None
    assert files_under(tmp_path) == []


def test_s105_keys_cannot_be_guessed_and_never_repeat() -> None:
    keys = {new_key("jpg") for _ in range(2000)}
    assert len(keys) == 2000
    assert all(type_of_key(key) == "image/jpeg" for key in keys)
    assert len({key[:5] for key in keys}) > 900  # spread over folders
    assert {len(Path(key).stem) for key in keys} == {26}  # 128 bits in base 32


@pytest.mark.parametrize("key", NOT_KEYS)
async def test_s098_a_key_that_is_not_ours_reaches_no_file(tmp_path: Path, key: str) -> None:
    outside = tmp_path / "outside"
    outside.write_text("secret")
    store = LocalStore(tmp_path / "media", "https://warga.example")
    with pytest.raises(ValueError, match="not a media key"):
        await store.put(key, b"x", "image/jpeg")
    assert await store.get(key) is None
    await store.delete(key)
    assert files_under(tmp_path) == ["outside"]


async def test_s101_the_extension_alone_decides_the_type(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, "https://warga.example")
    with pytest.raises(ValueError, match="does not fit"):
        await store.put(new_key("jpg"), b"<script>", "text/html")
    with pytest.raises(ValueError, match=r"\.svg"):
        new_key("svg")
    assert files_under(tmp_path) == []
    assert not {"text/html", "image/svg+xml", "application/xml"} & set(MEDIA_TYPES.values())


async def test_s098_a_link_planted_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    store = LocalStore(tmp_path / "media", "https://warga.example")
    key = new_key("jpg")
    path = store.folder / key
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(MediaStoreError):
        await store.get(key)


async def test_s146_a_failed_write_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = LocalStore(tmp_path, "https://warga.example")

    def full_disk(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_disk)
        with pytest.raises(MediaStoreError, match="No space left"):
            await store.put(new_key("jpg"), b"x" * 100, "image/jpeg")
    assert files_under(tmp_path) == []
    key = new_key("jpg")
    await store.put(key, b"x", "image/jpeg")  # and it recovers alone
    assert files_under(tmp_path) == [key]


async def test_media_files_are_not_writable_or_readable_by_everybody(tmp_path: Path) -> None:
    store = LocalStore(tmp_path, "https://warga.example")
    key = new_key("jpg")
    await store.put(key, b"x", "image/jpeg")
    assert stat.S_IMODE((tmp_path / key).stat().st_mode) & 0o027 == 0


async def test_several_sizes_are_stored_all_or_none(tmp_path: Path) -> None:
    from sebangsa.media.images import EncodedImage

    class FailsAtSecond(LocalStore):
        puts = 0

        async def put(self, key: str, data: bytes, content_type: str) -> None:
            self.puts += 1
            if self.puts == 2:
                raise MediaStoreError("full")
            await super().put(key, data, content_type)

    one = EncodedImage(b"one", "image/jpeg", "jpg", 1, 1)
    two = EncodedImage(b"two", "image/webp", "webp", 1, 1)
    keys = await put_images(LocalStore(tmp_path / "good", ""), {"original": one, "feed": two})
    assert set(keys) == {"original", "feed"}
    assert files_under(tmp_path / "good") == sorted(keys.values())
    with pytest.raises(MediaStoreError):
        await put_images(FailsAtSecond(tmp_path / "bad", ""), {"original": one, "feed": two})
    assert files_under(tmp_path / "bad") == []


def test_derived_keys_are_the_same_for_the_same_parts_only() -> None:
    assert derived_key("avatar", "AW", extension="webp") == derived_key("avatar", "AW", extension="webp")
    assert derived_key("ab", "c", extension="webp") != derived_key("a", "bc", extension="webp")


@pytest.mark.parametrize("url", ["", "ftp://x", "file:", "file:/", "file://host/folder", "https://s3/bucket"])
def test_a_media_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"file:|media URL"):
        open_store(url, "https://warga.example")


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKID:TOPSECRET@",
        "s3://AKID:TOPSECRET@host",
        "s3://AKID:TOPSECRET@host:port/bucket",
        "s3://AKID:TOPSECRET@host/bucket?acl=public",
        "s3://AKID:TOPSECRET@host/bucket?tls=maybe",
        "s3://host/bucket",
    ],
)
def test_a_wrong_bucket_url_is_refused_without_repeating_its_secret(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(ValueError, match="s3:") as caught:
        S3Store.from_url(url, "https://warga.example")
    assert "TOPSECRET" not in str(caught.value)


def test_pictures_of_a_bucket_are_linked_through_us_unless_it_is_public() -> None:
    key = new_key("jpg")
    ours = S3Store.from_url("s3://K:S%2F@host/bucket/warga", "https://warga.example")
    assert ours.url(key) == f"https://warga.example/media/{key}"
    public = S3Store.from_url(
        "s3://K:S@host/bucket/warga?public_url=https://cdn.example/b", "https://warga.example"
    )
    assert public.url(key) == f"https://cdn.example/b/warga/{key}"
