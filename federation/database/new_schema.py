"""A new database gets its tables from the models at once, and the migrations that would have made them are on record.

Running them one by one takes ten seconds, as for each step the library builds every model as it was then. That both ways
make the same schema is tested (`tests/test_migrations.py`); steps that move rows have none to move.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.models import Model
from tortoise.utils import get_schema_sql

from federation.database.sql import execute, is_postgres, placeholders, rows


async def is_new(models: Sequence[type[Model]]) -> bool:
    """Whether the database has none of our tables, nor a record of migrations."""
    names = [model._meta.db_table for model in models] + ["tortoise_migrations"]
    catalogue = (
        "pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename"
        if is_postgres()
        else "sqlite_master WHERE name"
    )
    return not await rows(f"SELECT 1 FROM {catalogue} IN ({placeholders(len(names))}) LIMIT 1", names)  # noqa: S608


async def make_schema(executor: MigrationExecutor, targets: Sequence[MigrationTarget]) -> None:
    """Make all tables, with the migrations on record, or nothing. Of two processes that do so at once the second finds all
    there.
    """
    connection = get_connection("default")
    record = executor._schema_editor(atomic=False)._get_model_sql_data(executor.recorder.model).table_sql
    steps = [step.migration for step in await executor.plan(targets)]
    values = ", ".join(f"('{step.app_label}', '{step.name}', CURRENT_TIMESTAMP)" for step in steps)
    # One script, as the engine of SQLite commits before each.
    script = f"""
        {"BEGIN; SELECT pg_advisory_xact_lock(hashtext('schema'));" if is_postgres() else "BEGIN IMMEDIATE;"}
        {record.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1).rstrip().rstrip(";")};
        {get_schema_sql(connection, safe=True)}
        INSERT INTO tortoise_migrations (app, name, applied_at) VALUES {values} ON CONFLICT DO NOTHING;
        COMMIT;"""  # noqa: S608 - names of our own files
    try:
        await connection.execute_script(script)
    except BaseException:
        # On SQLite, where a script would be committed before; PostgreSQL's pool ends what a connection comes back with.
        with suppress(OperationalError):
            await execute("ROLLBACK")
        raise
