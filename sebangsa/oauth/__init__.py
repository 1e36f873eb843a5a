"""OAuth 2: apps, codes, tokens, scopes (RFC 6749, 7009, 7636, 8414), as clients of the Mastodon API use it."""
