"""Who is calling: the name that a bearer token stands for.

Tokens are kept as SHA-256 hashes only: with 256 random bits in each, that cannot be turned
back. As long as there are none, whoever calls from this machine is `local` and nobody else may
call; from the first one on, every call needs one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass
from typing import Any

import grpc
import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine

from services.gateway.books.reader import read
from services.gateway.books.rows import now_micros
from services.gateway.books.tables import tokens
from shared.rpc.errors import Unauthenticated, Unavailable

LOCAL_CALLER = "local"
"""Who calls from this machine where there are no tokens."""
PREFIX = "attune_"
"""So that a token is known for one where it should not be, in a log or a repository."""
FRESH_SECONDS = 2.0
"""A revoked token may be used for so long."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_THIS_MACHINE = ("ipv4:127.", "ipv6:[::1]", "ipv6:%5B::1%5D", "ipv6:[::ffff:127.", "unix:")
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept. id: the first digits of its hash. Times in microseconds, UTC."""

    id: str
    name: str
    created_at: int
    revoked_at: int | None


def create_token(connection: Connection, name: str) -> str:
    """A new token for a caller, which may have several; it is shown this once.

    Raises ValueError for a name that cannot be one.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name[:100]!r} is no name of a caller: it begins with a letter or a digit, and has"
            " at most 100 letters, digits, dots, underscores and hyphens"
        )
    if name == LOCAL_CALLER:
        raise ValueError(f"{LOCAL_CALLER!r} is the name of callers without a token")
    token = PREFIX + secrets.token_urlsafe(32)
    connection.execute(
        tokens.insert().values(token_sha256=_hash(token), name=name, created_at=now_micros())
    )
    return token


def revoke_tokens(connection: Connection, name_or_id: str) -> int:
    """Ends a token by its id, or all of a caller by its name; gives how many."""
    ended = connection.execute(
        tokens.update()
        .where(
            tokens.c.revoked_at.is_(None),
            sa.or_(
                tokens.c.name == name_or_id,
                sa.func.substr(tokens.c.token_sha256, 1, _ID_DIGITS) == name_or_id,
            ),
        )
        .values(revoked_at=now_micros())
    )
    return ended.rowcount


def all_tokens(connection: Connection) -> list[Token]:
    """Every token that there ever was, by name and age."""
    rows = connection.execute(sa.select(tokens).order_by(tokens.c.name, tokens.c.created_at))
    return [
        Token(row.token_sha256[:_ID_DIGITS], row.name, row.created_at, row.revoked_at)
        for row in rows
    ]


class Callers:
    """Names callers. Tokens are read anew every FRESH_SECONDS."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._names: dict[str, str] = {}
        self._required = False
        self._read_at: float | None = None

    async def of(self, context: grpc.aio.ServicerContext[Any, Any]) -> str:
        """The caller's name. Raises Unauthenticated, Unavailable."""
        now = time.monotonic()
        if self._read_at is None:
            await self._read()
        elif now - self._read_at > FRESH_SECONDS:
            self._read_at = now  # whoever comes meanwhile does not read as well
            await self._read()
        presented = _bearer(context)
        if not self._required:
            if presented is None and not context.peer().startswith(_THIS_MACHINE):
                raise Unauthenticated(
                    "callers from other machines need a token: `attune token create NAME` makes"
                    " one, which goes into ATTUNE_GATEWAY_TOKEN",
                    reason="TOKEN_REQUIRED",
                )
            if presented is None:
                return LOCAL_CALLER
        if presented is None:
            raise Unauthenticated(
                "the gateway has callers with tokens, and this call has none: send `authorization:"
                " Bearer TOKEN`, or set ATTUNE_GATEWAY_TOKEN",
                reason="TOKEN_REQUIRED",
            )
        # All are compared, each in constant time: how long it takes says nothing of any.
        digest, found = _hash(presented), ""
        for known, name in self._names.items():
            if hmac.compare_digest(known, digest):
                found = name
        if not found:
            raise Unauthenticated(
                "the token is not known, or revoked; `attune token list` shows which there are",
                reason="TOKEN_UNKNOWN",
            )
        return found

    async def _read(self) -> None:
        def rows(connection: Connection) -> list[Any]:
            return list(connection.execute(sa.select(tokens)))

        try:
            found = await read(self._engine, rows)
        except Unavailable as error:
            if self._read_at is None:
                raise
            _log.warning("tokens_not_read", fault=error.message)
            return
        self._names = {row.token_sha256: row.name for row in found if row.revoked_at is None}
        # Revoking the last one must not open the door to everybody.
        self._required = bool(found)
        self._read_at = time.monotonic()


_ID_DIGITS = 12


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _bearer(context: grpc.aio.ServicerContext[Any, Any]) -> str | None:
    """The token of a call; None where it has none."""
    for key, value in context.invocation_metadata() or ():
        if key == "authorization":
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            scheme, _, token = text.partition(" ")
            return token.strip() if scheme.lower() == "bearer" else ""
    return None
