"""Feeds: named lists of communities that travel. PieFed's `Feed` actor and Lemmy 1.0's multi-community."""
