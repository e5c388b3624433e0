"""Issues, their comments, labels, assignees and history; collaborators."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from tests.fakes.github.acts import Acts
from tests.fakes.github.gate import invalid, login_of, paged, problem, repository_of
from tests.fakes.github.rendering import Renderer
from tests.fakes.github.world import Comment, Issue, World

LONGEST_BODY = 65_536


class Issues:
    """Handlers."""

    def __init__(self, world: World, renderer: Renderer, acts: Acts) -> None:
        self._world = world
        self._render = renderer
        self._acts = acts

    def routes(self) -> list[tuple[str, str, str, object]]:
        """Method, path, permission and handler."""
        repo = "/repos/{owner}/{repo}"
        issue = f"{repo}/issues/{{number}}"
        return [
            ("GET", repo, "metadata=read", self.repository),
            ("POST", f"{repo}/git/refs", "contents=write", self.unfit),
            ("POST", f"{repo}/issues", "issues=write", self.unfit),
            ("GET", f"{repo}/issues", "issues=read", self.listed),
            ("GET", f"{repo}/issues/comments", "issues=read", self.all_comments),
            ("GET", issue, "issues=read", self.one),
            ("GET", f"{issue}/timeline", "issues=read", self.timeline),
            ("GET", f"{issue}/comments", "issues=read", self.comments),
            ("POST", f"{issue}/comments", "issues=write", self.comment),
            ("PATCH", f"{repo}/issues/comments/{{id}}", "issues=write", self.edit_comment),
            ("POST", f"{issue}/labels", "issues=write", self.add_labels),
            ("DELETE", f"{issue}/labels/{{label}}", "issues=write", self.remove_label),
            ("POST", f"{issue}/assignees", "issues=write", self.assign),
            ("GET", f"{repo}/labels/{{label}}", "issues=read", self.label),
            ("GET", f"{repo}/collaborators/{{login}}/permission", "metadata=read", self.permission),
        ]

    async def repository(self, request: web.Request) -> web.Response:
        return web.json_response(self._render.repository(repository_of(request)))

    async def unfit(self, _request: web.Request) -> web.Response:
        """Refuse: nobody of ours makes branches or issues."""
        return problem(422, "Invalid request. What is required wasn't supplied.")

    async def listed(self, request: web.Request) -> web.Response:
        repository, query = repository_of(request), request.query
        wanted = {name.casefold() for name in query.get("labels", "").split(",") if name}
        since = datetime.fromisoformat(query["since"]) if "since" in query else None
        found = [
            issue
            for issue in repository.issues.values()
            if query.get("state", "open") in {"all", issue.state}
            and wanted <= {name.casefold() for name in issue.labels}
            and (since is None or issue.updated_at >= since)
        ]
        found.sort(key=lambda issue: issue.updated_at, reverse=query.get("direction", "desc") == "desc")
        return paged(request, [self._render.issue(repository, issue) for issue in found])

    async def one(self, request: web.Request) -> web.Response:
        return web.json_response(self._render.issue(repository_of(request), self._issue(request)))

    async def timeline(self, request: web.Request) -> web.Response:
        repository, issue = repository_of(request), self._issue(request)
        return paged(request, [self._render.event(repository, issue, event) for event in issue.events])

    async def comments(self, request: web.Request) -> web.Response:
        repository, issue = repository_of(request), self._issue(request)
        since = datetime.fromisoformat(request.query["since"]) if "since" in request.query else None
        shown = [comment for comment in issue.comments if since is None or comment.updated_at >= since]
        return paged(request, [self._render.comment(repository, issue, comment) for comment in shown])

    async def all_comments(self, request: web.Request) -> web.Response:
        """What was said anywhere in a repository, in the order it was said."""
        repository, since = repository_of(request), datetime.fromisoformat(request.query["since"])
        said = [(comment, issue) for issue in repository.issues.values() for comment in issue.comments]
        shown = sorted((one for one in said if one[0].updated_at >= since), key=lambda one: one[0].id)
        return paged(request, [self._render.comment(repository, issue, comment) for comment, issue in shown])

    async def comment(self, request: web.Request) -> web.Response:
        repository, issue, body = repository_of(request), self._issue(request), await request.json()
        if issue.locked:
            return problem(403, "Unable to create comment because issue is locked.")
        if refusal := _unfit(body):
            return refusal
        comment = await self._acts.comment(repository, issue, login_of(request), body["body"])
        return web.json_response(self._render.comment(repository, issue, comment), status=201)

    async def edit_comment(self, request: web.Request) -> web.Response:
        repository, body = repository_of(request), await request.json()
        if refusal := _unfit(body):
            return refusal
        for issue in repository.issues.values():
            for comment in issue.comments:
                if str(comment.id) == request.match_info["id"]:
                    return await self._edited(request, issue, comment, body["body"])
        return problem(404, "Not Found")

    async def _edited(self, request: web.Request, issue: Issue, comment: Comment, body: str) -> web.Response:
        repository = repository_of(request)
        await self._acts.edit_comment(repository, issue, comment, login_of(request), body)
        return web.json_response(self._render.comment(repository, issue, comment))

    async def add_labels(self, request: web.Request) -> web.Response:
        repository, issue, body = repository_of(request), self._issue(request), await request.json()
        for label in body["labels"]:
            await self._acts.label(repository, issue, login_of(request), label)  # makes those it does not have
        return web.json_response([self._render.label(name) for name in issue.labels])

    async def remove_label(self, request: web.Request) -> web.Response:
        repository, issue, label = repository_of(request), self._issue(request), request.match_info["label"]
        if label not in issue.labels:
            return problem(404, "Label does not exist")
        await self._acts.unlabel(repository, issue, login_of(request), label)
        return web.json_response([self._render.label(name) for name in issue.labels])

    async def assign(self, request: web.Request) -> web.Response:
        repository, issue, body = repository_of(request), self._issue(request), await request.json()
        for login in body["assignees"]:
            if login in repository.collaborators and login not in issue.assignees:
                await self._acts.assign(repository, issue, login_of(request), login)
        return web.json_response(self._render.issue(repository, issue), status=201)

    async def label(self, request: web.Request) -> web.Response:
        wanted = request.match_info["label"].casefold()
        for name in repository_of(request).labels:
            if name.casefold() == wanted:
                return web.json_response(self._render.label(name))
        return problem(404, "Not Found")

    async def permission(self, request: web.Request) -> web.Response:
        login = request.match_info["login"]
        if login not in self._world.accounts:
            return problem(404, f"{login} is not a user")
        return web.json_response(self._render.permission(repository_of(request), login))

    def _issue(self, request: web.Request) -> Issue:
        issue = repository_of(request).issues.get(int(request.match_info["number"]))
        if issue is None:
            raise web.HTTPNotFound
        return issue


def _unfit(body: object) -> web.Response | None:
    text = body.get("body") if isinstance(body, dict) else None
    if not isinstance(text, str) or not text.strip():
        return invalid("body can't be blank", resource="IssueComment")
    if len(text) > LONGEST_BODY:
        return invalid(f"body is too long (maximum is {LONGEST_BODY} characters)", resource="IssueComment")
    return None
