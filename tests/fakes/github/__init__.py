"""A GitHub that keeps state: the wire of the endpoints JCA uses, faults on demand, and signed webhooks of what happens.

Its answers have the fields and words of https://docs.github.com/en/rest; git itself is not served.
"""
