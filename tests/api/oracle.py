"""The entities' fields and types as Mastodon.py declares them: read from its source, which says what is optional."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from mastodon import return_types

NULL_IN_MASTODON = {
    ("MediaAttachment", "blurhash"),
    ("MediaAttachment", "url"),
    ("InstanceThumbnail", "versions"),
}
"""Nullable in Mastodon's own serialisers, though Mastodon.py does not say so."""
NOT_SPOKEN = re.compile(r"\* (?:4\.[789]|[5-9])\.[0-9.]+: added")
"""Fields of versions after the one that we follow."""


@dataclass(frozen=True)
class Declared:
    name: str
    type: str
    is_optional: bool
    is_nullable: bool


@lru_cache
def declared() -> dict[str, list[Declared]]:
    """Entity → fields."""
    found: dict[str, list[Declared]] = {}
    for node in ast.parse(inspect.getsource(return_types)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        fields = []
        for place, part in enumerate(node.body):
            if not isinstance(part, ast.AnnAssign) or not isinstance(part.target, ast.Name):
                continue
            following = node.body[place + 1] if place + 1 < len(node.body) else None
            is_documented = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            doc = str(following.value.value) if is_documented else ""  # type: ignore[union-attr]
            if NOT_SPOKEN.search(doc) or ": removed" in doc:
                continue
            type_ = str(part.annotation.value)  # type: ignore[attr-defined]
            about = doc.partition("Version history")[0]
            fields.append(
                Declared(part.target.id, type_, "(optional" in about, type_.startswith("Optional["))
            )
        found[node.name] = fields
    return found


def mistakes(entity: str, value: Any, where: str = "") -> list[str]:
    """What is wrong with a JSON value that should be this entity; empty when nothing is."""
    where = where or entity
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    found = []
    for field in declared()[entity]:
        key = field.name if field.name in value else field.name.replace("_", ":", 2)
        at = f"{where}.{field.name}"
        if key not in value:
            if not field.is_optional:
                found.append(f"{at} is missing")
            continue
        if value[key] is None:
            if not field.is_nullable and (entity, field.name) not in NULL_IN_MASTODON:
                found.append(f"{at} is null")
            continue
        found += _of_type(field.type, value[key], at)
    return found


def _of_type(type_: str, value: Any, where: str) -> list[str]:
    if type_.startswith("Optional["):
        type_ = type_[len("Optional[") : -1]
    for wrapper in ("NonPaginatableList[", "PaginatableList[", "EntityList["):
        if type_.startswith(wrapper):
            if not isinstance(value, list):
                return [f"{where} is no list"]
            inner = type_[len(wrapper) : -1]
            return [
                problem
                for n, entry in enumerate(value)
                for problem in _of_type(inner, entry, f"{where}[{n}]")
            ]
    if type_.startswith("Union["):
        options = [option.strip() for option in type_[len("Union[") : -1].split(",")]
        tried = [_of_type(option, value, where) for option in options]
        return [] if any(not problems for problems in tried) else tried[0]
    if type_ in declared():
        return mistakes(type_, value, where)
    plain = {"str": str, "int": int, "bool": bool, "float": int | float}
    if type_ in ("IdType", "MaybeSnowflakeIdType"):
        is_id = isinstance(value, str) and value != ""
        return [] if is_id else [f"{where} is no id: {value!r}"]
    if type_ == "datetime":
        return _moment(value, where)
    if type_ in plain:
        is_right = isinstance(value, plain[type_]) and (type_ == "bool" or not isinstance(value, bool))
        return [] if is_right else [f"{where} is no {type_}: {value!r}"]
    return []


def _moment(value: Any, where: str) -> list[str]:
    if where.endswith("last_status_at"):
        return (
            []
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)
            else [f"{where} is no date"]
        )
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value):
        return [f"{where} is no time with milliseconds and Z: {value!r}"]
    datetime.fromisoformat(value)
    return []
