"""Repositories, sources, providers and models of `/api/v1`."""

from __future__ import annotations

import json

import pytest

from jobs import sources
from jobs.ledger import configuration
from tests.support.gateway.api import KEY, PAYMENTS, SELECTION, Running, job, ready


async def test_a_repository_is_added_replaced_and_removed(gateway: Running) -> None:
    wanted = {"alias": "payments", "url": "https://git.example/p", "validation_commands": [["pytest", "-q"]]}

    await gateway.post("repositories", wanted)
    await gateway.post("repositories", wanted | {"default_branch": "trunk"})
    listed = (await gateway.get("repositories"))["repositories"]
    removed = await gateway.client.delete("repositories/payments")

    assert [(each["alias"], each["default_branch"]) for each in listed] == [("locked", "main"), ("payments", "trunk")]
    assert removed.status_code == 204
    assert (await gateway.client.delete("repositories/payments")).status_code == 404
    assert [action for _, action, _ in await gateway.acts()] == [
        "repository.remove",
        "repository.put",
        "repository.put",
    ]


async def test_a_repository_in_use_is_kept_and_its_job_is_named(gateway: Running) -> None:
    await gateway.services.ledger.write(configuration.put_repository, PAYMENTS)
    user = await gateway.put(job("PAY-7", repository="payments"))

    answer = await gateway.client.delete("repositories/payments")

    assert answer.status_code == 409
    assert user.id in answer.json()["message"]


async def test_what_the_file_provides_is_locked(gateway: Running) -> None:
    added = await gateway.post("repositories", {"alias": "locked", "url": "https://git.example/x"}, code=403)
    removed = await gateway.client.delete("repositories/locked")

    assert "JCA_CONFIG_FILE" in added["message"]
    assert (removed.status_code, removed.json()["error"]) == (403, "refused")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"alias": "Pay Ments", "url": "https://x"}, "alias"),
        ({"alias": "p", "url": "file:///etc"}, "url"),
        ({"alias": "p", "url": "https://x", "owner": "me"}, "owner"),
        ({"alias": "p"}, "url"),
    ],
)
async def test_a_field_that_cannot_be_used_is_named(gateway: Running, body: dict[str, str], place: str) -> None:
    answer = await gateway.post("repositories", body, code=400)

    assert answer["error"] == "bad_input"
    assert answer["message"].startswith(f"{place}: ")


async def test_a_secret_is_shown_once_and_kept_sealed(gateway: Running) -> None:
    added = await gateway.post("sources", {"kind": "github", "actors": ["mira"]})

    listed = await gateway.get("sources")
    (stored,) = await gateway.services.ledger.read(configuration.sources)

    assert len(added["secret"]) >= 43
    assert listed["sources"] == [added["source"]]
    assert added["source"]["path"] == "/webhooks/github"
    assert added["secret"] not in json.dumps(listed) + stored.model_dump_json()
    opened = sources.unseal(stored, gateway.services.vault)
    assert [secret.get_secret_value() for secret in opened.secrets] == [added["secret"]]


async def test_adding_a_source_again_lets_more_people_in_and_keeps_its_secret(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "github", "actors": ["mira"]})

    again = await gateway.post("sources", {"kind": "github", "actors": ["noor"]})

    assert again["secret"] is None
    assert again["source"]["actors"] == ["mira", "noor"]
    assert again["source"]["repositories"] == []


async def test_the_previous_secret_verifies_until_it_is_dropped(gateway: Running) -> None:
    first = (await gateway.post("sources", {"kind": "github"}))["secret"]
    second = (await gateway.post("sources/github/rotate"))["secret"]
    assert await valid(gateway) == [second, first]

    third = (await gateway.post("sources/github/rotate", {"keep_previous": False}))["secret"]
    assert await valid(gateway) == [third]


async def valid(gateway: Running) -> list[str]:
    (stored,) = await gateway.services.ledger.read(configuration.sources)
    return [secret.get_secret_value() for secret in sources.unseal(stored, gateway.services.vault).secrets]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "local"}, "must name the repositories"),
        ({"kind": "github", "repositories": ["nowhere"]}, "no repository nowhere"),
        ({"kind": "github", "secret": "short"}, "secret: "),
        ({"kind": "gitlab"}, "kind: "),
    ],
)
async def test_a_source_that_could_not_work_is_refused(gateway: Running, body: dict[str, str], said: str) -> None:
    answer = await gateway.post("sources", body, code=400)

    assert said in answer["message"]
    assert "short" not in answer["message"]


async def test_a_removed_source_is_gone(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "github"})

    assert (await gateway.client.delete("sources/github")).json() == {"unread": 0, "decided": 0, "consequences": []}
    assert (await gateway.client.delete("sources/github")).status_code == 404
    assert (await gateway.get("sources"))["sources"] == []


async def test_providers_are_shown_with_readiness_and_without_keys(gateway: Running) -> None:
    await gateway.services.presence.publish("worker-1", [ready("worker-1")], ttl=60)

    answer = await gateway.client.get("providers")
    (shown,) = answer.json()["providers"]

    assert (shown["name"], shown["state"], shown["has_key"]) == ("local-model", "ready", True)
    assert [entry["worker"] for entry in shown["readiness"]] == ["worker-1"]
    assert KEY not in answer.text
    assert "api_key" not in shown
    assert await gateway.get("providers/local-model") == shown
    assert (await gateway.get("providers/skynet", 404))["error"] == "not_found"
    (worker,) = (await gateway.get("workers"))["workers"]
    assert (worker["name"], worker["readiness"]) == ("worker-1", shown["readiness"])


async def test_models_name_their_provider_and_the_default(gateway: Running) -> None:
    listed = (await gateway.get("models"))["models"]

    assert [(each["provider"], each["model"]["id"], each["is_default"]) for each in listed] == [
        ("local-model", "small", True),
        ("local-model", "large", False),
    ]


async def test_a_ticket_is_explained_by_the_configuration_in_force(gateway: Running) -> None:
    await gateway.services.ledger.write(configuration.put_repository, PAYMENTS)
    question = {"text": "[JCA]\nmodel=tiny\n[/JCA]", "repository": "acme/payments"}

    answer = await gateway.post("resolve", question)
    wrong = await gateway.post("resolve", {"text": "[JCA]\nmodle=tiny\n[/JCA]"})

    assert (answer["status"], answer["repository"], answer["denied"]) == ("ok", "payments", None)
    assert answer["selection"] | {"because": []} == SELECTION.model_dump() | {"because": []}
    assert (wrong["status"], wrong["error"], wrong["line"], wrong["suggestion"]) == ("error", "unknown_key", 2, "model")
