"""Keys: ours come back as they were made; those of others are looked at before they are used (S-024)."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from federation.refusals import Refused
from federation.signatures import (
    algorithm_of,
    encode_multikey,
    generate_ed25519,
    generate_rsa_pem,
    load_private_key,
    load_public_key,
    multikey_of,
)
from federation.signatures.base58 import MAX_CHARACTERS, base58_decode, base58_encode
from tests.federation.signed_requests import ed25519_pair, rsa_pair

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def pem(key: PublicKeyTypes) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def der_integer(number: int) -> bytes:
    data = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + der_length(len(data)) + data


def der_length(length: int) -> bytes:
    if length < 128:
        return bytes([length])
    data = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(data)]) + data


def rsa_text(n: int, e: int) -> str:
    """A PKCS#1 PEM of any numbers, which no library would write."""
    inner = der_integer(n) + der_integer(e)
    der = b"\x30" + der_length(len(inner)) + inner
    return f"-----BEGIN RSA PUBLIC KEY-----\n{b64encode(der).decode()}\n-----END RSA PUBLIC KEY-----\n"


def unusable(text: str) -> None:
    started = time.process_time()
    with pytest.raises(Refused) as caught:
        load_public_key(text)
    assert caught.value.code == "key-unusable"
    assert time.process_time() - started < 0.1, "S-024: no CPU burst"


def test_a_new_rsa_key_comes_back_and_has_2048_bits() -> None:
    pair = generate_rsa_pem()
    private, public = load_private_key(pair.private), load_public_key(pair.public)
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048
    assert private.public_key() == public
    assert algorithm_of(private) == algorithm_of(public) == "rsa"
    assert pair.public.startswith("-----BEGIN PUBLIC KEY-----\n")


def test_a_new_ed25519_key_comes_back() -> None:
    pair = generate_ed25519()
    private, public = load_private_key(pair.private), load_public_key(pair.public)
    assert private.public_key() == public
    assert algorithm_of(private) == algorithm_of(public) == "ed25519"
    assert multikey_of(public) == pair.public
    assert pair.public.startswith("z6Mk")


def test_parsed_keys_are_kept() -> None:
    assert load_private_key(rsa_pair().private) is load_private_key(rsa_pair().private)
    assert load_public_key(rsa_pair().public) is load_public_key(rsa_pair().public)


def test_a_private_key_of_another_kind_is_a_mistake() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ValueError, match="RSA"):
        load_private_key(text)


def test_a_public_key_is_read_in_each_form_that_peers_write() -> None:
    key = load_public_key(rsa_pair().public)
    assert isinstance(key, rsa.RSAPublicKey)
    pkcs1 = key.public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    one_line = rsa_pair().public.replace("\n", "")
    for text in (
        pkcs1,
        rsa_pair().public.replace("\n", "\r\n"),
        f"\n  {rsa_pair().public}\n\n",
        one_line,
        multikey_of(key),
    ):
        assert load_public_key(text) == key
    ed = load_public_key(ed25519_pair().public)
    assert load_public_key(pem(ed)) == ed


@pytest.mark.parametrize(
    "change",
    [
        lambda s: "",
        lambda s: "key",
        lambda s: s[:200],
        lambda s: s.replace("MII", "!!!"),
        lambda s: s.replace("MII", "AAA"),
        lambda s: s + "junk",
        lambda s: "junk\n" + s,
        lambda s: s + s,
        lambda s: s.replace("-----END", "AAAA\n-----END"),
        lambda s: s.replace("PUBLIC", "PRIVATE"),
        lambda s: s.replace("BEGIN PUBLIC", "BEGIN RSA PUBLIC"),
        lambda s: s.replace("PUBLIC KEY", "CERTIFICATE"),
        lambda s: s.replace("\n", "\x00\n"),
        lambda s: s.replace("\n", "ü\n"),
        lambda s: "z" + s,
        lambda s: "-----BEGIN PUBLIC KEY-----" * 70,
        lambda s: s.replace("\n", " " * 5000),
    ],
)
def test_s024_a_broken_pem_is_refused(change: Callable[[str], str]) -> None:
    unusable(change(rsa_pair().public))


