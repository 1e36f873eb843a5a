"""Reading and writing rows of the hot paths as models, without the general way's cost.

Handling a received post was for a third Tortoise's own work: each value goes through validators, signals and defaults on
its way in, and each moment through a parser of every ISO 8601 form on its way out. What stands here does the same for
the types that our tables have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec
from tortoise import fields
from tortoise.exceptions import ValidationError
from tortoise.models import Model

from federation.database.sql import execute, insert_late

M = TypeVar("M", bound=Model)


async def insert(model: type[M], **values: Any) -> M:
    """Write a row whose key is given, and return it: what `model.create(**values)` does for our own fields.

    Related rows are given as models or by their ids. Inside a transaction it is written late (`late_rows.py`). Raises
    `ValidationError` for a text that its column cannot hold; `IntegrityError` comes when it is written.
    """
    row, plan = _made(model, values)
    await insert_late(model._meta.db_table, plan.statement, plan.stored(row))
    return row


async def insert_once(model: type[M], **values: Any) -> M | None:
    """Write a row at once unless one with the same unique columns is there; None then. Waits for another transaction that
    writes the same, so that who presses twice at one moment is not told of a fault.
    """
    row, plan = _made(model, values)
    return row if await execute(f"{plan.statement} ON CONFLICT DO NOTHING", plan.stored(row)) else None


def _made(model: type[M], values: dict[str, Any]) -> tuple[M, _Plan]:
    plan = _plan(model)
    row = model.__new__(model)
    attributes = vars(row)
    attributes.update(_FRESH, _await_when_save={})
    attributes.update(plan.defaults)
    for name, default in plan.made_anew:
        if name not in values:
            attributes[name] = default()
    for name, value in values.items():
        if name in plan.defaults:
            attributes[name] = value
        elif (key := plan.relations.get(name)) is not None:
            # As its property does, which would ask for each attribute what kind of field it is.
            attributes[key] = None if value is None else value.pk
            attributes[f"_{name}"] = value
        else:
            raise TypeError(f"{model.__name__} has no {name}")
    return row, plan


_FRESH = {"_partial": False, "_saved_in_db": True, "_custom_generated_pk": True}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known of a model before a row of it is made: its columns and their defaults, in the statement's order; of
    which a fresh value is made for each row (`made_anew`), which are written in another form (`forms`, by place), and
    the columns of related rows' keys.
    """

    defaults: dict[str, Any]
    made_anew: tuple[tuple[str, Callable[[], Any]], ...]
    forms: tuple[tuple[int, Callable[[Any], Any]], ...]
    relations: dict[str, str]
    statement: str

    def stored(self, row: Model) -> list[Any]:
        """The values of a row, in the order of the statement."""
        attributes = vars(row)
        values = [attributes[name] for name in self.defaults]
        for place, form in self.forms:
            values[place] = form(values[place])
        return values


@cache
def _plan(model: type[Model]) -> _Plan:
    meta = model._meta
    columns = meta.fields_db_projection
    defaults = {name: meta.fields_map[name].default for name in columns}
    forms = [(place, _form(meta.fields_map[name])) for place, name in enumerate(columns)]
    marks = ", ".join("?" * len(columns))
    return _Plan(
        {name: None if callable(default) else default for name, default in defaults.items()},
        tuple((name, default) for name, default in defaults.items() if callable(default)),
        tuple((place, form) for place, form in forms if form is not None),
        {name: meta.fields_map[name].source_field or "" for name in meta.fk_fields | meta.o2o_fields},
        f"INSERT INTO {meta.db_table} ({', '.join(columns.values())}) VALUES ({marks})",  # noqa: S608 - names of our own
    )


def _form(field: fields.Field[Any]) -> Callable[[Any], Any] | None:
    if isinstance(field, fields.JSONField):
        return lambda value: None if value is None else msgspec.json.encode(value).decode()
    if isinstance(field, fields.CharField):
        limit, name = field.max_length, field.model_field_name

        def text(value: Any) -> Any:
            if value is not None and len(value) > limit:
                raise ValidationError(f"{name}: Length of a value is {len(value)}, more than {limit}")
            return None if value is None else str(value)

        return text
    return None


def read_quickly(models: Iterable[type[Model]]) -> None:
    """Make moments and JSON of these models be read by what is made for the one form in which we write them."""
    for model in models:
        for field in model._meta.fields_map.values():
            if type(field) is fields.DatetimeField:
                field.to_python_value = _moment  # type: ignore[method-assign]
            elif isinstance(field, fields.JSONField):
                field.decoder = msgspec.json.decode


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value is None:
        return None
    moment: datetime = value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
