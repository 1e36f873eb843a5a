"""What can go wrong between an app and the token endpoint."""

from __future__ import annotations

from sebangsa.errors import ProductError


class OAuthError(ProductError):
    """`code` is one of RFC 6749's; Elk registers itself anew when it meets `invalid_client`."""

    def __init__(self, code: str, sentence: str, status: int = 400) -> None:
        super().__init__(code, sentence)
        self.status = status


def invalid_client() -> OAuthError:
    """An app that is unknown or gave another secret: the same words for both."""
    return OAuthError("invalid_client", "The app is not known here, or its secret is wrong.", 401)


def invalid_grant() -> OAuthError:
    """A code that cannot be used: the same words for every reason (S-079)."""
    return OAuthError(
        "invalid_grant", "The code is wrong, used, too old, or was made for another app or address."
    )


def invalid_scope(
    sentence: str = "A scope that was asked for is unknown, or the app may not have it.",
) -> OAuthError:
    return OAuthError("invalid_scope", sentence)
