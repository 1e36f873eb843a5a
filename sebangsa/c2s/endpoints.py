"""Where apps call us besides inbox and outbox: what stands in `endpoints` of each person (ActivityPub, 4.1)."""

from __future__ import annotations

PROXY = "/c2s/proxy"
UPLOADS = "/c2s/media"
REGISTRATION = "/oauth/register"


def client_endpoints(url: str) -> dict[str, str]:
    """The endpoints of a server at `url`."""
    return {
        "oauthAuthorizationEndpoint": f"{url}/oauth/authorize",
        "oauthTokenEndpoint": f"{url}/oauth/token",
        "oauthRegistrationEndpoint": f"{url}{REGISTRATION}",
        "proxyUrl": f"{url}{PROXY}",
        "uploadMedia": f"{url}{UPLOADS}",
    }
