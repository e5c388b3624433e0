"""Adding up what a customer bought."""

from shop.discounts import discount, percent_for
from shop.money import parse, show


class Invoice:
    """Positions and their total."""

    def __init__(self):
        self.positions = []

    def add(self, name, price, quantity=1):
        """Add a number of things at a price such as "9.99" each."""
        full = parse(price) * quantity
        self.positions.append((name, full - discount(full, percent_for(quantity))))

    def total(self):
        """The sum to pay, in cents."""
        return sum(cents for _, cents in self.positions)

    def text(self):
        """The invoice as lines of text."""
        lines = [f"{name:<20}{show(cents):>10}" for name, cents in self.positions]
        return "\n".join([*lines, f"{'Total':<20}{show(self.total()):>10}"])
