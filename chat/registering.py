"""Hanging the chat into the product's extension points."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chat import filing

if TYPE_CHECKING:
    from sebangsa.site import Site


def register(site: Site) -> None:
    """Listen for direct posts."""
    site.hooks.post_created.listen(partial(filing.file_post, site))
    site.hooks.post_edited.listen(partial(filing.refresh_message, site))
    site.hooks.post_deleted.listen(partial(filing.withdraw_message, site))
