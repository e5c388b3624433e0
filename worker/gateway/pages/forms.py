"""Retry and cancel by plain forms: for one job or for those that are ticked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web
from multidict import MultiMapping

from jobs import errors
from jobs.actors import BROWSER
from jobs.job import Job
from jobs.ledger import records
from worker.gateway import actions, rendering
from worker.gateway.services import SERVICES, Services

_ACTION = re.compile(r"(retry|cancel)(?::([0-9a-z]{26}))?\Z")
_BACK = re.compile(r"/(?:queue|settings|jobs/[0-9a-z]{26})(?:\?[!-~]{0,2000})?\Z")
_PAST = {"retry": "retried", "cancel": "cancelled"}


@dataclass(frozen=True)
class Wish:
    """What a form asks for."""

    verb: str
    job_ids: tuple[str, ...]
    back: str
    confirmed: bool

    @classmethod
    def read(cls, values: MultiMapping[object]) -> Wish:
        """Take the fields of a form.

        Raises:
            errors.BadInput: it is none of ours.
        """
        action = _ACTION.match(str(values.get("do", "")))
        if action is None:
            raise errors.BadInput("This form asks for nothing that can be done.", remedy="Reload the page.")
        ticked = [str(value) for value in values.getall("job", ())]
        return cls(
            verb=action[1],
            job_ids=(action[2],) if action[2] else tuple(dict.fromkeys(ticked))[: records.PAGE],
            back=way_back(str(values.get("back", ""))),
            confirmed=values.get("confirmed") == "yes",
        )


def way_back(address: str) -> str:
    """The page a form came from; the queue where it names none of ours."""
    return address if _BACK.match(address) else "/queue"


async def act(request: web.Request) -> web.Response:
    """Do it and lead back to where the form was; a cancel is asked about once more."""
    services, wish = request.config_dict[SERVICES], Wish.read(await request.post())
    if wish.verb == "cancel" and wish.job_ids and not wish.confirmed:
        context = {"wish": wish, "jobs": await _jobs(services, wish.job_ids)}
        return rendering.page(request, "confirm.html", context)
    done = await _each(services, wish)
    result = f"notice={_PAST[wish.verb]}.{done}.{len(wish.job_ids) - done}"
    raise web.HTTPSeeOther(f"{wish.back}{'&' if '?' in wish.back else '?'}{result}")


async def _jobs(services: Services, job_ids: Sequence[str]) -> list[Job]:
    return await services.ledger.read(lambda tx: [records.get(tx, job_id) for job_id in job_ids])


async def _each(services: Services, wish: Wish) -> int:
    """How many it could be done for; the only one's reason is shown, of several the rest goes on."""
    act_on = {"retry": actions.retry, "cancel": actions.cancel}[wish.verb]
    if len(wish.job_ids) == 1:
        await act_on(services, wish.job_ids[0], BROWSER)
        return 1
    done = 0
    for job_id in wish.job_ids:
        try:
            await act_on(services, job_id, BROWSER)
            done += 1
        except (errors.Conflict, errors.NotFound, errors.TryAgain):
            continue
    return done
