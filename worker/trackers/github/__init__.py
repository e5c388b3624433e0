"""GitHub's outbound side, for github.com and Enterprise Server: what is read of a ticket, what is written to it."""
