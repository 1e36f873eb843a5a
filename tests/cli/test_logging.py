"""What is written down holds no secrets (S-150)."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from sebangsa.logging import HIDDEN, set_up_logging


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    set_up_logging(stream)
    yield stream
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        ({"password": "rahasia sekali"}, "rahasia"),
        ({"headers": {"Authorization": "Bearer abc.def-1"}}, "abc.def"),
        ({"error": "could not connect to postgres://sebangsa:hunter2@db/sebangsa"}, "hunter2"),
        ({"error": "redis://:hunter2@cache:6379/0 refused"}, "hunter2"),
        ({"path": "/welcome/4VXNLD11oHrV2z4YvoGqh75AO1H4zYAh1knPl3N79dE"}, "4VXNLD"),
        ({"url": "https://a.example/oauth/token?code=s3cr3t&x=1"}, "s3cr3t"),
        ({"session_cookie": "s3cr3t"}, "s3cr3t"),
        ({"key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"}, "MIIE"),
        ({"email": "ani@example.org"}, "ani@example"),
        ({"items": [{"token": "s3cr3t"}]}, "s3cr3t"),
    ],
)
def test_s150_a_secret_is_not_written_down(
    written: io.StringIO, values: dict[str, object], secret: str
) -> None:
    structlog.get_logger("test").warning("something happened", **values)
    assert "something happened" in written.getvalue()
    assert secret not in written.getvalue()
    assert HIDDEN in written.getvalue()


def test_s150_local_variables_of_a_fault_are_not_written_down(written: io.StringIO) -> None:
    def sign_in(password: str) -> None:
        raise RuntimeError("the database is away: postgres://sebangsa:hunter2@db/x")

    typed = " ".join(["rahasia", "sekali"])
    try:
        sign_in(typed)
    except RuntimeError:
        structlog.get_logger("test").exception("a job failed")
    assert "RuntimeError" in written.getvalue()
    assert "hunter2" not in written.getvalue()
    assert "rahasia sekali" not in written.getvalue()


def test_s150_what_libraries_log_passes_the_same_filter(written: io.StringIO) -> None:
    logging.getLogger("aiohttp.client").error("cannot reach redis://:hunter2@cache/0")
    logging.getLogger("uvicorn.access").info("GET /welcome/4VXNLD11oHrV2z4YvoGqh75AO1H4zYAh")
    assert "cannot reach" in written.getvalue()
    assert "hunter2" not in written.getvalue()
    assert "4VXNLD" not in written.getvalue()
