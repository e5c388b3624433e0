"""What a customer does not have to pay."""

from shop import rules


def discount(cents, percent):
    """The part of a price that a discount takes off, in cents."""
    return cents * percent // 100


def percent_for(quantity):
    """The discount for buying several of one thing."""
    for minimum, percent in sorted(rules.STEPS.items(), reverse=True):
        if quantity >= minimum:
            return percent
    return 0
