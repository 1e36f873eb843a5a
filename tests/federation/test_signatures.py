"""Requests that honest servers of every kind send are accepted, and ours are what they accept."""

from __future__ import annotations

import subprocess
import sys
from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from federation.refusals import Refused
from federation.signatures import Scheme, SigningKey, read_claim, sign_request
from federation.signatures.digest import (
    check_content_digest,
    check_digest,
    make_content_digest,
    make_digest,
)
from tests.federation.signed_requests import (
    BODY,
    KEY_ID,
    NOW,
    US,
    accept,
    ed25519_key,
    rsa_key,
    sent,
    signed_by_hand,
    with_headers,
)

EACH_KIND = pytest.mark.parametrize(
    ("scheme", "kind"), [("cavage", "rsa"), ("rfc9421", "rsa"), ("rfc9421", "ed25519")]
)


@EACH_KIND
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/inbox", "/u/budi/outbox?page=1&q=%20", "/"])
def test_what_we_sign_we_accept(scheme: Scheme, kind: str, method: str, path: str) -> None:
    accept(sent(scheme=scheme, kind=kind, method=method, url=f"https://{US}{path}"), kind=kind)


@EACH_KIND
def test_the_claim_names_key_scheme_and_time(scheme: Scheme, kind: str) -> None:
    claim = read_claim(sent(scheme=scheme, kind=kind), authority=US, now=NOW)
    assert (claim.key_id, claim.scheme, claim.signed_at) == (KEY_ID, scheme, NOW)


def test_our_cavage_post_is_what_mastodon_misskey_and_lemmy_read() -> None:
    out = sign_request(
        "POST", f"https://{US}/inbox", BODY, SigningKey(KEY_ID, rsa_key()), scheme="cavage", now=NOW
    )
    assert list(out) == ["Host", "Date", "Content-Type", "Digest", "Signature"]
    assert out["Host"] == US
    assert out["Content-Type"] == "application/activity+json"
    fields = dict(part.split("=", 1) for part in out["Signature"].split(","))
    assert fields["keyId"] == f'"{KEY_ID}"'
    assert fields["algorithm"] == '"rsa-sha256"'
    assert fields["headers"] == '"(request-target) host date digest content-type"'
    text = (
        f"(request-target): post /inbox\nhost: {US}\ndate: {out['Date']}\n"
        f"digest: {out['Digest']}\ncontent-type: application/activity+json"
    )
    signature = b64decode(fields["signature"].strip('"'))
    rsa_key().public_key().verify(signature, text.encode(), PKCS1v15(), SHA256())


def test_our_cavage_get_covers_target_host_and_date_and_sends_accept_along() -> None:
    out = sign_request(
        "GET",
        f"https://{US}/u/budi",
        b"",
        SigningKey(KEY_ID, rsa_key()),
        scheme="cavage",
        now=NOW,
        headers={"accept": "application/activity+json"},
    )
    assert 'headers="(request-target) host date"' in out["Signature"]
    assert out["Accept"] == "application/activity+json"
    assert not {"Digest", "Content-Type"} & set(out)


def test_our_rfc9421_post_covers_what_mastodon_and_fedify_ask_for() -> None:
    out = sign_request(
        "POST", f"https://{US}/inbox", BODY, SigningKey(KEY_ID, rsa_key()), scheme="rfc9421", now=NOW
    )
    assert out["Signature-Input"] == (
        'sig1=("@method" "@target-uri" "@authority" "content-digest" "content-type")'
        f';created={NOW:.0f};keyid="{KEY_ID}";alg="rsa-v1_5-sha256"'
    )
    assert out["Content-Digest"] == make_content_digest(BODY)


def test_a_keyid_with_a_percent_sign_is_signed_and_read_back() -> None:
    key_id = "https://good.example/u/%D1%84%s#main-key"
    for scheme in ("cavage", "rfc9421"):
        request = sent(scheme=scheme, key_id=key_id)
        assert read_claim(request, authority=US, now=NOW).key_id == key_id
        accept(request)


def test_a_port_and_upper_case_in_the_host_do_not_matter() -> None:
    values = {"host": "US.example:443"}
    request = signed_by_hand("(request-target) host date digest", values=values)
    accept(replace(request, authority="US.example:443"))


def test_a_development_server_on_a_port_is_itself() -> None:
    url = "http://us.localhost:8001/inbox"
    for scheme in ("cavage", "rfc9421"):
        out = sign_request("POST", url, BODY, SigningKey(KEY_ID, rsa_key()), scheme=scheme, now=NOW)
        assert out["Host"] == "us.localhost:8001"
        request = replace(
            sent(), scheme="http", authority=out["Host"], headers={k.lower(): v for k, v in out.items()}
        )
        read_claim(request, authority="us.localhost:8001", now=NOW)


