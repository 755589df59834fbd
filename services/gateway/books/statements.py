"""Statements of the journal's hot path: written in SQLAlchemy's language, compiled once.

Building and compiling a statement of forty columns takes fifty times as long as SQLite takes
to run it. What every call runs is therefore compiled once for each kind of database, and runs
on its driver's own cursor, inside the transaction of the connection that it is given.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Dialect


@dataclass(frozen=True, slots=True)
class _Compiled:
    """sql and, where parameters go by position, their names in order. fixed: constants in it."""

    sql: str
    order: tuple[str, ...] | None
    fixed: Mapping[str, Any]
    row: Any


class Statement:
    """One statement. Its parameters are the names of its bindparams; of an insert, columns."""

    def __init__(self, core: sa.Insert | sa.Update | sa.Select[Any]) -> None:
        self._core = core
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Runs it; gives how many rows it touched. Raises the driver's own errors."""
        return int(self._execute(connection, values)[1].rowcount)

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Any]:
        """Its rows, with columns as attributes. Raises the driver's own errors."""
        compiled, cursor = self._execute(connection, values)
        return [compiled.row._make(row) for row in cursor.fetchall()]

    def _execute(self, connection: Connection, values: Mapping[str, Any]) -> tuple[_Compiled, Any]:
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = self._compile(dialect)
        given: Any = {**compiled.fixed, **values}
        if compiled.order is not None:
            given = [given[name] for name in compiled.order]
        cursor = connection.connection.cursor()
        cursor.execute(compiled.sql, given)
        return compiled, cursor

    def _compile(self, dialect: Dialect) -> _Compiled:
        made = self._core.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        columns = [column.name for column in getattr(self._core, "selected_columns", ())]
        return _Compiled(
            sql=str(made),
            order=tuple(made.positiontup) if made.positiontup is not None else None,
            fixed={name: value for name, value in made.params.items() if value is not None},
            row=namedtuple("Row", columns) if columns else None,
        )
