"""`jca demo`: the whole way of a ticket on one machine, with a scripted model that needs no account."""
