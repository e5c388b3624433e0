"""What a model's tokens cost: the operator's own prices first, then the public price list.

Always priced by the model that was ordered, never by the name in an answer: proxies rename models.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from urllib.parse import urlsplit

from jobs.catalog import Model, ProviderProfile
from jobs.results import Usage

PER = 1_000_000  # tokens the prices are given for


class Price(Protocol):
    """A way to turn tokens into USD."""

    def usd(self, spent: Usage) -> Decimal:
        """What one request's tokens cost.

        Raises:
            ValueError: these numbers cannot be priced.
        """


@dataclass(frozen=True)
class OperatorPrice:
    """Prices from the configuration, USD per million tokens."""

    input: Decimal
    output: Decimal
    cache_read: Decimal

    def usd(self, spent: Usage) -> Decimal:
        """What one request's tokens cost; cached input at its own price."""
        cached = min(spent.cache_read_tokens, spent.input_tokens)
        fresh = spent.input_tokens - cached
        return (fresh * self.input + cached * self.cache_read + spent.output_tokens * self.output) / PER


@dataclass(frozen=True)
class ListedPrice:
    """A model in the public list of `genai-prices`, with its tiers."""

    model: str
    url: str = ""
    """Base URL of the provider whose prices hold; empty: the provider best known for the model."""

    def usd(self, spent: Usage) -> Decimal:
        """What one request's tokens cost by the list."""
        import genai_prices  # noqa: PLC0415 - its price data takes half a second to load

        cached = min(spent.cache_read_tokens, spent.input_tokens)
        tokens = genai_prices.Usage(
            input_tokens=spent.input_tokens,
            cache_read_tokens=cached,
            output_tokens=spent.output_tokens,
        )
        return genai_prices.calc_price(tokens, self.model, provider_api_url=self.url or None).total_price


def price_of(profile: ProviderProfile, model: str) -> Price | None:
    """The price of a model as this profile serves it, or None when nobody knows it.

    A private or loopback endpoint has no public price even if the model's name is a known one: what it costs is for
    the operator to say.
    """
    if price := _configured(profile.model(model)):
        return price
    candidates = [ListedPrice(model, profile.base_url)]
    if not _private(profile.base_url):
        candidates.append(ListedPrice(model))
    return next((price for price in candidates if _listed(price)), None)


def _configured(model: Model | None) -> OperatorPrice | None:
    if model is None or model.input_price is None or model.output_price is None:
        return None
    cached = model.input_price if model.cache_read_price is None else model.cache_read_price
    return OperatorPrice(_decimal(model.input_price), _decimal(model.output_price), _decimal(cached))


def _decimal(value: float) -> Decimal:
    return Decimal(str(value))


def _listed(price: ListedPrice) -> bool:
    try:
        price.usd(Usage(requests=1, input_tokens=1000, output_tokens=1000))
    except (LookupError, ValueError):
        return False
    return True


def _private(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".lan", ".localhost"))
