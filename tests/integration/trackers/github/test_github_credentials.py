"""Who we are on GitHub, and how narrow what we are lent is."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from jobs import errors
from tests.fakes.github.server import APP_ID, FakeGitHub
from tests.fakes.github.world import Issue, now
from tests.integration.trackers.github.conftest import NAME
from worker.trackers.github import access, checks, tickets
from worker.trackers.github.app import AppCredential
from worker.trackers.github.client import GitHub
from worker.trackers.github.credentials import ISSUES
from worker.trackers.github.names import RepositoryName
from worker.trackers.github.transport import Transport

MINTS = "/access_tokens"


async def test_a_token_is_for_one_repository_and_for_what_the_call_needs(fake: FakeGitHub, app: AppCredential) -> None:
    grant = await app.grant(NAME, ISSUES)

    token = fake.world.tokens[grant.token.get_secret_value()]
    assert token.repositories == {"acme/payments"}
    assert token.permissions == {"issues": "write", "metadata": "read"}


async def test_a_token_is_kept_until_five_minutes_before_its_end(fake: FakeGitHub, app: AppCredential) -> None:
    first = await app.grant(NAME, ISSUES)
    assert await app.grant(NAME, ISSUES) is first

    held = [fake.world.tokens[first.token.get_secret_value()]]
    app._tokens = {place: (grant, now() + timedelta(minutes=4)) for place, (grant, _) in app._tokens.items()}
    second = await app.grant(NAME, ISSUES)

    assert second is not first
    assert held[0].value != second.token.get_secret_value()
    assert len(fake.asked("POST", MINTS)) == 2


async def test_a_token_that_was_revoked_is_replaced_once(fake: FakeGitHub, github: GitHub, issue: Issue) -> None:
    await tickets.fetch(github, "github", NAME, issue.number)
    fake.world.tokens.clear()

    assert (await tickets.fetch(github, "github", NAME, issue.number)).number == issue.number
    assert len(fake.asked("POST", MINTS)) == 2


async def test_each_push_gets_a_token_of_its_own_that_can_do_nothing_else(fake: FakeGitHub, app: AppCredential) -> None:
    first, second = await app.push_credential(NAME), await app.push_credential(NAME)

    assert first.password != second.password
    token = fake.world.tokens[second.password.get_secret_value()]
    assert token.repositories == {"acme/payments"}
    assert token.permissions == {"contents": "write", "metadata": "read"}
    assert second.narrowed
    assert second.expires_at == token.expires_at
    header = second.header.get_secret_value()
    assert base64.b64decode(header.removeprefix("Authorization: Basic ")).decode() == f"x-access-token:{token.value}"
    assert second.host_url == f"{fake.url}/"


async def test_a_revoked_push_credential_is_worth_nothing(fake: FakeGitHub, app: AppCredential) -> None:
    lent = await app.push_credential(NAME)

    await app.revoke(lent)

    assert lent.password.get_secret_value() not in fake.world.tokens


async def test_long_signed_tokens_are_taken_as_they_are(fake: FakeGitHub, app: AppCredential) -> None:
    token = (await app.push_credential(NAME)).password.get_secret_value()

    assert token.startswith(f"ghs_{APP_ID}_")
    assert len(token) > 300
    assert token in fake.world.tokens


async def test_a_personal_token_pushes_as_it_is(fake: FakeGitHub, by_token: GitHub) -> None:
    lent = await by_token.credential.push_credential(NAME)
    await by_token.credential.revoke(lent)

    assert lent.password.get_secret_value() in fake.world.tokens
    assert not lent.narrowed
    assert lent.expires_at is None


async def test_both_know_the_login_they_write_under(github: GitHub, by_token: GitHub) -> None:
    assert await github.credential.login() == "jca-fake[bot]"
    assert await by_token.credential.login() == "octocat"


async def test_an_app_that_is_not_installed_says_where_to_install_it(app: AppCredential) -> None:
    with pytest.raises(errors.NotReady, match="not installed on acme/other"):
        await app.grant(RepositoryName("acme", "other"), ISSUES)


async def test_a_permission_the_app_was_not_given_is_named(fake: FakeGitHub, github: GitHub) -> None:
    del fake.world.installations[0].permissions["checks"]
    verdict = checks.Verdict(NAME, "a" * 40, "j.1", "success", "Passed", "All of it.")

    with pytest.raises(errors.NotReady, match="checks=write"):
        await checks.report_verdict(github, verdict)


async def test_an_app_that_was_installed_anew_is_found_again(fake: FakeGitHub, app: AppCredential) -> None:
    await app.grant(NAME, ISSUES)
    fake.world.installations[0].id += 1000

    with pytest.raises(errors.NotFound):
        await app.push_credential(NAME)
    assert (await app.push_credential(NAME)).narrowed


async def test_a_key_that_is_not_the_apps_is_refused(
    fake: FakeGitHub, transport: Transport, app: AppCredential
) -> None:
    del app
    stranger = AppCredential(transport, APP_ID, SecretStr(FakeGitHub().make_app()))

    with pytest.raises(errors.NotReady, match="does not accept our credential"):
        await access.permission(GitHub(transport, stranger), NAME, "octocat")
    assert fake.asked("GET", "/installation")[0].status == 401


def test_a_key_that_is_none_is_not_repeated(transport: Transport) -> None:
    other = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for text in ("not-a-key-at-all", other.decode()):
        with pytest.raises(errors.NotReady) as refused:
            AppCredential(transport, APP_ID, SecretStr(text))
        assert text.splitlines()[-1] not in str(refused.value)


async def test_a_key_may_come_on_one_line(transport: Transport, app_key: tuple[str, object], fake: FakeGitHub) -> None:
    key, fake.world.app = app_key  # type: ignore[assignment]

    one_line = AppCredential(transport, APP_ID, SecretStr(key.replace("\n", "\\n")))

    assert await one_line.login() == "jca-fake[bot]"
