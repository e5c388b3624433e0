"""The gateway: user interface, JSON API and cluster API over one ledger."""
