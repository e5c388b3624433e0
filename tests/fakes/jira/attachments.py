"""Routes to what is in attachments: by the REST interface in Cloud, at the announced address in Data Center."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from tests.fakes.jira.answers import refuse
from tests.fakes.jira.state import File

if TYPE_CHECKING:
    from tests.fakes.jira.server import FakeJira

STORE = "https://api.media.example/file/"
"""Where Cloud keeps files; only its redirects lead there."""


class AttachmentRoutes:
    """Handlers over one fake."""

    def __init__(self, fake: FakeJira) -> None:
        self._fake = fake

    async def content(self, request: web.Request) -> web.Response:
        """Cloud."""
        file = self._file(request)
        if request.query.get("redirect") != "false":
            raise web.HTTPSeeOther(file.moved_to or f"{STORE}{file.id}/binary?token=signed")
        return self._answered(file, web.HTTPSeeOther)

    async def served(self, request: web.Request) -> web.Response:
        """Data Center."""
        return self._answered(self._file(request), web.HTTPFound)

    def _file(self, request: web.Request) -> File:
        number = request.match_info["id"]
        file = self._fake.state.file(number)
        if file is None or not self._fake.allows("BROWSE_PROJECTS"):
            raise refuse(web.HTTPNotFound, f"The attachment with id '{number}' does not exist")
        return file

    def _answered(self, file: File, redirect: type[web.HTTPSeeOther | web.HTTPFound]) -> web.Response:
        if file.moved_to:
            raise redirect(file.moved_to)
        if file.content is None:
            raise refuse(web.HTTPNotFound, f"Attachment {file.id} not found in the store.")
        return web.Response(body=file.content, content_type=file.media_type)
