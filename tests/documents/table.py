"""The tables of what documents become: for the tests (JSON) and for readers (Markdown)."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from federation.wire.classify import Outcome, describe
from tests.documents.captured import OUTCOMES, captured, captured_folder, own

PAGE = Path(__file__).parents[2] / "docs" / "documents.md"
_BOOKKEEPING = frozenset({"@context", "signature", "proof"})
_NOT_SOFTWARE = {"fep": "FEP examples", "invalid": "hostile documents", "swicg-e2ee": "SWICG drafts"}

_HEAD = (Path(__file__).parent / "page_head.md").read_text()
_NOTES = (Path(__file__).parent / "page_notes.md").read_text()


def outcome_text(outcome: Outcome) -> str:
    """One line: the kind, or the refusal's code."""
    return f"refused: {outcome.refused}" if outcome.refused else outcome.kind


def outcome_of(document: Any) -> str:
    """What a captured document becomes. Test suites use `http` hosts, so these are read as in development."""
    return outcome_text(describe(document, allow_http=True))


def main() -> None:
    folder = captured_folder()
    if folder is None:
        raise SystemExit("Set SEBANGSA_TEST_DOCUMENTS to the folder that holds activitypub/.")
    documents = list(captured(folder))
    table = {path: outcome_of(document) for path, document in documents}
    OUTCOMES.write_text(json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    PAGE.write_text(page(documents))
    print(f"{len(table)} captured documents, {sum(1 for _ in own())} of our own.")


def page(documents: list[tuple[str, Any]]) -> str:
    """The whole Markdown page."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    refused: list[tuple[str, str, str]] = []
    read: dict[str, set[str]] = defaultdict(set)
    passed_over: dict[str, Counter[str]] = defaultdict(Counter)
    for path, document in documents:
        software = path.partition("/")[0]
        outcome = describe(document, allow_http=True)
        kinds[software][outcome_text(outcome)] += 1
        if outcome.refused:
            refused.append((path, outcome.refused, outcome.detail))
        read[software].update(key.removeprefix("object.") for key in outcome.kept)
        for dropped, _ in outcome.dropped:
            key = dropped.removeprefix("object.")
            if key not in _BOOKKEEPING:
                passed_over[software][key] += 1
    lines = [_HEAD, f"{len(documents)} captured documents.", ""]
    lines += [
        "## By software",
        "",
        "| software | documents | what they become | keys read | keys passed over |",
    ]
    lines.append("|---|---|---|---|---|")
    for software in sorted(kinds):
        become = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds[software].items()))
        over = ", ".join(f"`{key}`" for key in sorted(passed_over[software] - Counter(read[software]))[:12])
        name = _NOT_SOFTWARE.get(software, software)
        total = sum(kinds[software].values())
        lines.append(f"| {name} | {total} | {become} | {len(read[software])} | {over or '-'} |")
    stated: dict[str, list[str]] = defaultdict(list)
    for path, _, outcome in own():
        stated[path.partition("/")[0]].append(outcome)
    lines += ["", "## Documents of our own, in the shape of each software", ""]
    lines += ["They lie in `tests/documents/`, so that a clone tests the same readers.", ""]
    lines += ["| in the shape of | documents | what they become |", "|---|---|---|"]
    for software in sorted(stated):
        lines.append(f"| {software} | {len(stated[software])} | {', '.join(sorted(stated[software]))} |")
    lines += ["", _NOTES, *_one_by_one(refused)]
    return "\n".join(lines) + "\n"


def _one_by_one(refused: list[tuple[str, str, str]]) -> list[str]:
    """Each refusal with the detail that a peer would read in the answer."""
    lines = ["## Each refusal", "", "| software | document | code | detail |", "|---|---|---|---|"]
    for path, code, detail in refused:
        software, _, name = path.partition("/")
        shown = detail.replace("|", "\\|") or "-"
        lines.append(
            f"| {_NOT_SOFTWARE.get(software, software)} | `{name.rpartition('/')[2]}` | `{code}` | {shown} |"
        )
    return lines


if __name__ == "__main__":
    main()
