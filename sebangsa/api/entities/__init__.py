"""Rows as Mastodon's entities: every key that Mastodon 4.6 emits, null only where it does."""
