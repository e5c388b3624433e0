"""The addresses that GitHub gives with accounts and repositories, and what it says of a repository nobody uses."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

_OF_ACCOUNT = {
    "followers": "",
    "following": "{/other_user}",
    "gists": "{/gist_id}",
    "starred": "{/owner}{/repo}",
    "subscriptions": "",
    "organizations": "",
    "repos": "",
    "events": "{/privacy}",
    "received_events": "",
}
_ELSEWHERE = {"organizations": "orgs"}
_OF_REPOSITORY = {
    "archive": "{archive_format}{/ref}",
    "assignees": "assignees{/user}",
    "blobs": "git/blobs{/sha}",
    "branches": "branches{/branch}",
    "collaborators": "collaborators{/collaborator}",
    "comments": "comments{/number}",
    "commits": "commits{/sha}",
    "compare": "compare/{base}...{head}",
    "contents": "contents/{+path}",
    "contributors": "contributors",
    "deployments": "deployments",
    "downloads": "downloads",
    "events": "events",
    "forks": "forks",
    "git_commits": "git/commits{/sha}",
    "git_refs": "git/refs{/sha}",
    "git_tags": "git/tags{/sha}",
    "hooks": "hooks",
    "issue_comment": "issues/comments{/number}",
    "issue_events": "issues/events{/number}",
    "issues": "issues{/number}",
    "keys": "keys{/key_id}",
    "labels": "labels{/name}",
    "languages": "languages",
    "merges": "merges",
    "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}",
    "pulls": "pulls{/number}",
    "releases": "releases{/id}",
    "stargazers": "stargazers",
    "statuses": "statuses/{sha}",
    "subscribers": "subscribers",
    "subscription": "subscription",
    "tags": "tags",
    "teams": "teams",
    "trees": "git/trees{/sha}",
}
_COUNTS = ("forks", "network", "open_issues", "stargazers", "subscribers", "watchers")
_ABILITIES = ("discussions", "downloads", "issues", "projects", "wiki", "pages")
_UNKNOWN = ("description", "homepage", "language", "license", "mirror_url")


def of_account(api: str, web: str, login: str) -> dict[str, str]:
    """Addresses of a person, or of the bot of an App."""
    url = f"{api}/users/{quote(login)}"
    page = f"apps/{login.removesuffix('[bot]')}" if login.endswith("[bot]") else login
    links = {f"{name}_url": f"{url}/{_ELSEWHERE.get(name, name)}{more}" for name, more in _OF_ACCOUNT.items()}
    return links | {"url": url, "html_url": f"{web}/{page}", "avatar_url": f"{web}/avatars/{quote(login)}"}


def of_repository(api: str, web: str, name: str) -> dict[str, str]:
    """Addresses of a repository, `owner/name`."""
    url, page = f"{api}/repos/{name}", f"{web}/{name}"
    links = {f"{what}_url": f"{url}/{below}" for what, below in _OF_REPOSITORY.items()}
    git = {"clone_url": f"{page}.git", "svn_url": page, "ssh_url": f"git@localhost:{name}.git"}
    return links | git | {"git_url": f"git://localhost/{name}.git", "url": url, "html_url": page}


def little() -> dict[str, Any]:
    """What is said of a repository that nobody has described, forked or starred."""
    counts = {f"{what}_count": 0 for what in _COUNTS} | {"forks": 0, "open_issues": 0, "watchers": 0, "size": 0}
    abilities = {f"has_{what}": what == "issues" for what in _ABILITIES}
    flags = {"private": False, "fork": False, "disabled": False, "default_branch": "main"}
    return counts | abilities | flags | dict.fromkeys(_UNKNOWN)
