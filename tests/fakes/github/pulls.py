"""Pull requests and check runs."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.fakes.github.gate import TOKEN, invalid, login_of, paged, problem, repository_of
from tests.fakes.github.rendering import Renderer
from tests.fakes.github.world import Check, Issue, Pull, Repository, World


class Pulls:
    """Handlers."""

    def __init__(self, world: World, renderer: Renderer) -> None:
        self._world = world
        self._render = renderer

    def routes(self) -> list[tuple[str, str, str, object]]:
        """Method, path, permission and handler."""
        repo = "/repos/{owner}/{repo}"
        return [
            ("GET", f"{repo}/pulls", "pull_requests=read", self.listed),
            ("POST", f"{repo}/pulls", "pull_requests=write", self.create),
            ("PATCH", f"{repo}/pulls/{{number}}", "pull_requests=write", self.update),
            ("GET", f"{repo}/commits/{{sha}}/check-runs", "checks=read", self.checks),
            ("POST", f"{repo}/check-runs", "checks=write", self.add_check),
            ("PATCH", f"{repo}/check-runs/{{id}}", "checks=write", self.update_check),
        ]

    async def listed(self, request: web.Request) -> web.Response:
        repository, query = repository_of(request), request.query
        owner, colon, head = query.get("head", "").partition(":")
        found = [
            pull
            for pull in sorted(repository.pulls.values(), key=lambda pull: -pull.number)
            if query.get("state", "open") in {"all", pull.state}
            and (not colon or (owner == repository.owner and head == pull.head))  # without an owner it is ignored
        ]
        return paged(request, [self._render.pull(repository, pull) for pull in found])

    async def create(self, request: web.Request) -> web.Response:
        repository, body = repository_of(request), await request.json()
        if missing := {"title", "head", "base"} - body.keys():
            return invalid(*(f"{field} is missing" for field in sorted(missing)), resource="PullRequest")
        if refusal := _refusal(repository, body):
            return refusal
        number, login = repository.next_number(), login_of(request)
        repository.issues[number] = Issue(number, body["title"], body.get("body", ""), login, is_pull=True)
        sha, draft = repository.commit_of(body["head"]), body.get("draft", False)
        assert sha
        pull = Pull(number, body["title"], body.get("body", ""), login, body["head"], body["base"], sha, draft)
        repository.pulls[number] = pull
        return web.json_response(self._render.whole_pull(repository, pull), status=201)

    async def update(self, request: web.Request) -> web.Response:
        repository, body = repository_of(request), await request.json()
        pull = repository.pulls.get(int(request.match_info["number"]))
        if pull is None:
            return problem(404, "Not Found")
        for name in ("title", "body", "state", "base"):
            setattr(pull, name, body.get(name, getattr(pull, name)))
        return web.json_response(self._render.whole_pull(repository, pull))

    async def checks(self, request: web.Request) -> web.Response:
        repository, name = repository_of(request), request.query.get("check_name", "")
        sha = request.match_info["sha"]
        found = [check for check in repository.checks if check.sha == sha and name in {"", check.name}]
        shown = [self._render.check(repository, check) for check in found]
        return web.json_response({"total_count": len(shown), "check_runs": shown})

    async def add_check(self, request: web.Request) -> web.Response:
        repository, body = repository_of(request), await request.json()
        if request[TOKEN].installation is None:
            return problem(403, "You must authenticate via a GitHub App.")
        check = Check(next(self._world.ids), body["name"], body["head_sha"], body.get("external_id", ""))
        check.status = body.get("status", "queued")
        repository.checks.append(check)
        return web.json_response(self._render.check(repository, check), status=201)

    async def update_check(self, request: web.Request) -> web.Response:
        repository, body = repository_of(request), await request.json()
        for check in repository.checks:
            if str(check.id) == request.match_info["id"]:
                for name in ("status", "conclusion", "output"):
                    setattr(check, name, body.get(name, getattr(check, name)))
                return web.json_response(self._render.check(repository, check))
        return problem(404, "Not Found")


def _refusal(repository: Repository, body: dict[str, Any]) -> web.Response | None:
    """Why GitHub does not take a new pull request."""
    head, base = body["head"], body["base"]
    if missing := [end for end in ("base", "head") if repository.commit_of(body[end]) is None]:
        errors = [{"resource": "PullRequest", "field": end, "code": "invalid"} for end in missing]
        return problem(422, "Validation Failed", errors=errors)
    if any((p.head, p.base, p.state) == (head, base, "open") for p in repository.pulls.values()):
        return invalid(f"A pull request already exists for {repository.owner}:{head}.", resource="PullRequest")
    if body.get("draft") and not repository.drafts:
        return problem(422, "Draft pull requests are not supported in this repository.")
    return None
