"""Where one Jira answers, and as whom we ask."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

from jobs import errors
from worker.trackers.addresses import is_base

_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,99}-[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class Site:
    """One Jira and our account in it. Make it with `cloud` or `data_center`."""

    url: str
    """Base of its addresses, without a slash at its end: `https://acme.atlassian.net`, `https://host/jira`."""
    deployment: Literal["cloud", "data_center"]
    token: SecretStr
    email: str = ""
    """Of the account, in Cloud."""

    @classmethod
    def cloud(cls, url: str, email: str, token: SecretStr) -> Site:
        """A site of Jira Cloud with an account's API token:
        https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/.

        Raises:
            errors.BadInput: the address or the e-mail address cannot be used.
        """  # noqa: D205 - an address does not fit the first line
        if not re.fullmatch(r"[^\s:@]+@[^\s:@]+", email):
            raise errors.BadInput("Jira Cloud needs the e-mail address of the account that the API token belongs to.")
        return cls(_checked(url), "cloud", token, email)

    @classmethod
    def data_center(cls, url: str, token: SecretStr) -> Site:
        """A Data Center with a personal access token of our account.

        Raises:
            errors.BadInput: the address cannot be used.
        """
        return cls(_checked(url), "data_center", token)

    @property
    def is_cloud(self) -> bool:
        """Whether it is Atlassian's."""
        return self.deployment == "cloud"

    @property
    def newest(self) -> str:
        """Path of the newest REST interface: v3, where rich text is a document, or v2, where it is wiki markup."""
        return "/rest/api/3" if self.is_cloud else "/rest/api/2"

    def authorization(self) -> str:
        """The header that shows our credential."""
        secret = self.token.get_secret_value()
        if not self.is_cloud:
            return f"Bearer {secret}"
        return f"Basic {base64.b64encode(f'{self.email}:{secret}'.encode()).decode()}"


def issue_path(key: str) -> str:
    """The path of an issue below the REST interface.

    Raises:
        errors.BadInput: it is no key of an issue.
    """
    if not _KEY.fullmatch(key):
        raise errors.BadInput(f"{key[:200]!r} is not the key of an issue in Jira; it is written PAY-412.")
    return f"/issue/{key}"


def project_of(key: str) -> str:
    """The key of an issue's project.

    Raises:
        errors.BadInput: it is no key of an issue.
    """
    issue_path(key)
    return key.rpartition("-")[0]


def _checked(url: str) -> str:
    if not is_base(url):
        remedy = "Use https://COMPANY.atlassian.net, or the base URL of your Data Center."
        raise errors.BadInput("The address of Jira is not a plain https address.", remedy=remedy)
    return url.rstrip("/")
