"""Sources as their pages and the API set them up: settings, secrets shown once, our own accounts, removal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.intake_rules import IntakeRules, Marks
from jobs.job import Status
from jobs.ledger import audit, configuration
from tests.fakes.jira.server import serving
from tests.fakes.jira.state import User
from tests.integration.gateway.test_cli_commands import jca
from tests.support.gateway.api import Running, job
from tests.support.gateway.forms import fields, send, show
from worker.gateway import source_form
from worker.gateway.form import Form
from worker.gateway.source_settings import SourceSettings

SECRET = "a-secret-of-some-file-0123"

FULL = SourceSettings(
    repositories=("payments", "web"),
    actors=("ann", "*"),
    rules=IntakeRules(
        projects=("PAY",),
        ready_states=("To Do", "Selected for Development"),
        require_assignee=True,
        assignees=("ann lee",),
        groups=("jira developers",),
        roles=("Developers",),
        labels=Marks(working="a", review="b", blocked="c"),
        states=Marks(working="In Progress"),
        assign="ann",
        poll_seconds=30,
    ),
)


async def patch(gateway: Running, name: str, body: object, code: int = 200) -> dict[str, object]:
    answer = await gateway.client.patch(f"sources/{name}", json=body)
    assert answer.status_code == code, answer.text
    found: dict[str, object] = answer.json()
    return found


async def rules(gateway: Running) -> IntakeRules:
    (stored,) = await gateway.services.ledger.read(configuration.sources)
    return stored.rules


def test_a_form_of_settings_that_is_sent_as_it_was_shown_changes_nothing() -> None:
    assert source_form.read(source_form.of(FULL), FULL, "jira") == FULL


def test_rules_that_mean_nothing_for_a_kind_are_kept_where_its_form_does_not_ask_for_them() -> None:
    form = source_form.typed({"actors": "mira"})
    read = source_form.read(form, FULL, "local")

    assert isinstance(read, SourceSettings)
    assert (read.actors, read.rules.projects, read.rules.groups) == (("mira",), (), ("jira developers",))


@given(st.dictionaries(st.sampled_from(list(source_form.of(FULL).values)), st.text()))
def test_whatever_is_typed_makes_settings_or_says_what_is_wrong_and_keeps_it(typed: dict[str, str]) -> None:
    form = source_form.typed(fields(source_form.of(FULL)) | typed)
    read = source_form.read(form, FULL, "jira")

    if isinstance(read, Form):
        assert read.values == form.values
        assert read.problems
        assert all(name in form.values for name in read.problems)
    else:
        assert source_form.read(source_form.of(read), read, "jira") == read


async def test_a_source_is_added_on_its_page_and_its_secret_is_shown_this_once(gateway: Running) -> None:
    added = await send(gateway, "/settings/sources", kind="jira", name="jira-eu", actors="ann mira")
    secret = added.text.partition('id="secret">')[2].partition("<")[0]
    later = [await show(gateway, path) for path in ("/settings", "/settings/sources/jira-eu", "/audit")]

    assert (added.status, len(secret)) == (200, 43)
    assert "/webhooks/jira-eu" in added.text
    assert not any(secret in page.text for page in later)
    assert secret not in str(await gateway.services.ledger.read(audit.recent))
    assert await gateway.acts() == [("browser", "source.put", "jira-eu")]


async def test_the_form_of_a_new_source_widens_none_that_is_there(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "github", "actors": ["ann"]})
    again = await send(gateway, "/settings/sources", kind="github", actors="eve")
    (stored,) = await gateway.services.ledger.read(configuration.sources)

    assert (again.status, stored.actors) == (409, ("ann",))
    assert "There is already a source github." in again.text
    assert "eve</textarea>" in again.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "local"}, 'id="repositories-problem"'),
        ({"kind": "github", "repositories": "nowhere"}, "There is no repository nowhere."),
        ({"kind": "gitlab"}, "Choose one of"),
        ({"kind": "github", "name": "Git Hub"}, "Small letters"),
    ],
)
async def test_a_source_that_could_not_work_is_not_added(gateway: Running, typed: dict[str, str], said: str) -> None:
    answer = await send(gateway, "/settings/sources", **typed)

    assert answer.status == 400
    assert said in answer.text
    assert await gateway.services.ledger.read(configuration.sources) == []


async def test_settings_that_somebody_else_changed_meanwhile_are_not_overwritten(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "jira"})
    form = source_form.of(SourceSettings())
    await patch(gateway, "jira", {"rules": {"projects": ["PAY"]}})
    answer = await send(gateway, "/settings/sources/jira", **fields(form))

    assert (answer.status, (await rules(gateway)).projects) == (409, ("PAY",))
    assert "was changed by somebody else meanwhile" in answer.text


async def test_a_patch_changes_what_it_names_and_null_takes_back(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "jira", "actors": ["ann"]})
    wanted = {"projects": ["PAY"], "labels": {"working": "w", "review": "r"}}
    await patch(gateway, "jira", {"rules": wanted})
    changed = await patch(gateway, "jira", {"rules": {"labels": {"working": None}, "projects": None}, "actors": ["bo"]})

    assert changed["actors"] == ["bo"]
    assert await rules(gateway) == IntakeRules(labels=Marks(review="r"))
    detail = (await gateway.services.ledger.read(audit.recent))[0].detail
    assert detail == "actors: ann → bo; projects: PAY → none; labels.working: w → none"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rules": {"project": ["PAY"]}}, "rules.project: "),
        ({"rules": {"labels": "x"}}, "rules.labels: "),
        ({"rules": {"projects": ["acme/shop"]}}, "projects: acme/shop is not the key"),
        ({"secrets": ["x" * 20]}, "secrets: "),
        ({"repositories": ["nowhere"]}, "no repository nowhere"),
    ],
)
async def test_a_patch_that_cannot_be_used_changes_nothing(gateway: Running, body: object, said: str) -> None:
    await gateway.post("sources", {"kind": "jira"})
    answer = await patch(gateway, "jira", body, 400)

    assert said in str(answer["message"])
    assert await rules(gateway) == IntakeRules()


async def test_a_source_of_the_provisioned_file_says_so_and_cannot_be_changed(gateway: Running) -> None:
    file = gateway.services.settings.config_file
    assert file is not None
    text = file.read_text()
    file.write_text(f"{text}sources: [{{name: jira, kind: jira, secrets: [{SECRET}], rules: {{projects: [PAY]}}}}]\n")

    page = await show(gateway, "/settings/sources/jira")
    saved = await send(gateway, "/settings/sources/jira", projects="OPS")
    asked = await show(gateway, "/settings/sources/jira/remove")
    await patch(gateway, "jira", {"rules": {"projects": ["OPS"]}}, 403)

    assert "JCA_CONFIG_FILE sets this source" in page.text
    assert "PAY" in page.text
    assert "<textarea" not in page.text
    assert SECRET not in page.text
    assert (saved.status, asked.status) == (403, 403)


async def test_removing_a_source_says_what_becomes_of_its_jobs_and_takes_its_name(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "local", "repositories": ["locked"]})
    await gateway.put(job("OPS-1"))
    await gateway.put(job("OPS-2", status=Status.QUEUED))
    asked = await show(gateway, "/settings/sources/local/remove")
    wrong = await send(gateway, "/settings/sources/local/remove", confirmation="lokal")
    assert len(await gateway.services.ledger.read(configuration.sources)) == 1
    right = await send(gateway, "/settings/sources/local/remove", confirmation="local")

    assert "1 job nobody has decided about yet: denied" in asked.text
    assert "1 job that wait or run" in asked.text
    assert (wrong.status, "Type local to remove it." in wrong.text) == (400, True)
    assert (right.status, right.location) == (303, "/settings?notice=source-removed")
    assert await gateway.services.ledger.read(configuration.sources) == []


async def test_another_site_changes_no_source(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "jira"})
    cross = {"Sec-Fetch-Site": "cross-site"}
    for path in ("", "/jira", "/jira/remove", "/jira/test"):
        address = f"http://{gateway.address}/settings/sources{path}"
        assert (await gateway.client.post(address, data={}, headers=cross)).status_code == 403


@pytest.mark.parametrize(
    ("deployment", "ids"), [("cloud", ["jca-bot"]), ("data_center", ["JIRAUSERjca-bot", "jca-bot"])]
)
async def test_trying_the_access_teaches_the_receiver_our_own_account(
    gateway: Running, deployment: str, ids: list[str]
) -> None:
    async with serving(deployment) as jira:  # type: ignore[arg-type]
        jira.state.add_user(User("jca-bot", "JCA", "the-token-of-jira", "jca@acme.example"))
        email = {"email": "jca@acme.example"} if deployment == "cloud" else {}
        access = {"url": jira.url, "token": "the-token-of-jira"} | email
        await gateway.post("sources", {"kind": "jira", "actors": ["ann"], "access": access})
        assert (await gateway.get("sources/jira"))["accounts"] == []
        steps = (await gateway.post("sources/jira/test"))["steps"]
        again = await send(gateway, "/settings/sources/jira/test")

    assert (await gateway.get("sources/jira"))["accounts"] == ids
    assert (steps[-1]["name"], steps[-1]["ok"]) == ("own account", True)
    assert "own account" in again.text
    assert await gateway.acts() == [("api", "source.account", "jira"), ("api", "source.put", "jira")]
    assert "the-token-of-jira" not in again.text

    await gateway.post("sources", {"kind": "jira", "access": access})
    assert (await gateway.get("sources/jira"))["accounts"] == []


async def test_an_account_that_is_ours_and_may_start_jobs_is_pointed_out(gateway: Running) -> None:
    async with serving("cloud") as jira:
        jira.state.add_user(User("ann", "Ann", "the-token-of-jira", "ann@acme.example"))
        access = {"url": jira.url, "token": "the-token-of-jira", "email": "ann@acme.example"}
        await gateway.post("sources", {"kind": "jira", "actors": ["ann"], "access": access})
        step = (await gateway.post("sources/jira/test"))["steps"][-1]

    assert (step["name"], step["ok"]) == ("own account", False)
    assert "account of its own" in step["remedy"]


async def test_the_command_line_sets_shows_and_clears(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "jira"})
    options = ("--project", "PAY", "--ready-state", "To Do", "--label-working", "busy", "--actor", "ann")
    done = await jca(gateway, "sources", "set", "jira", *options, "--require-assignee")
    listed = await jca(gateway, "sources", "list", "--json")
    shown = await jca(gateway, "sources", "show", "jira")
    cleared = await jca(gateway, "sources", "set", "jira", "--clear", "ready-state", "--clear", "label-working")

    assert (done.code, done.err, cleared.code) == (0, "", 0)
    assert json.loads(listed.out)[0]["rules"]["ready_states"] == ["To Do"]
    assert "To Do" in shown.out
    assert await rules(gateway) == IntakeRules(projects=("PAY",), require_assignee=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Nothing to set is given."),
        (("--clear", "projects"), "Did you mean project?"),
        (("--clear", "project", "--project", "PAY"), "cannot be set and cleared at once"),
        (("--project", "acme/shop"), "acme/shop is not the key of a project"),
    ],
)
async def test_the_command_line_says_what_cannot_be_set(
    gateway: Running, arguments: tuple[str, ...], said: str
) -> None:
    await gateway.post("sources", {"kind": "jira"})
    done = await jca(gateway, "sources", "set", "jira", *arguments)

    assert (done.code, said in done.err) == (2, True)
