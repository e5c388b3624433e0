"""The queue page's state as it stands in its address, so that every view of it can be kept and shared. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from jobs.ledger.records import Filter
from worker.gateway import listing, words

LONGEST = 200  # characters of one search

_JOB_ID = re.compile(r"[0-9a-z]{26}\Z")


@dataclass(frozen=True)
class Query:
    """What the reader asked for; empty fields do not narrow."""

    status: str = ""
    q: str = ""
    provider: str = ""
    repo: str = ""
    before: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Query:
        """Take what is known from a query string; an unknown status shows everything."""
        status = values.get("status", "")
        before = values.get("before", "")
        return cls(
            status=status if status in listing.WORDS else "",
            q=values.get("q", "").strip()[:LONGEST],
            provider=values.get("provider", "")[:LONGEST],
            repo=values.get("repo", "")[:LONGEST],
            before=before if _JOB_ID.match(before) else "",
        )

    def url(self, **changes: str) -> str:
        """The address of this view with some of its fields changed."""
        fields = vars(replace(self, **changes))
        query = urlencode({name: value for name, value in fields.items() if value})
        return f"/queue?{query}" if query else "/queue"

    @property
    def narrowed(self) -> bool:
        """Whether anything but the page is chosen."""
        return bool(self.status or self.q or self.provider or self.repo)

    @property
    def filter(self) -> Filter:
        """The same for the ledger, without the status word."""
        return Filter(text=self.q, provider=self.provider, repository=self.repo, before=self.before)


_PAST = {"retried": "started again", "cancelled": "cancelled or told to stop"}
_HOLDS = {
    "paused": "Paused. What runs goes on; nothing more of it is started.",
    "resumed": "Resumed. What waits is started as soon as a worker is free.",
}
_NOTICE = re.compile(r"(retried|cancelled)\.(\d{1,3})\.(\d{1,3})\Z")


def notice(text: str) -> str:
    """The sentence for the result of a form, which travels in the address as `retried.2.1`."""
    found = _NOTICE.match(text)
    if not found:
        return _HOLDS.get(text, "")
    done, skipped = int(found[2]), int(found[3])
    sentence = f"{words.plural(done, 'job')} {_PAST[found[1]]}." if done else "Nothing was changed."
    return f"{sentence} {_skipped(skipped)}".strip()


def _skipped(count: int) -> str:
    if not count:
        return ""
    return f"{words.plural(count, 'job')} could not be: the status had changed or does not allow it."
