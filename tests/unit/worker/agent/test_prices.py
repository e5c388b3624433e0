from __future__ import annotations

from decimal import Decimal

import pytest

from jobs.catalog import Model, ProviderKind, ProviderProfile
from jobs.results import Usage
from worker.agent.prices import price_of

OPENAI = "https://api.openai.com/v1"
SPENT = Usage(requests=1, input_tokens=1_000_000, cache_read_tokens=400_000, output_tokens=100_000)


def profile(base_url: str, *models: Model) -> ProviderProfile:
    kind = ProviderKind.OPENAI_COMPATIBLE
    return ProviderProfile(name="p", kind=kind, base_url=base_url, models=models, default_model="gpt-4.1")


def test_operators_prices_come_first() -> None:
    mine = Model(id="gpt-4.1", input_price=1, output_price=10, cache_read_price=0.5)
    price = price_of(profile(OPENAI, mine), "gpt-4.1")

    assert price is not None
    assert price.usd(SPENT) == Decimal("0.6") + Decimal("0.2") + Decimal(1)


def test_cached_input_costs_what_input_costs_when_the_operator_names_no_price_for_it() -> None:
    price = price_of(profile(OPENAI, Model(id="m", input_price=1, output_price=0)), "m")

    assert price is not None
    assert price.usd(SPENT) == 1


def test_free_model_has_a_price_of_zero_which_is_known() -> None:
    price = price_of(profile("http://localhost:11434/v1", Model(id="m", input_price=0, output_price=0)), "m")

    assert price is not None
    assert price.usd(SPENT) == 0


def test_half_a_price_is_none() -> None:
    assert price_of(profile("http://localhost:1/v1", Model(id="m", input_price=1)), "m") is None


def test_public_list_knows_the_vendors_own_endpoint_with_its_cache_price() -> None:
    price = price_of(profile(OPENAI), "gpt-4.1")

    assert price is not None
    # 2 USD fresh input, 0.5 cached, 8 output per million
    assert price.usd(SPENT) == pytest.approx(Decimal("0.6") * 2 + Decimal("0.4") / 2 + Decimal("0.8"))


def test_public_gateway_is_priced_by_the_models_name() -> None:
    assert price_of(profile("https://gateway.example.com/v1"), "gpt-4.1") is not None


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434/v1",
        "http://127.0.0.1:8000/v1",
        "http://10.1.2.3/v1",
        "http://llm/v1",
        "http://llm.lan/v1",
    ],
)
def test_private_endpoint_has_no_public_price(url: str) -> None:
    assert price_of(profile(url), "gpt-4.1") is None


def test_unknown_model_has_no_price() -> None:
    assert price_of(profile(OPENAI), "never-heard-of-it") is None


def test_more_cached_than_read_does_not_make_money() -> None:
    for model in (Model(id="m", input_price=1, output_price=1, cache_read_price=0.1), None):
        price = price_of(profile(OPENAI, *([model] if model else [])), "m" if model else "gpt-4.1")
        assert price is not None
        assert price.usd(Usage(requests=1, input_tokens=10, cache_read_tokens=1_000_000)) > 0