def test_s024_rsa_keys_that_are_too_small_are_refused() -> None:
    for bits in (512, 1024, 2040):
        unusable(rsa_text(2 ** (bits - 1) + 2**40 + 1, 65537))
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
    unusable(pem(small))
    assert load_public_key(pem(small), min_rsa_bits=1024) == small


@pytest.mark.parametrize("bits", [8200, 16_384, 65_536, 1_000_000])
def test_s024_huge_rsa_keys_are_refused_at_once(bits: int) -> None:
    n = 2 ** (bits - 1) + 2**40 + 1
    unusable(rsa_text(n, 65537))
    unusable(encode_multikey("rsa-pub", der_integer(n)) if bits < 70_000 else "z" + "1" * 100_000)


@pytest.mark.parametrize("exponent", [0, 1, 2, 4, 65536, 2**33 + 1, 2**2000 + 1])
def test_s024_rsa_exponents_that_break_or_burn_are_refused(exponent: int) -> None:
    unusable(rsa_text(2**2047 + 2**40 + 1, exponent))


def test_s024_an_even_rsa_modulus_is_refused() -> None:
    unusable(rsa_text(2**2047 + 2**40, 65537))


def test_s024_keys_of_other_kinds_are_refused() -> None:
    unusable(pem(ec.generate_private_key(ec.SECP256R1()).public_key()))
    unusable(pem(x25519.X25519PrivateKey.generate().public_key()))


def times_eight(y: int) -> tuple[int, int] | None:
    """Eight times the Edwards point with this y, by the textbook; None when there is no such point."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        return None
    for _ in range(3):
        twist = D * x * x * y * y
        x, y = 2 * x * y * pow(1 + twist, -1, P) % P, (y * y + x * x) * pow(1 - twist, -1, P) % P
    return x, y


EIGHTH = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7


@pytest.mark.parametrize("y", [0, 1, P - 1, EIGHTH, P - EIGHTH])
@pytest.mark.parametrize("sign", [0, 1])
def test_s024_ed25519_points_of_low_order_are_refused(y: int, sign: int) -> None:
    assert times_eight(y) == (0, 1)
    raw = (y | sign << 255).to_bytes(32, "little")
    unusable(encode_multikey("ed25519-pub", raw))


@pytest.mark.parametrize("y", range(P, 2**255))
def test_s024_ed25519_points_in_a_second_spelling_are_refused(y: int) -> None:
    unusable(encode_multikey("ed25519-pub", y.to_bytes(32, "little")))


def test_an_honest_point_is_not_of_low_order() -> None:
    y = int.from_bytes(base58_decode(ed25519_pair().public[1:])[2:], "little") & (2**255 - 1)
    assert times_eight(y) not in (None, (0, 1))


@pytest.mark.parametrize(
    "text",
    [
        "z",
        "z1",
        "z0",
        "m7QEu",
        encode_multikey("ed25519-pub", b"\x05" * 31),
        encode_multikey("ed25519-pub", b"\x05" * 33),
        encode_multikey("ed25519-priv", b"\x05" * 32),
        encode_multikey("rsa-pub", b"\x05" * 32),
        encode_multikey("rsa-pub", b""),
    ],
)
def test_a_multikey_that_is_none_is_refused(text: str) -> None:
    unusable(text)


def test_a_multikey_whose_codec_and_bytes_disagree_is_refused() -> None:
    ed = load_public_key(ed25519_pair().public)
    der = ed.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    unusable(encode_multikey("rsa-pub", der))


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\1", b"\xff" * 40, bytes(range(256))])
def test_base58_comes_back(data: bytes) -> None:
    assert base58_decode(base58_encode(data)) == data


def test_base58_of_known_texts() -> None:
    assert base58_encode(b"Hello World!") == "2NEpo7TZRRrLZSi2U"
    assert base58_decode("11233QC4") == bytes.fromhex("0000287fb4cd")


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "a b", "ü", "1" * (MAX_CHARACTERS + 1)])
def test_base58_refuses_what_it_is_not(text: str) -> None:
    with pytest.raises(Refused):
        base58_decode(text)
