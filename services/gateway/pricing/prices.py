"""What tokens cost: the price catalogue of genai-prices, and prices that the operator set.

A model without a price has none, which is not the same as costing nothing. The catalogue
comes with the package and is never fetched.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from pathlib import Path
from typing import Any

import genai_prices
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices

from services.gateway.calls import Usage

CATALOGUE = f"genai-prices {genai_prices.__version__}"

_NANO = 10**9
_DIGITS = 50  # of Decimal, so that no product of a price and a count is rounded early
_MOST_REMEMBERED = 1_000  # model names come from callers and providers
_MOST_FILE_BYTES = 1_000_000
_MOST_USD_PER_MILLION = Decimal(1_000_000)
_MOST_DECIMALS = 12
_KEYS = {
    "input_usd_per_million": "input_mtok",
    "cached_input_usd_per_million": "cache_read_mtok",
    "output_usd_per_million": "output_mtok",
}
_REQUIRED = ("input_usd_per_million", "output_usd_per_million")
_DEAR_WRITES = "tokens that the provider writes to its prompt cache cost more than counted here"


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one model at one moment.

    model: the catalogue's own id, or the name in the operator's file. override: the
    operator set it. catalogue_version: where it comes from. note: what a reader of an
    amount should know, empty when there is nothing.
    """

    model: str
    override: bool
    catalogue_version: str
    note: str
    rates: ModelPrice = field(repr=False)

    def cost(self, usage: Usage) -> int:
        """What these tokens cost, in nano-USD, rounded once at the end, half to even.

        Cached, reasoning and audio tokens have their own rates where the catalogue has them,
        and otherwise those of input and output. Which of the audio was cached no provider says:
        as little as can be, which is the dearer way. Raises ValueError for a part that is larger
        than its whole.
        """
        counted = genai_prices.Usage(
            input_tokens=usage.input_tokens,
            cache_read_tokens=usage.cached_input_tokens,
            output_tokens=usage.output_tokens,
            output_reasoning_tokens=usage.reasoning_output_tokens,
            input_audio_tokens=usage.input_audio_tokens,
            cache_audio_read_tokens=_overlap(
                usage.cached_input_tokens, usage.input_audio_tokens, usage.input_tokens
            ),
            output_audio_tokens=usage.output_audio_tokens,
            output_audio_reasoning_tokens=_overlap(
                usage.reasoning_output_tokens, usage.output_audio_tokens, usage.output_tokens
            ),
        )
        with localcontext(prec=_DIGITS):
            usd = self.rates.calc_price(counted)["total_price"]
            return int((usd * _NANO).to_integral_value(ROUND_HALF_EVEN))

    def upper_bound(self, input_tokens: int, output_tokens: int) -> int:
        """The most that so many tokens can cost, in nano-USD, rounded up.

        Each token at the dearest rate that text can have: plain, cached or written to the
        cache, reasoning or not, in any tier that so much input can reach.
        """
        dearest_input = self._dearest(
            input_tokens, "input_mtok", "cache_read_mtok", "cache_write_mtok"
        )
        dearest_output = self._dearest(input_tokens, "output_mtok", "output_reasoning_mtok")
        per_thousand_requests = self._dearest(input_tokens, "requests_kcount")
        with localcontext(prec=_DIGITS):
            of_tokens = dearest_input * input_tokens + dearest_output * output_tokens
            usd = of_tokens / 1_000_000 + per_thousand_requests / 1_000
            return int((usd * _NANO).to_integral_value(ROUND_CEILING))

    def _dearest(self, input_tokens: int, *names: str) -> Decimal:
        reachable = [Decimal(0)]
        for name in names:
            rate = getattr(self.rates, name)
            if isinstance(rate, TieredPrices):
                reachable.append(rate.base)
                reachable += (tier.price for tier in rate.tiers if input_tokens > tier.start)
            elif rate is not None:
                reachable.append(rate)
        return max(reachable)


def _overlap(one: int, other: int, whole: int) -> int:
    """How many of two parts of a whole must be in both."""
    return max(0, one + other - whole)


