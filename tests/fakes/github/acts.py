"""What people and Apps do on the fake GitHub; each act changes the world and is told to the receiver of webhooks."""

from __future__ import annotations

from tests.fakes.github.accounts import node
from tests.fakes.github.hooks import Hooks
from tests.fakes.github.rendering import Renderer
from tests.fakes.github.world import Comment, Event, Issue, Repository, World, now


class Acts:
    """Does things as somebody."""

    def __init__(self, world: World, renderer: Renderer, hooks: Hooks) -> None:
        self._world = world
        self._render = renderer
        self._hooks = hooks

    async def open_issue(
        self, repository: Repository, by: str, title: str, body: str = "", labels: tuple[str, ...] = ()
    ) -> Issue:
        """Open an issue; as on GitHub its labels come as events of their own, and all are in each body."""
        self._world.accounts.setdefault(by, "User")
        issue = Issue(repository.next_number(), title, body, by, labels=list(labels))
        issue.events += [Event("labeled", by, label) for label in labels]
        repository.issues[issue.number] = issue
        await self._tell("opened", repository, issue, by)
        for label in labels:
            await self._tell("labeled", repository, issue, by, label=self._render.label(label))
        return issue

    async def label(self, repository: Repository, issue: Issue, by: str, label: str) -> None:
        if label in issue.labels:
            return
        if label not in repository.labels:
            repository.labels.append(label)
        issue.labels.append(label)
        self._happened(issue, Event("labeled", by, label))
        await self._tell("labeled", repository, issue, by, label=self._render.label(label))

    async def unlabel(self, repository: Repository, issue: Issue, by: str, label: str) -> None:
        issue.labels.remove(label)
        self._happened(issue, Event("unlabeled", by, label))
        await self._tell("unlabeled", repository, issue, by, label=self._render.label(label))

    async def assign(self, repository: Repository, issue: Issue, by: str, login: str) -> None:
        issue.assignees.append(login)
        self._happened(issue, Event("assigned", by, assignee=login))
        await self._tell("assigned", repository, issue, by, assignee=self._render.user(login))

    async def edit(self, repository: Repository, issue: Issue, by: str, body: str) -> None:
        """Change an issue's body."""
        before, issue.body, issue.edited_at, issue.editor = issue.body, body, now(), by
        self._world.accounts.setdefault(by, "User")
        issue.updated_at = now()
        await self._tell("edited", repository, issue, by, changes={"body": {"from": before}})

    async def close(self, repository: Repository, issue: Issue, by: str) -> None:
        issue.state = "closed"
        self._happened(issue, Event("closed", by))
        await self._tell("closed", repository, issue, by)

    async def comment(self, repository: Repository, issue: Issue, by: str, body: str) -> Comment:
        self._world.accounts.setdefault(by, "User")
        comment = Comment(next(self._world.ids), body, by)
        issue.comments.append(comment)
        self._happened(issue, Event("commented", by, comment=comment))
        await self._tell_comment("created", repository, issue, comment, by)
        return comment

    async def edit_comment(self, repository: Repository, issue: Issue, comment: Comment, by: str, body: str) -> None:
        before, comment.body, comment.updated_at = comment.body, body, now()
        issue.updated_at = now()
        await self._tell_comment("edited", repository, issue, comment, by, changes={"body": {"from": before}})

    def _happened(self, issue: Issue, event: Event) -> None:
        self._world.accounts.setdefault(event.actor, "User")
        issue.events.append(event)
        issue.updated_at = now()

    async def _tell_comment(
        self, action: str, repository: Repository, issue: Issue, comment: Comment, by: str, **more: object
    ) -> None:
        shown = self._render.comment(repository, issue, comment)
        payload = self._payload(action, repository, issue, by) | {"comment": shown} | more
        await self._hooks.emit("issue_comment", payload)

    async def _tell(self, action: str, repository: Repository, issue: Issue, by: str, **more: object) -> None:
        await self._hooks.emit("issues", self._payload(action, repository, issue, by) | more)

    def _payload(self, action: str, repository: Repository, issue: Issue, by: str) -> dict[str, object]:
        name = repository.full_name.lower()
        installed = [known.id for known in self._world.installations if name in known.repositories]
        installation = (
            {"installation": {"id": installed[0], "node_id": node("Installation", installed[0])}} if installed else {}
        )
        return installation | {
            "action": action,
            "issue": self._render.issue(repository, issue),
            "repository": self._render.repository(repository),
            "sender": self._render.user(by),
        }
