"""Numbers the shop's owner decides on."""

STEPS = {3: 5, 10: 15}
"""From how many of one thing on, how many percent are taken off."""
