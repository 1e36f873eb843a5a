"""Media in an S3-compatible bucket (extra `s3`)."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from sebangsa.media.store import MediaStoreError, StoredMedia, check_key, type_of_key

if TYPE_CHECKING:
    from miniopy_async import Minio

_OPTIONS = {"region", "tls", "public_url"}
_ABSENT = {"NoSuchKey", "NoSuchObject"}


class S3Store:
    """One bucket, or one prefix of it.

    The bucket can stay private: `/media/…` of our own server reads it and sets the headers of S-101. With
    `public_url` (a CDN or the bucket's own address) pictures are linked there instead; whoever sets it up
    must send the same headers, and a deleted picture lives on in the CDN for as long as that keeps it.
    """

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        base_url: str,
        *,
        access_key: str,
        secret_key: str,
        prefix: str = "",
        region: str = "us-east-1",
        secure: bool = True,
        public_url: str = "",
        timeout_seconds: float = 30.0,
    ) -> None:
        self._endpoint = endpoint
        self._bucket = bucket
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._access_key = access_key
        self._secret_key = secret_key
        self._region = region
        self._secure = secure
        served = f"{base_url.rstrip('/')}/media/"
        self._link_base = f"{public_url.rstrip('/')}/{self._prefix}" if public_url else served
        self._timeout = ClientTimeout(total=timeout_seconds)
        self._client: Minio | None = None
        self._session: ClientSession | None = None

    @classmethod
    def from_url(cls, media_url: str, base_url: str) -> S3Store:
        """Read `s3://KEY:SECRET@host[:port]/bucket[/prefix]?region=…&tls=off&public_url=…`.

        Key and secret are percent-encoded; without them `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` are
        taken. The region is `us-east-1` unless given. Raises `ValueError`, never repeating the secret.
        """
        parts = urlsplit(media_url)
        try:
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ValueError("s3: the port is not a number") from error
        bucket, _, prefix = parts.path.lstrip("/").partition("/")
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if not host or not bucket:
            raise ValueError("s3: write s3://KEY:SECRET@host/bucket")
        if unknown := set(options) - _OPTIONS:
            raise ValueError(f"s3: unknown option {', '.join(sorted(unknown))}")
        if options.get("tls", "on") not in ("on", "off"):
            raise ValueError("s3: tls is on or off")
        access_key = unquote(parts.username or "") or os.environ.get("AWS_ACCESS_KEY_ID", "")
        secret_key = unquote(parts.password or "") or os.environ.get("AWS_SECRET_ACCESS_KEY", "")
        if not access_key or not secret_key:
            raise ValueError(
                "s3: no key and secret in the URL, nor in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        name = f"[{host}]" if ":" in host else host
        return cls(
            f"{name}:{port}" if port else name,
            bucket,
            base_url,
            access_key=access_key,
            secret_key=secret_key,
            prefix=prefix,
            region=options.get("region", "us-east-1"),
            secure=options.get("tls", "on") == "on",
            public_url=options.get("public_url", ""),
        )

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        check_key(key, content_type)
        await self._ask("put_object", key, io.BytesIO(data), len(data), content_type=content_type)

    async def get(self, key: str) -> StoredMedia | None:
        content_type = type_of_key(key)
        if content_type is None:
            return None
        response = await self._ask("get_object", key)
        if response is None:
            return None
        try:
            async with response:
                return StoredMedia(await response.read(), content_type)
        except (ClientError, TimeoutError) as error:
            raise MediaStoreError("the media bucket broke off") from error

    async def delete(self, key: str) -> None:
        if type_of_key(key) is not None:
            await self._ask("remove_object", key)

    def url(self, key: str) -> str:
        return self._link_base + key

    async def close(self) -> None:
        session, self._session, self._client = self._session, None, None
        if session is not None:
            await session.close()

    async def _ask(self, verb: str, key: str, *args: Any, **kwargs: Any) -> Any:
        """Call the client; None when the object is not there, `MediaStoreError` for every other failure."""
        from miniopy_async.error import MinioException, S3Error

        try:
            return await getattr(self._open(), verb)(self._bucket, self._prefix + key, *args, **kwargs)
        except S3Error as error:
            if error.code in _ABSENT:
                return None
            raise MediaStoreError(f"the media bucket answered {error.code}") from error
        except (MinioException, ClientError, TimeoutError, OSError, ValueError) as error:
            raise MediaStoreError(f"the media bucket cannot be reached: {type(error).__name__}") from error

    def _open(self) -> Minio:
        if self._client is None:
            from miniopy_async import Minio

            # Its own session would wait five minutes and try five times: too long for somebody who uploads.
            self._session = ClientSession(timeout=self._timeout, cookie_jar=DummyCookieJar(), trust_env=False)
            self._client = Minio(
                self._endpoint,
                access_key=self._access_key,
                secret_key=self._secret_key,
                secure=self._secure,
                region=self._region,
                session=self._session,
            )
        return self._client
