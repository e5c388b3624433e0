"""The repository pages as forms without scripts meet them, and the view that the API and they share."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from jobs.actors import BROWSER
from jobs.ledger import configuration
from jobs.repository import Repository, Role, ValidationMode
from tests.support.gateway.api import PAYMENTS, Running, job
from tests.support.gateway.forms import fields, send, show
from worker.gateway import repository_actions, repository_form
from worker.gateway.form import Form

FULL = Repository(
    alias="shop",
    url="https://me:hunter2@git.example/acme/shop",
    full_name="acme/shop",
    default_branch="trunk",
    enabled=False,
    role=Role.CONTEXT,
    setup_commands=(("make", "-s"),),
    validation_commands=(("sh", "-c", "a 'b' \"c\"\n d"), ("pytest",)),
    validation_mode=ValidationMode.ADVISORY,
    repair_attempts=0,
    allowed_commands=("make", "pytest"),
    command_timeout=12.5,
    provider="local-model",
    model="small",
    providers_allowed=("local-model",),
    guidance_files=("docs/agents.md", "docs/how we work.md"),
    labels_allowed=False,
    models_allowed=("small", "large"),
    priority=9,
    max_parallel=3,
    daily_usd=20.5,
)


async def stored(gateway: Running) -> list[Repository]:
    return await gateway.services.ledger.read(configuration.repositories)


async def put(gateway: Running, repository: Repository = PAYMENTS) -> Repository:
    return await repository_actions.put_repository(gateway.services, repository, BROWSER)


def test_a_form_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    assert repository_form.read(repository_form.of(FULL), FULL) == FULL


def test_a_blank_form_holds_the_defaults() -> None:
    typed = {"alias": "shop", "url": "/srv/shop"}
    form = repository_form.typed({**fields(repository_form.blank()), **typed})

    assert repository_form.read(form) == Repository(alias="shop", url="/srv/shop")


@given(st.dictionaries(st.sampled_from(list(repository_form.of(FULL).values)), st.text()))
def test_whatever_is_typed_makes_a_repository_or_says_what_is_wrong_and_keeps_it(typed: dict[str, str]) -> None:
    form = repository_form.typed(fields(repository_form.of(FULL)) | {"url": "/srv/shop"} | typed)
    read = repository_form.read(form)

    if isinstance(read, Form):
        assert read.values == form.values
        assert read.problems
        assert all(read.problems.values())
    else:
        assert repository_form.read(repository_form.of(read), read) == read


async def test_a_repository_is_added_and_changed_by_forms(gateway: Running) -> None:
    added = await send(
        gateway, "/repositories", **fields(repository_form.of(FULL)) | {"url": FULL.url, "version": "new"}
    )
    assert (added.status, added.location) == (303, "/repositories/shop?notice=added")
    (kept,) = await stored(gateway)

    form = repository_form.of(kept)
    saved = await send(gateway, "/repositories/shop", **fields(form) | {"priority": "3", "alias": "other"})
    assert (saved.status, saved.location) == (303, "/repositories/shop?notice=saved")
    assert await stored(gateway) == [kept.model_copy(update={"priority": 3})]
    assert await gateway.acts() == [("browser", "repository.put", "shop")] * 2


async def test_a_credential_in_the_address_is_kept_and_never_shown(gateway: Running) -> None:
    await put(gateway, FULL)
    form = repository_form.of(FULL)
    await send(gateway, "/repositories/shop", **fields(form) | {"priority": "1"})
    pages = [await show(gateway, path) for path in ("/repositories", "/repositories/shop", "/audit")]

    assert (await stored(gateway))[0].url == FULL.url
    assert not any("hunter2" in page.text for page in pages)


async def test_a_credential_is_never_sent_to_another_host(gateway: Running) -> None:
    await put(gateway, FULL)
    masked = (await gateway.get("repositories/shop"))["repository"]
    assert masked["url"] == "https://•••@git.example/acme/shop"

    elsewhere = "https://•••@evil.example/acme/shop"
    by_form = await send(gateway, "/repositories/shop", **fields(repository_form.of(FULL)) | {"url": elsewhere})
    await gateway.post("repositories", masked | {"url": elsewhere}, code=400)
    assert (by_form.status, "Write the credential anew" in by_form.text) == (400, True)

    await gateway.post("repositories", masked | {"priority": 1})
    assert (await stored(gateway))[0] == FULL.model_copy(update={"priority": 1})
    await gateway.post("repositories", masked | {"url": "https://git.example/acme/shop"})
    assert (await stored(gateway))[0].url == "https://git.example/acme/shop"


async def test_what_is_wrong_is_said_and_nothing_is_saved(gateway: Running) -> None:
    typed = {"alias": "Shop", "url": "", "validation_commands": "echo 'a", "priority": "ten", "version": "new"}
    answer = await send(gateway, "/repositories", **typed)

    assert answer.status == 400
    for name, words in (
        ("alias", "Small letters"),
        ("url", "This cannot be empty."),
        ("validation_commands", "Line 1 opens a quotation"),
        ("priority", "Give a whole number."),
    ):
        assert re.search(rf'id="{name}-problem"[^<]*<span[^<]*</span> {re.escape(words)}', answer.text), name
    assert ">echo 'a</textarea>" in answer.text
    assert await stored(gateway) == []


async def test_an_alias_that_is_taken_is_said_beside_it(gateway: Running) -> None:
    await put(gateway)
    form = repository_form.blank()
    answer = await send(gateway, "/repositories", **fields(form) | {"alias": "payments", "url": "/srv/x"})

    assert answer.status == 409
    assert "There is already a repository payments." in answer.text
    assert await stored(gateway) == [PAYMENTS]


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten(gateway: Running) -> None:
    seen = repository_form.of(await put(gateway))
    changed = await put(gateway, PAYMENTS.model_copy(update={"priority": 9}))
    answer = await send(gateway, "/repositories/payments", **fields(seen) | {"priority": "1"})

    assert answer.status == 409
    assert "changed by somebody else meanwhile" in answer.text
    assert 'name="priority" value="1"' in answer.text
    assert await stored(gateway) == [changed]


async def test_what_the_file_sets_is_shown_locked(gateway: Running) -> None:
    page = await show(gateway, "/repositories/locked")
    refused = await send(gateway, "/repositories/locked", alias="locked", url="/srv/x", version="x")
    removal = await show(gateway, "/repositories/locked/remove")

    assert "JCA_CONFIG_FILE sets this repository" in page.text
    assert "<textarea" not in page.text
    assert (refused.status, removal.status) == (400, 403)


async def test_a_locked_repository_cannot_be_changed_by_a_sound_form_either(gateway: Running) -> None:
    form = repository_form.of(Repository(alias="locked", url="/srv/x"))
    answer = await send(gateway, "/repositories/locked", **fields(form))

    assert answer.status == 403
    assert "is set by JCA_CONFIG_FILE" in answer.text


async def test_the_view_says_where_each_value_comes_from(gateway: Running) -> None:
    await put(gateway, PAYMENTS.model_copy(update={"priority": 9, "provider": "local-modell"}))
    here = await gateway.get("repositories/payments")
    locked = await gateway.get("repositories/locked")
    rules = {rule["name"]: (rule["value"], rule["source"]) for rule in here["policy"]}

    assert rules["Priority"] == ("9 of 9", "set here")
    assert rules["Repair attempts"] == ("2", "default")
    assert rules["Provider"] == ("local-model", "worker default")
    assert rules["Network in the sandbox"] == ("none", "always")
    assert (here["source"], locked["source"]) == ("here", "JCA_CONFIG_FILE")
    assert {rule["source"] for rule in locked["policy"]} == {"worker default", "default", "always"}
    said = [advice["sentence"] for advice in here["advice"] if advice["field"] == "provider"]
    assert said == ["There is no provider local-modell, so this default is passed over. Did you mean local-model?"]


async def test_a_field_that_the_file_sets_names_the_file(gateway: Running) -> None:
    path = gateway.services.settings.config_file
    assert path is not None
    path.write_text("repositories: [{alias: locked, url: /srv/x, priority: 5}]\nworkspace: {max_turns: 7}\n")
    view = await gateway.get("repositories/locked")
    rules = {rule["name"]: rule["source"] for rule in view["policy"]}

    assert rules["Priority"] == "JCA_CONFIG_FILE"
    assert rules["Repair attempts"] == "default"
    assert (rules["Turns of a run"], rules["Tokens of a run"]) == ("JCA_CONFIG_FILE", "default")


async def test_role_and_guidance_files_are_said_with_where_they_come_from(gateway: Running) -> None:
    await put(gateway, PAYMENTS.model_copy(update={"role": Role.CONTEXT, "guidance_files": ("docs/agents.md",)}))
    own, usual = [
        {
            rule["name"]: (rule["value"], rule["source"])
            for rule in (await gateway.get(f"repositories/{alias}"))["policy"]
        }
        for alias in ("payments", "locked")
    ]
    page = await show(gateway, "/repositories")

    assert own["What jobs may do with it"] == ("only read it", "set here")
    assert own["Rules for agents are read from"] == ("docs/agents.md", "set here")
    assert usual["What jobs may do with it"] == ("write it", "default")
    assert usual["Rules for agents are read from"][1] == "default"
    assert page.text.count(">only read<") == 1


async def test_a_guidance_file_outside_the_repository_is_said_beside_its_field(gateway: Running) -> None:
    form = fields(repository_form.of(PAYMENTS)) | {"guidance_files": "../secrets", "version": "new"}
    answer = await send(gateway, "/repositories", **form)

    assert answer.status == 400
    assert re.search(r'id="guidance_files-problem"[^<]*<span[^<]*</span> .../secrets. is not a file', answer.text)


async def test_the_list_shows_what_is_off_and_held(gateway: Running) -> None:
    await put(gateway)
    await gateway.post("holds", {"subject": "repository:payments", "note": ""})
    page = await show(gateway, "/repositories")
    words = re.findall(r'class="status \w+"><span[^<]*</span>(\w+)', page.text)

    assert words == ["off", "held"]


async def test_a_repository_is_removed_when_no_job_uses_it(gateway: Running) -> None:
    await put(gateway)
    user = await gateway.put(job("PAY-7", repository="payments"))
    asked = await show(gateway, "/repositories/payments/remove")
    refused = await send(gateway, "/repositories/payments/remove")
    assert f"/jobs/{user.id}" in asked.text
    assert (refused.status, user.id in refused.text) == (409, True)
    assert "Wait for it to end or cancel it." in refused.text

    await gateway.post(f"jobs/{user.id}/cancel")
    removed = await send(gateway, "/repositories/payments/remove")
    assert (removed.status, removed.location) == (303, "/repositories?notice=removed")
    assert await stored(gateway) == []


async def test_an_unknown_repository_is_not_found(gateway: Running) -> None:
    assert (await show(gateway, "/repositories/nowhere")).status == 404
    assert (await send(gateway, "/repositories/nowhere")).status == 404
    await gateway.get("repositories/nowhere", 404)


async def test_without_a_worker_a_clone_cannot_be_tried(gateway: Running) -> None:
    await put(gateway)
    page = await show(gateway, "/repositories/payments")
    answer = await send(gateway, "/repositories/payments/test")

    assert 'disabled title="No worker is connected."' in page.text
    assert answer.status == 503
