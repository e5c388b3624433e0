"""What exists, as GitHub's JSON."""

from __future__ import annotations

from typing import Any

from tests.fakes.github import links
from tests.fakes.github.accounts import EPOCH, Accounts, moment, node
from tests.fakes.github.world import Check, Comment, Event, Issue, Pull, Repository

BASE_ROLE = {"maintain": "write", "triage": "read"}
"""What `permission` says where a role is none of the four old ones."""


class Renderer(Accounts):
    """Renders one world with addresses of the server that shows it."""

    def repository(self, repository: Repository) -> dict[str, Any]:
        name = repository.full_name
        shown = {"id": repository.id, "node_id": node("Repository", repository.id), "name": repository.name}
        return (
            links.little()
            | links.of_repository(self._api, self._web, name)
            | shown
            | {
                "full_name": name,
                "owner": self.user(repository.owner),
                "archived": repository.archived,
                "created_at": moment(EPOCH),
                "pushed_at": moment(EPOCH),
                "updated_at": moment(EPOCH),
            }
        )

    def label(self, name: str) -> dict[str, Any]:
        number = sum(name.encode())
        return {"id": number, "node_id": node("Label", number), "name": name, "color": "ededed", "default": False} | {
            "description": None,
            "url": f"{self._api}/labels/{number}",
        }

    def issue(self, repository: Repository, issue: Issue) -> dict[str, Any]:
        home = f"{self._api}/repos/{repository.full_name}"
        url = f"{home}/issues/{issue.number}"
        assignees = [self.user(login) for login in issue.assignees]
        return self._pull_of(repository, issue) | {
            "id": repository.id * 1000 + issue.number,
            "node_id": node("Issue", issue.number),
            "number": issue.number,
            "url": url,
            "repository_url": home,
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": f"{self._web}/{repository.full_name}/issues/{issue.number}",
            "title": issue.title,
            "body": issue.body or None,
            "state": issue.state,
            "locked": issue.locked,
            "active_lock_reason": None,
            "milestone": None,
            "user": self.user(issue.user),
            "labels": [self.label(name) for name in issue.labels],
            "assignee": next(iter(assignees), None),
            "assignees": assignees,
            "comments": len(issue.comments),
            "created_at": moment(issue.created_at),
            "updated_at": moment(issue.updated_at),
            "closed_at": moment(issue.updated_at) if issue.state == "closed" else None,
            "author_association": "NONE",
            "reactions": _no_reactions(url),
        }

    def _pull_of(self, repository: Repository, issue: Issue) -> dict[str, Any]:
        """What an issue has besides where it is a pull request."""
        below = f"{repository.full_name}/pull"
        page = f"{self._web}/{below}/{issue.number}"
        url = f"{self._api}/repos/{below}s/{issue.number}"
        told = {"url": url, "html_url": page, "diff_url": f"{page}.diff", "patch_url": f"{page}.patch"}
        return {"pull_request": told | {"merged_at": None}} if issue.is_pull else {}

    def comment(self, repository: Repository, issue: Issue, comment: Comment) -> dict[str, Any]:
        below = f"{repository.full_name}/issues"
        url = f"{self._api}/repos/{below}/comments/{comment.id}"
        return {
            "id": comment.id,
            "node_id": node("IssueComment", comment.id),
            "url": url,
            "html_url": f"{self._web}/{below}/{issue.number}#issuecomment-{comment.id}",
            "issue_url": f"{self._api}/repos/{below}/{issue.number}",
            "body": comment.body,
            "user": self.user(comment.user),
            "created_at": moment(comment.created_at),
            "updated_at": moment(comment.updated_at),
            "author_association": "NONE",
            "performed_via_github_app": {"slug": comment.app} if comment.app else None,
            "reactions": _no_reactions(url),
        }

    def event(self, repository: Repository, issue: Issue, event: Event) -> dict[str, Any]:
        actor = self.user(event.actor)
        if event.comment:
            return self.comment(repository, issue, event.comment) | {"event": event.kind, "actor": actor}
        label = {"label": {"name": event.label, "color": "ededed"}} if event.label else {}
        assignee = {"assignee": self.user(event.assignee)} if event.assignee else {}
        return (
            label
            | assignee
            | {
                "id": event.id,
                "node_id": node("Event", event.id),
                "url": f"{self._api}/repos/{repository.full_name}/issues/events/{event.id}",
                "event": event.kind,
                "actor": actor,
                "created_at": moment(event.at),
                "commit_id": None,
                "commit_url": None,
                "performed_via_github_app": None,
            }
        )

    def pull(self, repository: Repository, pull: Pull) -> dict[str, Any]:
        """A pull request as listings show it."""
        home, page = f"{self._api}/repos/{repository.full_name}", f"{self._web}/{repository.full_name}"
        urls = _urls_of_pull(home, f"{page}/pull/{pull.number}", pull)
        return urls | {
            "id": repository.id * 1000 + pull.number,
            "node_id": node("PullRequest", pull.number),
            "number": pull.number,
            "title": pull.title,
            "body": pull.body or None,
            "state": pull.state,
            "draft": pull.draft,
            "locked": False,
            "merged_at": moment(pull.merged_at) if pull.merged_at else None,
            "closed_at": moment(EPOCH) if pull.state == "closed" else None,
            "created_at": moment(EPOCH),
            "updated_at": moment(EPOCH),
            "merge_commit_sha": None,
            "auto_merge": None,
            "assignee": None,
            "labels": [],
            "milestone": None,
            "author_association": "NONE",
            "user": self.user(pull.user),
            "head": self._end(repository, pull.head, pull.sha),
            "base": self._end(repository, pull.base, "b" * 40),
            "_links": {name.removesuffix("_url"): {"href": url} for name, url in urls.items()}
            | {"self": {"href": urls["url"]}, "html": {"href": urls["html_url"]}},
        }

    def whole_pull(self, repository: Repository, pull: Pull) -> dict[str, Any]:
        """A pull request as it is shown alone."""
        merged = pull.merged_at is not None
        sizes = ("additions", "changed_files", "comments", "commits", "deletions", "review_comments")
        state = {"merged": merged, "merged_by": self.user(pull.user) if merged else None}
        merging = {"mergeable": None, "mergeable_state": "unknown", "maintainer_can_modify": False}
        return self.pull(repository, pull) | state | merging | dict.fromkeys(sizes, 0)

    def _end(self, repository: Repository, branch: str, sha: str) -> dict[str, Any]:
        whose = {"user": self.user(repository.owner), "repo": self.repository(repository)}
        return whose | {"label": f"{repository.owner}:{branch}", "ref": branch, "sha": sha}

    def check(self, repository: Repository, check: Check) -> dict[str, Any]:
        below = f"{repository.full_name}/check-runs/{check.id}"
        nothing: dict[str, Any] = {"title": None, "summary": None, "text": None}
        about = {"annotations_count": 0, "annotations_url": f"{self._api}/repos/{below}/annotations"}
        page = f"{self._web}/{repository.full_name}/runs/{check.id}"
        return {
            "id": check.id,
            "node_id": node("CheckRun", check.id),
            "url": f"{self._api}/repos/{below}",
            "name": check.name,
            "head_sha": check.sha,
            "external_id": check.external_id,
            "status": check.status,
            "conclusion": check.conclusion,
            "started_at": moment(EPOCH),
            "completed_at": moment(EPOCH) if check.status == "completed" else None,
            "output": nothing | about | check.output,
            "html_url": page,
            "details_url": page,
            "check_suite": {"id": 1},
            "pull_requests": [],
            "app": self.app(),
        }

    def permission(self, repository: Repository, login: str) -> dict[str, Any]:
        role = repository.collaborators.get(login, "read")
        base = BASE_ROLE.get(role, role if role in {"admin", "write", "read", "none"} else "write")
        return {"permission": base, "role_name": role, "user": self.user(login) | {"role_name": role}}


def _urls_of_pull(home: str, page: str, pull: Pull) -> dict[str, str]:
    url, issue = f"{home}/pulls/{pull.number}", f"{home}/issues/{pull.number}"
    return {
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "comments_url": f"{issue}/comments",
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": f"{home}/pulls/comments{{/number}}",
        "statuses_url": f"{home}/statuses/{pull.sha}",
    }


def _no_reactions(url: str) -> dict[str, Any]:
    kinds = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")
    return {"url": f"{url}/reactions", "total_count": 0} | dict.fromkeys(kinds, 0)