@pytest.mark.parametrize("algorithm", ["rsa-sha256", "hs2019", "HS2019", None])
def test_hs2019_and_no_algorithm_mean_what_the_key_says(algorithm: str | None) -> None:
    accept(signed_by_hand("(request-target) host date digest", algorithm=algorithm))


def test_lemmys_order_of_headers_is_accepted() -> None:
    accept(
        signed_by_hand(
            "(request-target) content-type date digest host",
            algorithm="hs2019",
            values={"content-type": "application/activity+json"},
        )
    )


def test_upper_case_names_in_headers_are_accepted() -> None:
    request = signed_by_hand("(request-target) host date digest")
    header = request.headers["signature"].replace("host date digest", "Host Date Digest")
    accept(with_headers(request, signature=header))


def test_created_takes_the_place_of_date_with_hs2019() -> None:
    request = signed_by_hand(
        "(request-target) host (created) digest",
        algorithm="hs2019",
        parameters=f"created={NOW:.0f},",
        values={"(created)": f"{NOW:.0f}"},
    )
    accept(with_headers(request, date=None))


def test_a_query_may_be_signed_or_left_out_as_misskey_does() -> None:
    names = "(request-target) host date"
    for signed in ("/u/budi/outbox?page=2", "/u/budi/outbox"):
        accept(
            signed_by_hand(
                names, method="GET", body=b"", target="/u/budi/outbox?page=2", signed_target=signed
            )
        )


def test_any_label_of_rfc9421_is_read() -> None:
    request = sent(scheme="rfc9421")
    accept(
        with_headers(
            request,
            signature=request.headers["signature"].replace("sig1=", "activitypub="),
            signature_input=request.headers["signature-input"].replace("sig1=", "activitypub="),
        )
    )


def test_requests_without_signature_are_told_so() -> None:
    with pytest.raises(Refused, match="signature-missing"):
        read_claim(with_headers(sent(), signature=None), authority=US, now=NOW)


def test_httpsig_is_imported_without_pkg_resources() -> None:
    program = """
import sys
class NoPkgResources:
    def find_spec(self, name, path=None, target=None):
        if name == "pkg_resources":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoPkgResources())
import federation.signatures
assert "pkg_resources" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])


def test_signing_refuses_a_url_that_would_be_sent_otherwise() -> None:
    key = SigningKey(KEY_ID, rsa_key())
    for url in (
        "/inbox",
        "ftp://us.example/",
        "https://a@us.example/",
        "https://us.example/a\nb",
        "https://u/ü",
    ):
        with pytest.raises(ValueError, match="not a URL"):
            sign_request("GET", url, b"", key, scheme="cavage", now=NOW)


def test_signing_cavage_with_another_key_than_rsa_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="RSA"):
        sign_request(
            "GET", "https://us.example/", b"", SigningKey(KEY_ID, ed25519_key()), scheme="cavage", now=NOW
        )


def test_a_signing_key_does_not_show_its_secret() -> None:
    assert "private" not in repr(SigningKey(KEY_ID, rsa_key()))


def test_digests_we_make_hold() -> None:
    check_digest(make_digest(BODY), BODY)
    check_content_digest(make_content_digest(BODY), BODY)


@pytest.mark.parametrize("prefix", ["SHA-256", "sha-256", "Sha-256"])
def test_a_digest_may_name_its_algorithm_in_any_case_and_stand_beside_others(prefix: str) -> None:
    value = make_digest(BODY).replace("SHA-256", prefix)
    check_digest(value, BODY)
    check_digest(f"MD5=AAAA, {value} , id-sha-1=BBBB", BODY)


@pytest.mark.parametrize(
    "value",
    ["", "MD5=AAAA", "SHA-256", "SHA-256=", "SHA-256=!!!!", "SHA-256=ü", "sha-256=:AAAA:", "a" * 9000],
)
def test_a_digest_that_says_nothing_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="digest-wrong"):
        check_digest(value, BODY)


def test_one_wrong_value_among_right_ones_is_refused() -> None:
    right, wrong = make_digest(BODY), make_digest(BODY + b" ")
    for value in (f"{right},{wrong}", f"{wrong},{right}"):
        with pytest.raises(Refused, match="digest-wrong"):
            check_digest(value, BODY)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "md5=:AAAA:",
        "sha-256",
        "sha-256=1",
        "sha-256=:!:",
        "sha-256=(:AAAA:)",
        f"sha-256=:{'A' * 5000}:",
        "ü",
        "sha-256=:AAAA:, sha-256=:AAAA:",
    ],
)
def test_a_content_digest_that_says_nothing_is_refused(value: str) -> None:
    with pytest.raises(Refused, match="digest-wrong"):
        check_content_digest(value, BODY)


def test_the_digest_is_of_the_bytes() -> None:
    assert b64decode(make_digest(BODY).partition("=")[2]) == sha256(BODY).digest()
