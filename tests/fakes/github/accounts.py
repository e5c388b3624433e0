"""People, Apps and installations, as GitHub's JSON."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from tests.fakes.github import links
from tests.fakes.github.world import Installation, World

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""When everything was made that has no date of its own."""
_UNSAID = ("name", "company", "blog", "location", "email", "hireable", "bio")
_COUNTED = (
    "public_repos",
    "public_gists",
    "private_gists",
    "total_private_repos",
    "owned_private_repos",
    "followers",
    "following",
    "collaborators",
    "disk_usage",
)


class Accounts:
    """Renders those who act in one world, with addresses of the server that shows them."""

    def __init__(self, world: World, api: str, web: str) -> None:
        self._world = world
        self._api = api
        self._web = web

    def user(self, login: str) -> dict[str, Any]:
        kind = self._world.accounts.get(login, "User")
        number = sum(login.encode())
        shown = {"login": login, "id": number, "node_id": node("User", number), "type": kind, "site_admin": False}
        return shown | {"gravatar_id": ""} | links.of_account(self._api, self._web, login)

    def oneself(self, login: str) -> dict[str, Any]:
        """An account as its owner sees it."""
        since = {"created_at": moment(EPOCH), "updated_at": moment(EPOCH)}
        return (
            self.user(login)
            | since
            | dict.fromkeys(_UNSAID)
            | dict.fromkeys(_COUNTED, 0)
            | {"two_factor_authentication": True}
        )

    def app(self) -> dict[str, Any]:
        app = self._world.app
        assert app
        return {"id": 1, "slug": app.slug, "node_id": node("App", 1), "client_id": app.id, "name": app.slug} | {
            "owner": self.user("acme"),
            "description": None,
            "external_url": self._web,
            "html_url": f"{self._web}/apps/{app.slug}",
            "created_at": moment(EPOCH),
            "updated_at": moment(EPOCH),
            "permissions": {"metadata": "read"},
            "events": ["issues", "issue_comment"],
        }

    def installation(self, known: Installation) -> dict[str, Any]:
        owner, app = self.user("acme"), self.app()
        url = f"{self._api}/app/installations/{known.id}"
        return {
            "id": known.id,
            "app_id": app["id"],
            "app_slug": app["slug"],
            "client_id": app["client_id"],
            "account": owner,
            "target_id": owner["id"],
            "target_type": "Organization",
            "permissions": known.permissions,
            "events": app["events"],
            "repository_selection": "selected",
            "single_file_name": None,
            "access_tokens_url": f"{url}/access_tokens",
            "repositories_url": f"{self._api}/installation/repositories",
            "html_url": f"{self._web}/organizations/acme/settings/installations/{known.id}",
            "created_at": moment(EPOCH),
            "updated_at": moment(EPOCH),
            "suspended_by": None,
            "suspended_at": None,
        }


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def node(kind: str, number: int) -> str:
    """The identifier of GraphQL."""
    return base64.b64encode(f"{kind}{number}".encode()).decode()
