"""An account of Jira, as its payloads and its answers show it alike. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from jobs.storable import STORABLE
from jobs.ticket import Person

_Line = Annotated[str, Field(max_length=1024), STORABLE]


class User(BaseModel):
    """An account: by `accountId` in Cloud, by `name` (or `key`) in Data Center."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    account_id: _Line = Field("", alias="accountId")
    name: _Line = ""
    key: _Line = ""
    account_type: _Line = Field("", alias="accountType")
    display_name: _Line = Field("", alias="displayName")

    @property
    def id(self) -> str:
        """What Jira calls the account; empty for nobody."""
        return self.account_id or self.name or self.key

    def person(self) -> Person | None:
        """The account as the records know it."""
        if not self.id:
            return None
        return Person(id=self.id, name=self.display_name[:200], is_bot=self.account_type == "app")
