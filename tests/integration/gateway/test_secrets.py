"""Changing the keys that stored secrets are sealed with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobs import errors, sources
from jobs.ledger import configuration
from jobs.vault import Vault
from tests.support.gateway.api import Running
from worker.gateway import sealing

OLD, OLD_SECRET = "the-key-of-this-test", "the-other-key-of-this-test"


async def test_after_a_rotation_the_old_keys_can_go(gateway: Running) -> None:
    secret = (await gateway.post("sources", {"kind": "github", "access": {"token": "the-token"}}))["secret"]
    services = replace(gateway.services, vault=Vault(["new", OLD]), secret_vault=Vault(["new-secret", OLD_SECRET]))

    done = await sealing.reseal(services, "ann")

    (source,) = await services.ledger.read(configuration.sources)
    (access,) = await services.ledger.read(configuration.access)
    assert (done.sources, done.access) == (1, 1)
    assert sources.unseal(source, Vault(["new"])).secrets[0].get_secret_value() == secret
    assert access.opened(Vault(["new-secret"])).secret.get_secret_value() == "the-token"
    with pytest.raises(errors.NotReady, match="another key"):
        access.opened(Vault([OLD_SECRET]))
    assert (await gateway.acts())[0] == ("ann", "secrets.rotate", "all")


async def test_where_one_does_not_open_none_is_changed(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "github", "access": {"token": "the-token"}})
    services = replace(gateway.services, vault=Vault(["new", OLD]), secret_vault=Vault(["another"]))

    with pytest.raises(errors.NotReady, match="another key"):
        await sealing.reseal(services, "ann")

    (source,) = await services.ledger.read(configuration.sources)
    assert sources.unseal(source, Vault([OLD])).name == "github"


async def test_rotating_by_the_api_changes_nothing_that_is_said(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "github", "access": {"token": "the-token"}})
    before = await gateway.get("sources")

    assert await gateway.post("secrets/rotate") == {"sources": 1, "access": 1}
    assert await gateway.get("sources") == before
