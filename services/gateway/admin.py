"""`python -m services.gateway.admin`: an operator at the machine that has the database.

It reads the same variables as the gateway, and works beside one that runs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from services.gateway.books.callers import Token, all_tokens, create_token, revoke_tokens
from services.gateway.books.database import cause_of, open_database
from services.gateway.books.rows import now_micros
from services.gateway.books.upkeep import export, prune
from services.gateway.books.verify import Check, Moment, Verifier
from services.gateway.pricing.prices import PriceBook
from services.gateway.settings import BooksSettings
from shared.rpc.process import EXIT_CONFIGURATION, StartError
from shared.rpc.settings import SettingsError, read_settings

EXIT_FAULTS = 1
EXIT_USAGE = 2
DAY_MICROS = 86_400_000_000


class Refused(Exception):
    """What was asked for cannot be done; the message is for the operator."""


def main(arguments: Sequence[str]) -> int:
    """Does what the arguments say; gives the exit code."""
    wanted = _parser().parse_args(arguments)
    try:
        settings = read_settings(BooksSettings)
        with closing(_Books(settings)) as books:
            return int(wanted.do(books, wanted))
    except Refused as error:
        sys.stderr.write(f"attune: {error}\n")
        return EXIT_USAGE
    except sa.exc.DBAPIError as error:
        sys.stderr.write(f"attune: the journal cannot be used: {cause_of(error)}\n")
        return EXIT_CONFIGURATION
    except (SettingsError, StartError) as error:
        sys.stderr.write(f"attune: {error}\n")
        return EXIT_CONFIGURATION


class _Books:
    def __init__(self, settings: BooksSettings) -> None:
        self.settings = settings
        self.engine: Engine = open_database(settings.database_url)

    def book_of(self, endpoint: str, moment: Moment) -> PriceBook:
        """The prices of an endpoint; an empty one (of the mock) is the configured one."""
        base_url = f"https://{endpoint}/v1" if endpoint else self.settings.base_url
        try:
            return PriceBook(self.settings.prices_file, base_url=base_url, now=moment)
        except ValueError as error:
            raise StartError(f"ATTUNE_PRICES_FILE: {error}") from error

    def close(self) -> None:
        self.engine.dispose()


def _create(books: _Books, wanted: argparse.Namespace) -> int:
    try:
        with books.engine.execution_options(writes=True).begin() as connection:
            token = create_token(connection, wanted.name)
    except ValueError as error:
        raise Refused(str(error)) from error
    sys.stdout.write(f"{token}\n")
    sys.stderr.write(
        f"This is shown once. Whoever sends it is {wanted.name!r} to the gateway: set"
        " ATTUNE_GATEWAY_TOKEN, or send `authorization: Bearer TOKEN`.\n"
        "From now on every call to the gateway needs a token, within two seconds.\n"
    )
    return 0


def _list(books: _Books, wanted: argparse.Namespace) -> int:
    with books.engine.connect() as connection:
        found = all_tokens(connection)
    if wanted.json:
        sys.stdout.write(f"{json.dumps([asdict(token) for token in found])}\n")
    elif not found:
        sys.stdout.write("There are no tokens: whoever calls from this machine is 'local'.\n")
    else:
        width = max(len(token.name) for token in found)
        for token in found:
            sys.stdout.write(f"{token.id}  {token.name:{width}}  {_life(token)}\n")
    return 0


def _life(token: Token) -> str:
    ended = "" if token.revoked_at is None else f", revoked {_date(token.revoked_at)}"
    return f"since {_date(token.created_at)}{ended}"


def _date(micros: int) -> str:
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _revoke(books: _Books, wanted: argparse.Namespace) -> int:
    with books.engine.execution_options(writes=True).begin() as connection:
        count = revoke_tokens(connection, wanted.name)
    if not count:
        raise Refused(f"no token in use has the name or id {wanted.name[:100]!r}")
    sys.stdout.write(f"{count} revoked; the gateway refuses within two seconds\n")
    return 0


def _verify(books: _Books, wanted: argparse.Namespace) -> int:
    # One transaction that writes nothing, at the level where all it reads is of one moment.
    level = "REPEATABLE READ" if books.engine.dialect.name == "postgresql" else "SERIALIZABLE"
    with books.engine.connect().execution_options(isolation_level=level) as connection:
        checks = Verifier(books.book_of).run(connection)
    faults = sum(check.faults for check in checks)
    if wanted.json:
        sys.stdout.write(f"{json.dumps([asdict(check) for check in checks])}\n")
    else:
        for check in checks:
            _print_check(check)
        told = "clean" if not faults else f"{faults:,} disagreements"
        sys.stdout.write(f"The journal is {told}.\n" if not faults else f"There are {told}.\n")
    return EXIT_FAULTS if faults else 0


def _print_check(check: Check) -> None:
    mark = "FAIL" if check.faults else "ok  "
    sys.stdout.write(f"{mark}  {check.name} ({check.done:,} checked)\n")
    for why, count in sorted(check.left_out.items()):
        sys.stdout.write(f"      {count:,} left out: {why}\n")
    for line in check.told:
        sys.stdout.write(f"      {line}\n")
    if check.faults > len(check.told):
        sys.stdout.write(f"      and {check.faults - len(check.told):,} more\n")


def _export(books: _Books, wanted: argparse.Namespace) -> int:
    with ExitStack() as stack:
        out: TextIO = sys.stdout
        if wanted.out:
            try:
                out = stack.enter_context(Path(wanted.out).open("x", encoding="utf-8"))
            except OSError as error:
                raise Refused(f"--out {wanted.out}: {error.strerror}") from error
        connection = stack.enter_context(books.engine.connect())
        count = 0
        for line in export(connection, wanted.project_id):
            out.write(f"{line}\n")
            count += 1
    sys.stderr.write(f"{count:,} calls exported\n")
    return 0


def _prune(books: _Books, wanted: argparse.Namespace) -> int:
    before = now_micros() - wanted.older_than * DAY_MICROS
    count = prune(books.engine, before)
    sys.stdout.write(
        f"{count:,} calls have lost their prompts and answers; what they cost is still there\n"
    )
    return 0


def _days(text: str) -> int:
    number = text.removesuffix("d")
    if not number.isascii() or not number.isdigit() or len(number) > 5:
        raise argparse.ArgumentTypeError(f"is {text[:40]!r}; use a number of days, such as 90d")
    return int(number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="attune", description=__doc__)
    areas = parser.add_subparsers(required=True)
    token = areas.add_parser("token").add_subparsers(required=True)
    journal = areas.add_parser("journal").add_subparsers(required=True)
    for command, do in (("create", _create), ("revoke", _revoke)):
        one = token.add_parser(command)
        one.add_argument("name")
        one.set_defaults(do=do)
    listing = token.add_parser("list")
    listing.add_argument("--json", action="store_true")
    listing.set_defaults(do=_list)
    verifying = journal.add_parser("verify")
    verifying.add_argument("--json", action="store_true")
    verifying.set_defaults(do=_verify)
    exporting = journal.add_parser("export")
    exporting.add_argument("--project-id", default="")
    exporting.add_argument("--out", default="")
    exporting.set_defaults(do=_export)
    pruning = journal.add_parser("prune")
    pruning.add_argument("--older-than", type=_days, required=True)
    pruning.set_defaults(do=_prune)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
