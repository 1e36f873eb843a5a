"""What an admin types, and what a script can rely on."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from sebangsa.settings import load_settings
from tests.cli.conftest import CommandLine

ROOT = Path(__file__).parents[2]


def test_help_names_our_commands_and_those_of_the_features(new_data: CommandLine) -> None:
    shown = new_data("--help").output
    for name in (
        "serve",
        "worker",
        "migrate",
        "check",
        "user",
        "token",
        "peer",
        "queue",
        "relay",
        "inspect",
        "demo",
        "community",
    ):
        assert f"\n  {name} " in shown


def test_help_works_with_wrong_settings(new_data: CommandLine) -> None:
    assert "serve" in new_data("--help", url="nonsense").output


def test_the_version_is_said_from_a_checkout_too(new_data: CommandLine) -> None:
    assert new_data("--version").output.startswith("sebangsa, version ")


def test_relays_are_added_listed_and_removed(new_data: CommandLine) -> None:
    new_data("migrate")
    assert new_data("relay", "list").output == ""
    url = "http://relay.localhost:1/inbox"
    assert new_data("relay", "add", url).output == f"{url}: asked.\n"
    assert new_data("relay", "list").output == f"asked     mastodon  {url}\n"
    [listed] = json.loads(new_data("relay", "list", "--json").output)
    assert (listed["url"], listed["state"], listed["follows_back"]) == (url, "asked", False)
    new_data("relay", "add", "http://relay.localhost:1/actor", expect=1)
    new_data("relay", "remove", url)
    assert new_data("relay", "list").output == ""
    new_data("relay", "remove", url, expect=1)


def test_a_feature_that_is_off_brings_no_commands(new_data: CommandLine) -> None:
    assert "community" not in new_data("--help", features="chat").output
    new_data("community", "show", "tebet", expect=2, features="chat")


def test_every_mistake_in_the_settings_is_named_with_exit_code_3(new_data: CommandLine) -> None:
    said = new_data("user", "show", "ani", expect=3, mode="loud", language="xx").stderr
    assert "SEBANGSA_MODE" in said
    assert "SEBANGSA_LANGUAGE" in said


def test_an_unknown_setting_is_named(new_data: CommandLine) -> None:
    assert "SEBANGSA_COLOUR is not a setting" in new_data("migrate", expect=3, colour="red").stderr


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        ("", "development"),
        ("http://localhost:9000", "development"),
        ("http://kota.localhost", "development"),
        ("https://warga.example", "production"),
        ("https://localhost.example", "production"),
    ],
)
def test_only_an_address_of_this_machine_means_development(url: str, mode: str) -> None:
    assert load_settings({"SEBANGSA_URL": url}).mode == mode


def test_migrate_makes_a_database_that_its_owner_alone_can_read(new_data: CommandLine) -> None:
    pending = new_data("migrate", "--list").output
    assert "sebangsa.0001_initial" in pending
    assert "sebangsa.0001_initial" in new_data("migrate").output
    assert "up to date" in new_data("migrate").output
    assert os.stat(new_data.data_dir / "sebangsa.sqlite3").st_mode & 0o077 == 0


def test_a_command_on_a_database_of_an_older_version_says_what_to_do(new_data: CommandLine) -> None:
    assert "sebangsa migrate" in new_data("user", "show", "ani", expect=4).stderr


def test_a_broken_database_is_said_and_the_command_ends(tmp_path: Path) -> None:
    (tmp_path / "sebangsa.sqlite3").write_bytes(os.urandom(5000))
    for words in (["user", "show", "ani"], ["serve", "--bind", "127.0.0.1:0"]):
        ended = subprocess.run(
            [sys.executable, "-m", "sebangsa", *words, "--data-dir", str(tmp_path)],
            cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert ended.returncode == 4, ended.stderr
        assert "cannot be opened" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_what_a_migration_would_do_is_told_to_scripts(new_data: CommandLine) -> None:
    assert "sebangsa.0001_initial" in new_data.json("migrate", "--list")
    assert "sebangsa.0001_initial" in new_data.json("migrate")
    assert new_data.json("migrate") == []


def test_an_account_is_made_shown_and_given_a_role(sebangsa: CommandLine) -> None:
    made = sebangsa.json(
        "user", "create", "Ani", "--email", "ani@example.org", "--password", "rahasia sekali"
    )
    assert made["handle"] == "@ani@warga.localhost:1"
    assert made["sign_in_link"] is None
    sebangsa("user", "role", "ani", "moderator")
    shown = sebangsa.json("user", "show", "@ani")
    assert shown["role"] == "moderator"
    assert shown["email"] == "ani@example.org"
    assert "moderator" in sebangsa("user", "show", "ani").output


def test_an_account_is_found_by_its_handle_as_we_print_it(sebangsa: CommandLine) -> None:
    handle = sebangsa.json("user", "create", "ani")["handle"]
    assert sebangsa.json("user", "show", handle.upper())["handle"] == handle
    sebangsa("token", "create", handle)
    sebangsa("user", "show", "@ani@elsewhere.example", expect=1)


def test_a_disabled_account_can_be_opened_again(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    sebangsa("user", "disable", "ani")
    assert sebangsa.json("user", "show", "ani")["disabled_at"]
    sebangsa("user", "disable", "ani", "--undo")
    assert sebangsa.json("user", "show", "ani")["disabled_at"] is None
    sebangsa("token", "create", "ani")


@pytest.mark.parametrize("password", ["", "pendek"])
def test_an_empty_or_short_password_is_refused(sebangsa: CommandLine, password: str) -> None:
    sebangsa("user", "create", "ani", "--password", password, expect=1)
    sebangsa("user", "create", "ani")
    sebangsa("user", "password", "ani", "--password", password, expect=1)


def test_a_link_to_choose_a_password_is_given_to_scripts(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    assert "/welcome/" in sebangsa.json("user", "password", "ani")["reset_link"]


def test_a_community_is_founded_and_shown(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    made = sebangsa.json("community", "create", "tebet", "--owner", "@ani", "--title", "Warga Tebet")
    assert made["uri"] == "http://warga.localhost:1/c/tebet"
    assert sebangsa.json("community", "show", "Tebet") == made
    assert "ani (owner)" in sebangsa("community", "show", "tebet").output
    sebangsa("community", "create", "ani", "--owner", "ani", expect=1)  # one name space with people


def test_an_account_without_a_password_gets_a_link(sebangsa: CommandLine) -> None:
    made = sebangsa.json("user", "create", "siti", "--role", "admin")
    assert made["sign_in_link"].startswith("http://warga.localhost:1/welcome/")


def test_a_name_that_is_taken_is_refused_with_exit_code_1(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    assert "taken" in sebangsa("user", "create", "ani", expect=1).stderr


def test_a_role_that_does_not_exist_is_a_mistake_in_the_command(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani", "--role", "king", expect=2)


def test_nobody_can_be_shown_who_has_no_account(sebangsa: CommandLine) -> None:
    assert "no account" in sebangsa("user", "show", "nobody", expect=1).stderr


def test_a_new_password_voids_the_tokens(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani", "--password", "rahasia sekali")
    sebangsa("token", "create", "ani", "--scopes", "read write")
    sebangsa("user", "password", "ani", "--password", "rahasia yang lain")
    with sqlite3.connect(sebangsa.data_dir / "sebangsa.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM oauth_tokens WHERE revoked_at IS NULL").fetchone() == (
            0,
        )
    assert "/welcome/" in sebangsa("user", "password", "ani").output


def test_a_token_is_printed_once_and_stored_as_a_hash(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    made = sebangsa.json("token", "create", "ani", "--scopes", "read,write:statuses")
    assert made["scope"] == "read write:statuses"
    with sqlite3.connect(sebangsa.data_dir / "sebangsa.sqlite3") as database:
        [(stored, app)] = database.execute("SELECT token_hash, app_id FROM oauth_tokens").fetchall()
    assert app is None
    assert made["access_token"] not in stored


def test_a_scope_that_does_not_exist_is_refused(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    assert "'fly'" in sebangsa("token", "create", "ani", "--scopes", "read fly", expect=1).stderr


def test_a_token_without_scopes_is_refused(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    assert "scope" in sebangsa("token", "create", "ani", "--scopes", " ", expect=1).stderr


def test_a_disabled_account_gets_no_token(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    sebangsa("user", "disable", "ani")
    assert "disabled" in sebangsa("token", "create", "ani", expect=1).stderr


def test_a_database_is_not_used_under_another_url(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "ani")
    said = sebangsa("user", "create", "budi", expect=3, url="https://other.example").stderr
    assert "belongs to http://warga.localhost:1" in said


def test_peers_are_listed_paused_and_resumed(sebangsa: CommandLine) -> None:
    assert sebangsa.json("peer", "list") == []
    assert "never" in sebangsa("peer", "pause", "mastodon.example", expect=1).stderr
    with sqlite3.connect(sebangsa.data_dir / "sebangsa.sqlite3") as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(peers)")]
        values = {
            "host": "mastodon.example", "software": "mastodon", "version": "4.6.0", "signature_scheme": "cavage",
            "failures": 3, "locked_by": "", "is_paused": 0, "is_gone": 0, "last_error": "no answer in time",
            "seen": "", "created_at": "2026-11-01 00:00:00+00:00",
        }  # fmt: skip
        row = {name: values.get(name) for name in columns}
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO peers ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    assert "failing" in sebangsa("peer", "list").output
    sebangsa("peer", "pause", "Mastodon.example")
    assert sebangsa.json("peer", "show", "mastodon.example")["condition"] == "paused"
    sebangsa("peer", "resume", "mastodon.example")
    sebangsa("peer", "retry", "mastodon.example")
    shown = sebangsa.json("peer", "show", "mastodon.example")
    assert (shown["condition"], shown["failures"]) == ("well", 0)


def test_failed_work_is_shown_with_its_reason_and_tried_again(sebangsa: CommandLine) -> None:
    with sqlite3.connect(sebangsa.data_dir / "sebangsa.sqlite3") as database:
        database.execute(
            "INSERT INTO jobs (id, name, args, run_at, attempts, is_dead, error, created_at) "
            "VALUES (7, 'delete_media', '[]', ?, 8, 1, 'disk full', ?)",
            ["2026-11-01 00:00:00+00:00"] * 2,
        )
    shown = sebangsa.json("queue", "show")
    assert shown["counts"]["jobs"] == {"failed": 1}
    assert shown["failed"] == [{"table": "jobs", "id": "7", "what": "delete_media", "reason": "disk full"}]
    assert "disk full" in sebangsa("queue", "show").output
    assert sebangsa("queue", "retry", "8").output.startswith("0 ")
    assert sebangsa("queue", "retry").output.startswith("1 ")
    assert sebangsa.json("queue", "show")["counts"]["jobs"] == {"due": 1}


def test_a_worker_has_nothing_to_do_without_a_queue(sebangsa: CommandLine) -> None:
    assert "inprocess" in sebangsa("worker", expect=3).stderr


def test_check_names_what_is_wrong(sebangsa: CommandLine) -> None:
    found = sebangsa.json("check", expect=1)
    assert not found["ok"]
    by_name = {check["name"]: check for check in found["checks"]}
    assert [name for name, check in by_name.items() if not check["ok"]] == ["reachable"]
    assert "Is the server running" in by_name["reachable"]["sentence"]


def test_check_sees_a_secret_that_others_can_read(sebangsa: CommandLine) -> None:
    (sebangsa.data_dir / "secret.key").write_text("x" * 64)
    os.chmod(sebangsa.data_dir / "secret.key", 0o644)
    assert "chmod 600" in sebangsa("check", expect=1).output


def test_check_sees_media_that_cannot_be_written(sebangsa: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = sebangsa("check", expect=1, media_url=f"file:{tmp_path / 'file' / 'media'}").output
    assert "BAD  media" in said
    assert "ok   media" in sebangsa("check", expect=1).output
    assert not [path for path in (sebangsa.data_dir / "media").rglob("*") if path.is_file()]


def test_check_gives_wrong_settings_as_json_too(sebangsa: CommandLine) -> None:
    result = sebangsa("check", "--json", expect=3, mode="loud")
    assert json.loads(result.stdout)["checks"][0]["name"] == "settings"
    result = sebangsa("check", "--json", expect=3, features="cats")
    assert "'cats'" in json.loads(result.stdout)["checks"][0]["sentence"]


NOTE = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": "https://mastodon.example/notes/1",
    "type": "Note",
    "attributedTo": "https://mastodon.example/users/ani",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "content": "<p>Halo</p>",
    "sparkle": "yes",
}


def test_inspect_says_what_a_document_becomes(new_data: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    path.write_text(json.dumps(NOTE))
    found = new_data.json("inspect", "--file", str(path))
    assert found["kind"] == "post"
    assert "content" in found["kept"]
    assert {"field": "sparkle", "reason": "not known here"} in found["dropped"]
    assert found["refused"] is None
    assert "accepted: post" in new_data("inspect", "--file", str(path)).output


@pytest.mark.parametrize(
    ("document", "code"), [("{", "not-json"), ("[]", "not-an-activity"), ('{"a":1,"a":2}', "duplicate-key")]
)
def test_inspect_names_the_refusal_with_exit_code_1(new_data: CommandLine, document: str, code: str) -> None:
    result = new_data("inspect", "--file", "-", "--json", expect=1, stdin=document)
    found = json.loads(result.stdout)
    assert found["refused"]
    assert found["sentence"]
    if code != "not-an-activity":
        assert found["refused"] == code


def test_inspect_names_what_else_stands_in_its_way_and_still_understands_it(
    sebangsa: CommandLine, tmp_path: Path
) -> None:
    path = tmp_path / "note.json"
    path.write_text(json.dumps(NOTE))
    sebangsa("peer", "list")  # the server was used before
    found = sebangsa.json("inspect", "--file", str(path))
    assert [obstacle["code"] for obstacle in found["obstacles"]] == ["unknown-author", "concerns-nobody"]
    assert "in its way: concerns-nobody: " in sebangsa("inspect", "--file", str(path)).output


def test_inspect_makes_no_data_folder(new_data: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    path.write_text(json.dumps(NOTE))
    assert new_data.json("inspect", "--file", str(path))["obstacles"] == []
    assert not (new_data.data_dir / "secret.key").exists()


def test_inspect_of_a_private_address_is_refused(new_data: CommandLine) -> None:
    said = new_data("inspect", "https://10.0.0.1/notes/1", expect=1).output
    assert "refused: private-address" in said


def test_inspect_wants_a_url_or_a_file(new_data: CommandLine) -> None:
    new_data("inspect", expect=2)


def test_only_moderators_let_people_in_and_invite_them(sebangsa: CommandLine) -> None:
    secret = ("--password", "rahasia sekali")
    sebangsa("user", "create", "boss", "--role", "moderator", *secret)
    sebangsa("user", "create", "ani", *secret)
    waiting = sqlite3.connect(sebangsa.data_dir / "sebangsa.sqlite3")
    with waiting:
        waiting.execute("UPDATE users SET approved_at = NULL WHERE role = 'member'")
    waiting.close()
    sebangsa("user", "approve", "ani", "--by", "ani", expect=1)
    assert sebangsa.json("user", "show", "ani")["approved_at"] is None
    assert "let in" in sebangsa("user", "approve", "ani", "--by", "boss").output
    assert sebangsa.json("user", "show", "ani")["approved_at"] is not None
    sebangsa("user", "approve", "ani", "--refuse", "--by", "boss", expect=1)
    sebangsa("user", "invite", "--by", "ani", expect=1)
    made = sebangsa.json("user", "invite", "--by", "boss", "--uses", "3")
    assert made["uses"] == 3
    assert made["url"].startswith("http://warga.localhost:1/sign-up?invite=")


def test_an_account_is_deleted_after_a_question(sebangsa: CommandLine) -> None:
    sebangsa("user", "create", "siti", "--password", "rahasia sekali")
    sebangsa("community", "create", "tebet", "--owner", "siti", "--title", "Tebet")
    asked = sebangsa("user", "delete", "siti", stdin="n\n", expect=1).output
    assert "!tebet has nobody else" in asked
    assert "is deleted" in sebangsa("user", "delete", "siti", "--yes").output
    sebangsa("user", "show", "siti", expect=1)
    assert "taken" in sebangsa("user", "create", "siti", expect=1).output
