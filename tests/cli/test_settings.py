"""Each mistake in the settings is one sentence that names the setting, before anything is opened."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sebangsa.settings import SettingsError, load_settings, secret_key


def mistakes(**given: str) -> list[str]:
    """What is wrong with these settings."""
    try:
        load_settings({f"SEBANGSA_{name.upper()}": value for name, value in given.items()})
    except SettingsError as error:
        return error.mistakes
    return []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "nonsense"),
        ("url", "http://warga.example"),
        ("url", "https://warga.example/x"),
        ("url", "https://warga.example?x"),
        ("url", "https://warga.example#x"),
        ("url", "https://ani:rahasia@warga.example"),
        ("url", "https://warga.example:99999"),
        ("url", "https://war ga.example"),
        ("url", "https://[::1"),
        ("domain", "https://warga.example"),
        ("domain", "a b"),
        ("domain", "warga.example:abc"),
        ("domain", "warga.example?y"),
        ("domain", "ani@warga.example"),
        ("database_url", "mysql://x"),
        ("database_url", "postgres://"),
        ("database_url", "postgres://ani@host:port/x"),
        ("database_url", "postgres://ani@host"),
        ("database_url", "sqlite:relative.sqlite3"),
        ("database_url", "sqlite://relative/x.sqlite3"),
        ("database_url", "sqlite:"),
        ("queue_url", "kafka://x"),
        ("queue_url", "redis://"),
        ("queue_url", "redis://host:port"),
        ("queue_url", "redis://host/name"),
        ("queue_url", "redis://host:6379/0"),  # with SQLite, which serves one process
        ("media_url", "ftp://x"),
        ("media_url", "file:"),
        ("media_url", "file:relative"),
        ("media_url", "s3:"),
        ("bind", "8000"),
        ("bind", ":8000"),
        ("bind", "0.0.0.0:99999"),
        ("bind", "::1:8000"),
        ("bind", "host:²"),
        ("mode", "loud"),
        ("features", "communities,cats"),
        ("features", "os.path"),
        ("features", "sebangsa"),
        ("trusted_proxies", "proxy.example"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("registration", "maybe"),
        ("smtp_url", "http://x"),
        ("smtp_url", "smtp://"),
        ("smtp_url", "smtp://host:port"),
        ("language", "jv"),
        ("rate_limits", "maybe"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_its_setting(name: str, value: str) -> None:
    found = mistakes(**{name: value})
    assert len(found) == 1, found
    assert found[0].startswith(f"SEBANGSA_{name.upper()}")
    assert found[0].endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", "postgres://ani:rahasia@host:port/x"),
        ("queue_url", "redis://:rahasia@host:port"),
        ("media_url", "s3://kunci:rahasia@host"),
        ("smtp_url", "http://ani:rahasia@host"),
    ],
)
def test_a_mistake_does_not_repeat_a_password(name: str, value: str) -> None:
    assert "rahasia" not in str(mistakes(**{name: value}))


def test_every_mistake_is_named_at_once() -> None:
    assert len(mistakes(url="nonsense", mode="loud", language="xx", bind="8000")) == 4


def test_rate_limits_are_off_in_development_only() -> None:
    assert mistakes(rate_limits="off", url="https://warga.example") == [
        "SEBANGSA_RATE_LIMITS may be off in development only."
    ]
    assert mistakes(rate_limits="off", url="http://localhost:8000") == []


def test_a_misspelt_setting_is_named_with_the_one_that_was_meant() -> None:
    assert mistakes(registraton="open") == [
        "SEBANGSA_REGISTRATON is not a setting. Did you mean SEBANGSA_REGISTRATION?"
    ]


@pytest.mark.parametrize(
    "written",
    [
        "https://Warga.Example",
        "https://warga.example/",
        "https://warga.example:443",
        "HTTPS://warga.example",
    ],
)
def test_an_address_has_one_spelling_because_ids_begin_with_it(written: str) -> None:
    settings = load_settings({"SEBANGSA_URL": written})
    assert (settings.url, settings.domain) == ("https://warga.example", "warga.example")


def test_a_name_in_other_letters_is_written_as_other_servers_see_it() -> None:
    assert load_settings({"SEBANGSA_URL": "https://wärga.example"}).url == "https://xn--wrga-loa.example"


def test_handles_may_end_with_another_host() -> None:
    settings = load_settings(
        {"SEBANGSA_URL": "https://app.warga.example", "SEBANGSA_DOMAIN": "Warga.Example"}
    )
    assert (settings.host, settings.domain) == ("app.warga.example", "warga.example")


def test_a_redis_without_a_port_has_its_usual_one() -> None:
    settings = load_settings(
        {"SEBANGSA_QUEUE_URL": "rediss://:rahasia@host/2", "SEBANGSA_DATABASE_URL": "postgres://host/name"}
    )
    assert settings.queue_url == "rediss://:rahasia@host:6379/2"


def test_a_folder_with_any_letter_in_its_name_holds_the_database(tmp_path: Path) -> None:
    from federation.database.opening import sqlite_path

    folder = tmp_path / "a #b?c%20d"
    settings = load_settings({}, data_dir=folder)
    assert sqlite_path(settings.database_url) == folder / "sebangsa.sqlite3"


def test_the_environment_wins_over_the_file_and_options_over_both(tmp_path: Path) -> None:
    file = tmp_path / "sebangsa.env"
    file.write_text(
        '# ours\nSEBANGSA_NAME="Warga Tebet"\nSEBANGSA_LANGUAGE=en\nSEBANGSA_REGISTRATION=closed\n'
    )
    settings = load_settings(
        {"SEBANGSA_SETTINGS": str(file), "SEBANGSA_LANGUAGE": "id", "SEBANGSA_REGISTRATION": "invite"},
        registration="approval",
    )
    assert (settings.name, settings.language, settings.registration) == ("Warga Tebet", "id", "approval")


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"SEBANGSA_NAME"])
def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "sebangsa.env"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        load_settings({"SEBANGSA_SETTINGS": str(file)})
    assert len(raised.value.mistakes) == 1
    assert str(file) in raised.value.mistakes[0]


def test_s150_the_secret_is_made_once_and_its_owners_alone(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: secret_key(tmp_path), range(8)))
    assert len(keys) == 1
    assert os.stat(tmp_path / "secret.key").st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_an_empty_secret_signs_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.key").touch()
    with pytest.raises(SettingsError, match="is empty"):
        secret_key(tmp_path)


def test_a_data_folder_that_cannot_be_made_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="SEBANGSA_DATA_DIR"):
        secret_key(tmp_path / "file" / "data")
