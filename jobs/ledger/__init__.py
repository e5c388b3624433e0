"""The record of what was promised and what became of it. SQL lives here and nowhere else.

`database.Ledger` runs transactions; the other modules hold verbs over one, plain functions that take it first:
`await ledger.write(records.save, job, who="triage")`.
"""
