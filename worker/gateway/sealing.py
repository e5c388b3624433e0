"""Sealing everything that is stored with the keys that come first now, so that the keys behind them can go."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from jobs import access, sources
from jobs.ledger import audit, configuration
from jobs.ledger.database import Transaction
from jobs.vault import Vault
from worker.gateway.services import Services


class Resealed(BaseModel):
    """How much there was."""

    model_config = ConfigDict(frozen=True)

    sources: int
    """Whose webhook secrets are sealed with the first webhook key now."""
    access: int
    """To trackers, sealed with the first secret key now."""


async def reseal(services: Services, who: str) -> Resealed:
    """Seal every stored secret anew; all of them or, where one does not open, none.

    Raises:
        errors.NotReady: one was sealed with a key that is not here.
    """
    return await services.ledger.write(_reseal, services.vault, services.secret_vault, who)


def _reseal(tx: Transaction, vault: Vault, secret_vault: Vault, who: str) -> Resealed:
    stored, reached = configuration.sources(tx), configuration.access(tx)
    for source in stored:
        configuration.put_source(tx, sources.seal(sources.unseal(source, vault), vault))
    for each in reached:
        configuration.put_access(tx, access.seal(each.name, each.opened(secret_vault), secret_vault))
    done = Resealed(sources=len(stored), access=len(reached))
    audit.note(tx, actor=who, action="secrets.rotate", subject="all", detail=f"{done.sources} + {done.access}")
    return done