class PriceBook:
    """Prices by model name; names are compared without regard to case.

    overrides_file: TOML, read once. A table for each model, amounts in USD for a million
    tokens as strings or numbers; without a cached rate, cached tokens cost as input does:

        [models."my-model"]
        input_usd_per_million = "0.15"
        cached_input_usd_per_million = "0.075"
        output_usd_per_million = "0.60"

    base_url: the provider's. It selects whose prices count. For a server that the
    catalogue does not know they are those that OpenAI lists, and the price's note says so.

    Raises ValueError with every fault of the file in one line.
    """

    def __init__(
        self,
        overrides_file: Path | None = None,
        *,
        base_url: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._now = now
        self._provider, self._provider_note = _provider_of(base_url)
        self._overrides = {} if overrides_file is None else _read_overrides(overrides_file)
        self._find = lru_cache(maxsize=_MOST_REMEMBERED)(self._find_in_catalogue)

    def price(self, model: str) -> Price | None:
        """The price of a model now; None when it is not known."""
        override = self._overrides.get(model.lower())
        if override is not None:
            return override
        info = self._find(model)
        if info is None:
            return None
        rates = info.get_prices(self._now())
        if rates.input_mtok is None or rates.output_mtok is None:
            return None  # the catalogue would count the missing one as 0
        return Price(
            model=info.id,
            override=False,
            catalogue_version=CATALOGUE,
            note="; ".join(self._notes(model, info, rates)),
            rates=rates,
        )

    def known_model_id(self, model: str) -> str | None:
        """The name from the operator's file or the catalogue's own id: a closed set.

        None for a model that neither has.
        """
        override = self._overrides.get(model.lower())
        if override is not None:
            return override.model
        info = self._find(model)
        return None if info is None else info.id

    def _find_in_catalogue(self, model: str) -> ModelInfo | None:
        # Not the snapshot's own look-up: that remembers every name it is ever asked for.
        return self._provider.find_model(model, all_providers=get_snapshot().providers)

    def _notes(self, model: str, info: ModelInfo, rates: ModelPrice) -> list[str]:
        notes = [self._provider_note] if self._provider_note else []
        if info.id.lower() != model.lower():
            notes.append(f"{model} has the price of {info.id}")
        if _base(rates.cache_write_mtok) > _base(rates.input_mtok):
            notes.append(_DEAR_WRITES)
        return notes


def _base(rate: Decimal | TieredPrices | None) -> Decimal:
    if isinstance(rate, TieredPrices):
        return rate.base
    return Decimal(0) if rate is None else rate


def _provider_of(base_url: str | None) -> tuple[Provider, str]:
    """Whose prices count, and what a reader should know about that."""
    snapshot = get_snapshot()
    openai = snapshot.find_provider(None, "openai", None)
    if base_url is None:
        return openai, ""
    try:
        return snapshot.find_provider(None, None, base_url), ""
    except LookupError:
        return openai, "the catalogue does not know the endpoint: this is OpenAI's list price"


def _read_overrides(path: Path) -> Mapping[str, Price]:
    """The operator's prices by lower-case model name. Raises ValueError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_FILE_BYTES)
            cut = bool(file.read(1))
        document = {} if cut else tomllib.loads(content.decode(), parse_float=Decimal)
    except (OSError, ValueError, RecursionError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise ValueError(f"{path}: cannot be read: {said}") from None
    if cut:
        raise ValueError(f"{path}: is larger than {_MOST_FILE_BYTES:,} bytes")
    version = f"override {path.name} sha256:{hashlib.sha256(content).hexdigest()[:12]}"
    faults = [f"{key!r} is not known; only models is" for key in document if key != "models"]
    models = document.get("models")
    if not isinstance(models, dict):
        faults.append("has no table [models]")
        models = {}
    prices: dict[str, Price] = {}
    for name, entry in models.items():
        if name.lower() in prices:
            faults.append(f"{name!r} is there twice, written differently")
        rates = _read_rates(name, entry, faults)
        prices[name.lower()] = Price(
            model=name, override=True, catalogue_version=version, note="", rates=rates
        )
    if faults:
        raise ValueError(f"{path}: {'; '.join(faults)}")
    return prices


def _read_rates(name: str, entry: Any, faults: list[str]) -> ModelPrice:
    if not isinstance(entry, dict):
        faults.append(f"{name!r} is not a table")
        return ModelPrice()
    faults += (f"{name!r} has no {key}" for key in _REQUIRED if key not in entry)
    rates: dict[str, Decimal] = {}
    for key, value in entry.items():
        if key not in _KEYS:
            faults.append(f"{name!r}: {key!r} is not known; use {', '.join(_KEYS)}")
            continue
        try:
            rates[_KEYS[key]] = _read_amount(value)
        except ValueError as error:
            faults.append(f"{name!r}: {key} {error}")
    return ModelPrice(**rates)


def _read_amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))  # text, since Decimal(True) is 1
    except InvalidOperation:
        raise ValueError(f"is {str(value)[:40]!r}, which is not an amount") from None
    if not amount.is_finite() or not 0 <= amount <= _MOST_USD_PER_MILLION:
        raise ValueError(f"is {str(value)[:40]}; it must be from 0 to {_MOST_USD_PER_MILLION:,}")
    if int(amount.as_tuple().exponent) < -_MOST_DECIMALS:
        raise ValueError(f"has more than {_MOST_DECIMALS} decimals")
    return amount
