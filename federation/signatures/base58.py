"""base58btc: the alphabet of multibase `z…`, in which multikeys and proof values are written."""

from __future__ import annotations

from federation.refusals import Refused

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}

MAX_CHARACTERS = 1500
"""Enough for the largest RSA key that we take; decoding costs the square of the length."""


def base58_encode(data: bytes) -> str:
    """The base58btc text of `data`, without a multibase prefix."""
    number = int.from_bytes(data, "big")
    digits: list[str] = []
    while number:
        number, rest = divmod(number, 58)
        digits.append(_ALPHABET[rest])
    leading_zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * leading_zeros + "".join(reversed(digits))


def base58_decode(text: str) -> bytes:
    """The bytes behind base58btc text. Raises `Refused('bad-field')` for a foreign character or undue
    length."""
    if len(text) > MAX_CHARACTERS:
        raise Refused("bad-field", f"base58 text of more than {MAX_CHARACTERS} characters")
    number = 0
    for character in text:
        value = _VALUES.get(character)
        if value is None:
            raise Refused("bad-field", f"{character!r} is not a base58btc character")
        number = number * 58 + value
    leading_zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * leading_zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multibase_encode(data: bytes) -> str:
    """base58btc with its multibase prefix `z`."""
    return "z" + base58_encode(data)


def multibase_decode(text: str) -> bytes:
    """The bytes behind a multibase text; base58btc (`z`) is the only base that ActivityPub's proposals use.

    Raises `Refused('bad-field')`.
    """
    if not text.startswith("z"):
        raise Refused("bad-field", "not multibase base58btc: it would start with z")
    return base58_decode(text[1:])
