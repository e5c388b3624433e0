"""Dispatch on Redis and arq: lanes, rules, leases, claims, places, cancelling, and who is there to work.

Redis only dispatches; the ledger is the promise. Everything here can be lost and is then dispatched again.
"""
