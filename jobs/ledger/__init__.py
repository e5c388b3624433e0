"""The record of what was promised and what became of it. SQL lives here and nowhere else.

`database.Ledger` opens transactions; the other modules are verbs over one: `records.insert(tx, job)`.
"""
