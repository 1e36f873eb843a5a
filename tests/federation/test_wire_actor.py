"""Actors: what counts of what they say of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from federation.refusals import Refused
from federation.signatures.keys import generate_ed25519, generate_rsa_pem
from federation.wire import read_actor
from tests.documents.captured import own

OWN = {path: document for path, document, _ in own()}
ANI = "https://good.example/u/ani"
PEM = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqh\n-----END PUBLIC KEY-----\n"


def person(**changes: Any) -> dict[str, Any]:
    document = {
        "id": ANI,
        "type": "Person",
        "preferredUsername": "ani",
        "inbox": ANI + "/inbox",
        "outbox": ANI + "/outbox",
        "followers": ANI + "/followers",
        "publicKey": {"id": ANI + "#main-key", "owner": ANI, "publicKeyPem": PEM},
    }
    return document | changes


def refusal(document: dict[str, Any]) -> str:
    with pytest.raises(Refused) as caught:
        read_actor(document)
    return caught.value.code


def test_a_mastodon_person_is_read_whole() -> None:
    read = read_actor(OWN["mastodon/person.json"])
    assert (read.type, read.preferred_username, read.name) == ("Person", "sari", "Sari :kopi:")
    assert read.shared_inbox == "https://masto.example/inbox"
    assert read.featured == "https://masto.example/users/sari/collections/featured"
    assert read.fields == (("Situs", '<a href="https://sari.example">sari.example</a>'),)
    assert [emoji.name for emoji in read.emojis] == ["kopi"]
    assert (read.manually_approves_followers, read.discoverable, read.indexable) == (True, True, False)
    assert read.also_known_as == ("https://lama.example/users/sari",)
    assert [(key.id, key.kind) for key in read.public_keys] == [
        ("https://masto.example/users/sari#main-key", "rsa")
    ]


def test_a_lemmy_community_names_its_moderators_flairs_and_language() -> None:
    read = read_actor(OWN["lemmy/group.json"])
    assert read.moderators == "https://lemmy.example/c/kebun/moderators"
    assert [flair.name for flair in read.flairs] == ["tanya"]
    assert (read.language, read.source) == ("id", "Berkebun di kota")
    assert read.extra["tag"][0]["type"] == "CommunityPostTag"
    assert read.public_keys


def test_a_piefed_community_keeps_its_settings_and_coloured_flairs() -> None:
    read = read_actor(OWN["piefed/group.json"])
    assert read.posting_restricted_to_mods
    assert read.extra["questionAnswer"] is True
    assert (read.flairs[0].display_name, read.flairs[0].background) == ("Pertanian", "#006600")


def test_a_feed_is_an_actor_whose_maker_is_no_moderators_list() -> None:
    read = read_actor(OWN["lemmy/feed.json"])
    assert (read.type, read.moderators, read.attributed_to) == ("Feed", "", ("https://lemmy.example/u/dewi",))


def test_a_governing_body_states_areas_services_and_officers() -> None:
    civic = read_actor(OWN["sebangsa/governing_body.json"]).civic
    assert civic is not None
    assert civic.area_codes == ("31.74.01",)
    assert civic.services == (("JALAN-LUBANG", "Jalan rusak"),)
    assert civic.officers == "https://dinas.example/u/binamarga/officers"
    assert civic.tracks == ("https://warga.example/c/tebet",)


def test_s047_an_inbox_on_another_host_is_refused() -> None:
    assert refusal(person(inbox="https://evil.example/inbox")) == "foreign-id"
    assert refusal(person(inbox="https://127.0.0.1/inbox")) == "bad-id"


def test_s047_collections_and_shared_inboxes_on_another_host_are_left_out() -> None:
    elsewhere = "https://evil.example/x"
    read = read_actor(
        person(
            outbox=elsewhere,
            followers=elsewhere,
            following=elsewhere,
            featured=elsewhere,
            moderators=elsewhere,
        )
        | {"endpoints": {"sharedInbox": elsewhere}, "type": "Group", "attributedTo": elsewhere}
    )
    assert (
        read.outbox,
        read.followers,
        read.following,
        read.featured,
        read.moderators,
        read.shared_inbox,
    ) == ("",) * 6


@pytest.mark.parametrize(
    "key",
    [
        {"id": ANI + "#main-key", "owner": "https://good.example/u/victim", "publicKeyPem": PEM},
        {"id": ANI + "#main-key", "owner": [ANI, "https://evil.example/u"], "publicKeyPem": PEM},
        {"id": "https://evil.example/key", "owner": ANI, "publicKeyPem": PEM},
        {"id": ANI + "#main-key", "owner": ANI, "publicKeyPem": PEM * 100},
        ANI + "#main-key",
    ],
)
def test_s021_a_key_of_somebody_else_is_left_out(key: Any) -> None:
    assert read_actor(person(publicKey=key)).public_keys == ()


def test_s022_two_keys_with_one_id_are_refused() -> None:
    key = {"id": ANI + "#main-key", "owner": ANI, "publicKeyPem": PEM}
    assert refusal(person(publicKey=[key, {**key, "publicKeyPem": PEM.replace("h", "x")}])) == "bad-field"


def test_multikeys_are_read_and_one_stated_twice_in_both_forms_is_one() -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    from federation.signatures.multikey import multikey_of

    rsa, ed25519 = generate_rsa_pem(), generate_ed25519()
    rsa_public = load_pem_public_key(rsa.public.encode())
    read = read_actor(
        person(
            publicKey={"id": ANI + "#main-key", "owner": ANI, "publicKeyPem": rsa.public},
            assertionMethod=[
                {
                    "id": ANI + "#main-key",
                    "type": "Multikey",
                    "controller": ANI,
                    "publicKeyMultibase": multikey_of(rsa_public),  # type: ignore[arg-type]
                },
                {
                    "id": ANI + "#ed",
                    "type": "Multikey",
                    "controller": ANI,
                    "publicKeyMultibase": ed25519.public,
                },
                {
                    "id": ANI + "#not-mine",
                    "type": "Multikey",
                    "controller": "https://x.example/u",
                    "publicKeyMultibase": "z6Mk",
                },
            ],
        )
    )
    assert [(key.id, key.kind) for key in read.public_keys] == [
        (ANI + "#main-key", "rsa"),
        (ANI + "#ed", "ed25519"),
    ]


@pytest.mark.parametrize("kind", ["Note", None, ["Create"], "Robot"])
def test_what_is_no_actor_is_refused(kind: Any) -> None:
    assert refusal(person(type=kind)) == "not-an-actor"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"inbox": None}, "missing-field"),
        ({"preferredUsername": None}, "missing-field"),
        ({"preferredUsername": "a@b"}, "bad-field"),
        ({"preferredUsername": "../x"}, "bad-field"),
        ({"preferredUsername": "in\u202ea"}, "bad-field"),
        ({"preferredUsername": "x" * 200}, "bad-field"),
        ({"id": ANI + "#me"}, "bad-id"),
        ({"id": None}, "bad-id"),
        ({"@id": ANI}, "duplicate-key"),
    ],
)
def test_an_actor_that_cannot_be_used_is_refused_with_the_reason(changes: dict[str, Any], code: str) -> None:
    assert refusal(person(**changes)) == code


def test_several_types_with_one_known_are_read_as_that() -> None:
    assert read_actor(person(type=["vcard:individual", "Person"])).type == "Person"


def test_s095_a_thousand_fields_and_emojis_are_cut() -> None:
    field = {"type": "PropertyValue", "name": "n", "value": "v"}
    emoji = {"type": "Emoji", "name": ":x:", "icon": {"url": "https://good.example/x.png"}}
    read = read_actor(
        person(attachment=[field] * 5000, tag=[emoji] * 5000, **{"civic:services": ["x" * 50] * 5000})
    )
    assert len(read.fields) == 50
    assert len(read.emojis) == 100
    assert "civic:services" not in read.extra


def test_a_claimed_handle_is_read_as_a_claim() -> None:
    assert read_actor(person(webfinger="ani@good.example")).webfinger == "ani@good.example"
    assert read_actor(person(webfinger="ani")).webfinger == ""
