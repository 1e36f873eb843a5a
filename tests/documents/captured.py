"""Documents of other servers: captured ones that lie beside the checkout, and our own in their shapes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OWN = Path(__file__).parent
OUTCOMES = OWN.parent / "federation" / "document_outcomes.json"


def captured_folder() -> Path | None:
    """Where the captured documents lie: `activitypub/` under `SEBANGSA_TEST_DOCUMENTS`; None where it is
    not set.
    """
    root = os.environ.get("SEBANGSA_TEST_DOCUMENTS")
    folder = Path(root) / "activitypub" if root else None
    return folder if folder is not None and folder.is_dir() else None


def captured(folder: Path) -> Iterator[tuple[str, Any]]:
    """Path (software first, `/` between) and value of every captured document."""
    for path in sorted(folder.rglob("*.json")):
        yield path.relative_to(folder).as_posix(), filled_in(json.loads(path.read_bytes()))


def own() -> Iterator[tuple[str, dict[str, Any], str]]:
    """Path, document and stated outcome of each of our own documents (`{"outcome": …, "document": …}`)."""
    for path in sorted(OWN.rglob("*.json")):
        held = json.loads(path.read_bytes())
        yield path.relative_to(OWN).as_posix(), held["document"], held["outcome"]


def filled_in(value: Any, scrubbed: list[int] | None = None) -> Any:
    """Mbin's snapshots with values where ids, dates and keys were scrubbed, so that their shapes can be
    read.
    """
    scrubbed = [0] if scrubbed is None else scrubbed
    if value == "SCRUBBED_ID":
        scrubbed[0] += 1
        return f"https://kbin.test/scrubbed/{scrubbed[0]}"
    if value == "SCRUBBED_DATE":
        return "2026-08-05T12:00:00+00:00"
    if isinstance(value, dict):
        return {key: filled_in(child, scrubbed) for key, child in value.items()}
    if isinstance(value, list):
        return [filled_in(child, scrubbed) for child in value]
    return value
