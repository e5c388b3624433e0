"""Routes about issues: reading, editing, comments, links, transitions, search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.fakes.jira import documents, jql
from tests.fakes.jira.answers import refuse
from tests.fakes.jira.state import WORKFLOW, Comment, Issue, User

if TYPE_CHECKING:
    from tests.fakes.jira.server import FakeJira

MOST_PER_PAGE = 100
NEWEST = 100  # edits that Cloud sends with an issue


class IssueRoutes:
    """Handlers over one fake, for one version of the interface."""

    def __init__(self, fake: FakeJira, version: str, login: web.RequestKey[User]) -> None:
        self._fake = fake
        self._version = version
        self._login = login

    def routes(self) -> dict[tuple[str, str], Handler]:
        found: dict[tuple[str, str], Handler] = {
            ("POST", "/issue"): self.create,
            ("GET", "/issue/{key}"): self.read,
            ("PUT", "/issue/{key}"): self.edit,
            ("PUT", "/issue/{key}/assignee"): self.assign,
            ("GET", "/issue/{key}/comment"): self.comments,
            ("POST", "/issue/{key}/comment"): self.comment,
            ("PUT", "/issue/{key}/comment/{comment}"): self.edit_comment,
            ("POST", "/issue/{key}/remotelink"): self.link,
            ("GET", "/issue/{key}/transitions"): self.transitions,
            ("POST", "/issue/{key}/transitions"): self.move,
        }
        if self._fake.state.deployment == "cloud":
            cloud: dict[tuple[str, str], Handler] = {
                ("GET", "/issue/{key}/changelog"): self.history,
                ("POST", "/search/jql"): self.search_by_token,
            }
            return found | cloud
        return found | {("POST", "/search"): self.search_by_number}

    async def create(self, request: web.Request) -> web.Response:
        fields = (await request.json())["fields"]
        project = fields.get("project", {}).get("key", "PAY")
        body, labels = fields.get("description"), list(fields.get("labels", []))
        who = request[self._login]
        issue = self._fake.state.create_issue(who, fields["summary"], body, project=project, labels=labels)
        return web.json_response({"id": issue.id, "key": issue.key}, status=201)

    async def read(self, request: web.Request) -> web.Response:
        issue = self._issue(request)
        shown = self._fake.state.shown_issue(issue, self._version)
        if request.query.get("expand") == "changelog":
            newest = issue.history[-NEWEST:][::-1] if self._fake.state.deployment == "cloud" else issue.history
            shown["changelog"] = {"startAt": 0, "total": len(issue.history), "histories": newest}
        return web.json_response(shown)

    async def history(self, request: web.Request) -> web.Response:
        issue, start = self._issue(request), int(request.query["startAt"])
        page = issue.history[start : start + MOST_PER_PAGE]
        total = len(issue.history)
        place = {"startAt": start, "maxResults": MOST_PER_PAGE, "total": total, "isLast": start + len(page) >= total}
        return web.json_response(place | {"values": page})

    async def edit(self, request: web.Request) -> web.Response:
        issue = self._issue(request, "EDIT_ISSUES", "You do not have permission to edit issues in this project.")
        body = await request.json()
        labels = list(issue.labels)
        for step in body.get("update", {}).get("labels", []):
            (verb, label), *_ = step.items()
            if " " in label:
                raise refuse(web.HTTPBadRequest, "", labels=f"The label '{label}' contains spaces which is invalid.")
            labels = [other for other in labels if other != label] + ([label] if verb == "add" else [])
        changes = {key: body["fields"][key] for key in ("summary", "description") if key in body.get("fields", {})}
        self._fake.state.edit(request[self._login], issue, labels=labels, **changes)
        return web.Response(status=204)

    async def assign(self, request: web.Request) -> web.Response:
        issue = self._issue(request, "ASSIGN_ISSUES", "You do not have permission to assign issues.")
        name = "accountId" if self._fake.state.deployment == "cloud" else "name"
        wanted = (await request.json())[name]
        if wanted is not None and wanted not in self._fake.state.users:
            raise refuse(web.HTTPBadRequest, "", assignee=f"User '{wanted}' cannot be assigned issues.")
        user = self._fake.state.users[wanted] if wanted else None
        self._fake.state.edit(request[self._login], issue, assignee=user)
        return web.Response(status=204)

    async def comments(self, request: web.Request) -> web.Response:
        issue = self._issue(request)
        start, most = int(request.query.get("startAt", 0)), int(request.query.get("maxResults", 50))
        page = issue.comments[start : start + min(most, MOST_PER_PAGE)]
        expand = "properties" in request.query.get("expand", "")
        shown = [self._shown(issue, comment, expand=expand) for comment in page]
        return web.json_response({"startAt": start, "total": len(issue.comments), "comments": shown})

    async def comment(self, request: web.Request) -> web.Response:
        issue = self._issue(request, "ADD_COMMENTS", "You do not have the permission to comment on this issue.")
        body = await request.json()
        self._judge(body["body"])
        kept = {entry["key"]: entry["value"] for entry in body.get("properties", [])}
        properties = kept if self._fake.keeps_properties else {}
        comment = self._fake.state.comment(request[self._login], issue, body["body"], properties)
        return web.json_response(self._shown(issue, comment), status=201)

    async def edit_comment(self, request: web.Request) -> web.Response:
        issue = self._issue(request, "EDIT_OWN_COMMENTS", "You do not have the permission to edit this comment.")
        wanted = request.match_info["comment"]
        comment = next((comment for comment in issue.comments if comment.id == wanted), None)
        if comment is None:
            raise refuse(web.HTTPNotFound, f"Can not find a comment for the id: {wanted}.")
        body = (await request.json())["body"]
        self._judge(body)
        self._fake.state.edit_comment(issue, comment, body)
        return web.json_response(self._shown(issue, comment))

    async def link(self, request: web.Request) -> web.Response:
        issue = self._issue(request, "LINK_ISSUES", "No Link Issue Permission for issue.")
        body = await request.json()
        if not body.get("object", {}).get("url") or not body["object"].get("title"):
            raise refuse(web.HTTPBadRequest, "", url="'url' is required.")
        known = body["globalId"] in issue.links
        issue.links[body["globalId"]] = body
        return web.json_response({"id": 1, "self": ""}, status=200 if known else 201)

    async def transitions(self, request: web.Request) -> web.Response:
        steps = WORKFLOW[self._issue(request).status] if self._fake.allows("TRANSITION_ISSUES") else {}
        shown = [{"id": key, "name": f"To {to}", "to": self._fake.state.shown_status(to)} for key, to in steps.items()]
        return web.json_response({"transitions": shown})

    async def move(self, request: web.Request) -> web.Response:
        issue = self._issue(request)
        wanted = (await request.json())["transition"]["id"]
        if wanted not in WORKFLOW[issue.status]:
            raise refuse(
                web.HTTPBadRequest, f"It seems that you have tried to perform a workflow operation ({wanted})."
            )
        self._fake.state.edit(request[self._login], issue, status=WORKFLOW[issue.status][wanted])
        return web.Response(status=204)

    async def search_by_token(self, request: web.Request) -> web.Response:
        body = await request.json()
        found = self._select(body["jql"])
        start = int(body.get("nextPageToken", "page-0").removeprefix("page-"))
        end = start + min(body["maxResults"], MOST_PER_PAGE)
        answer: dict[str, Any] = {"issues": self._hits(found[start:end]), "isLast": end >= len(found)}
        return web.json_response(answer | ({} if end >= len(found) else {"nextPageToken": f"page-{end}"}))

    async def search_by_number(self, request: web.Request) -> web.Response:
        body = await request.json()
        found, start = self._select(body["jql"]), body["startAt"]
        page = found[start : start + min(body["maxResults"], MOST_PER_PAGE)]
        return web.json_response({"startAt": start, "total": len(found), "issues": self._hits(page)})

    def _issue(self, request: web.Request, permission: str = "", refusal: str = "") -> Issue:
        issue = self._fake.state.issues.get(request.match_info["key"])
        if issue is None or not self._fake.allows("BROWSE_PROJECTS"):
            raise refuse(web.HTTPNotFound, "Issue does not exist or you do not have permission to see it.")
        if permission and not self._fake.allows(permission):
            raise refuse(web.HTTPForbidden, refusal)
        return issue

    def _judge(self, body: object) -> None:
        """Take what this version takes: documents in v3, text in v2."""
        if self._version == "2":
            if not isinstance(body, str) or not body.strip():
                raise refuse(web.HTTPBadRequest, "", comment="Operation value must be a string")
            size = len(body)
        else:
            if wrong := documents.problem(body):
                raise refuse(web.HTTPBadRequest, "INVALID_INPUT", comment=wrong)
            size = documents.size(body)
        if size > documents.LONGEST:
            message = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
            raise refuse(web.HTTPBadRequest, "", comment=message)

    def _shown(self, issue: Issue, comment: Comment, *, expand: bool = False) -> dict[str, Any]:
        shown = self._fake.state.shown_comment(issue, comment)
        if expand:
            shown["properties"] = [{"key": key, "value": value} for key, value in comment.properties.items()]
        return shown

    def _select(self, text: str) -> list[Issue]:
        try:
            return jql.select(text, list(self._fake.state.issues.values()))
        except jql.Malformed as error:
            raise refuse(web.HTTPBadRequest, f"Error in the JQL Query: {error}") from None

    def _hits(self, issues: list[Issue]) -> list[dict[str, Any]]:
        shown = [self._fake.state.shown_issue(issue, self._version) for issue in issues]
        return [{**issue, "fields": {"updated": issue["fields"]["updated"]}} for issue in shown]
