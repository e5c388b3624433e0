"""The App: installations, tokens, its deliveries; who a token belongs to; and the one GraphQL query that is asked."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.fakes.github.gate import APP, LEVELS, TOKEN, login_of, paged, problem
from tests.fakes.github.hooks import Hooks
from tests.fakes.github.rendering import Renderer
from tests.fakes.github.world import Issue, Token, World


class Apps:
    """Handlers."""

    def __init__(self, world: World, renderer: Renderer, hooks: Hooks) -> None:
        self._world = world
        self._render = renderer
        self._hooks = hooks

    def routes(self) -> list[tuple[str, str, str, object]]:
        """Method, path, permission and handler."""
        return [
            ("GET", "/app", APP, self.app),
            ("GET", "/repos/{owner}/{repo}/installation", APP, self.installation),
            ("POST", "/app/installations/{id}/access_tokens", APP, self.mint),
            ("GET", "/app/hook/deliveries", APP, self.deliveries),
            ("POST", "/app/hook/deliveries/{id}/attempts", APP, self.redeliver),
            ("DELETE", "/installation/token", "", self.revoke),
            ("GET", "/user", "", self.user),
            ("POST", "/graphql", "", self.graphql),
        ]

    async def app(self, _request: web.Request) -> web.Response:
        return web.json_response(self._render.app())

    async def installation(self, request: web.Request) -> web.Response:
        name = f"{request.match_info['owner']}/{request.match_info['repo']}".lower()
        for known in self._world.installations:
            if name in known.repositories:
                return web.json_response(self._render.installation(known))
        return problem(404, "Not Found")

    async def mint(self, request: web.Request) -> web.Response:
        known = {str(installation.id): installation for installation in self._world.installations}
        installation = known.get(request.match_info["id"])
        if installation is None:
            return problem(404, "Not Found")
        body: dict[str, Any] = await request.json()
        owned = {name.split("/")[1]: name for name in installation.repositories}
        named = body.get("repositories", list(owned))
        if any(name.lower() not in owned for name in named):
            message = "There is at least one repository that does not exist or is not accessible to the parent"
            return problem(422, f"{message} installation.")
        permissions = body.get("permissions", installation.permissions)
        if any(LEVELS[level] > LEVELS.get(installation.permissions.get(p, ""), 0) for p, level in permissions.items()):
            return problem(422, "The permissions requested are not granted to this installation.")
        token = self._world.mint(installation, {owned[name.lower()] for name in named}, permissions)
        return web.json_response(_minted(token), status=201)

    async def deliveries(self, request: web.Request) -> web.Response:
        newest_first = sorted(self._hooks.deliveries, key=lambda delivery: -delivery.id)
        return paged(request, [delivery.rendered() for delivery in newest_first])

    async def redeliver(self, request: web.Request) -> web.Response:
        found = await self._hooks.redeliver(int(request.match_info["id"]))
        return web.json_response({}, status=202) if found else problem(404, "Not Found")

    async def revoke(self, request: web.Request) -> web.Response:
        del self._world.tokens[request[TOKEN].value]
        return web.Response(status=204)

    async def user(self, request: web.Request) -> web.Response:
        if request[TOKEN].installation is not None:
            return problem(403, "Resource not accessible by integration")
        return web.json_response(self._render.oneself(login_of(request)))

    async def graphql(self, request: web.Request) -> web.Response:
        """Answer who last edited an issue's body."""
        variables = (await request.json())["variables"]
        name = f"{variables['owner']}/{variables['name']}".lower()
        token: Token = request[TOKEN]
        repository = self._world.repositories.get(name)
        hidden = token.repositories is not None and name not in token.repositories
        issue = None if hidden or repository is None else repository.issues.get(variables["number"])
        if issue is None:
            told = {"type": "NOT_FOUND", "message": "Could not resolve to an Issue."}
            return web.json_response({"data": {"repository": None}, "errors": [told]})
        return web.json_response({"data": {"repository": {"issue": self._edited(issue)}}})

    def _edited(self, issue: Issue) -> dict[str, Any]:
        if issue.edited_at is None:
            return {"lastEditedAt": None, "editor": None}
        kind = self._world.accounts.get(issue.editor, "User")
        at = issue.edited_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"lastEditedAt": at, "editor": {"login": issue.editor.removesuffix("[bot]"), "type": kind}}


def _minted(token: Token) -> dict[str, Any]:
    expires = token.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"token": token.value, "expires_at": expires, "permissions": token.permissions} | {
        "repository_selection": "selected"
    }
