"""Amounts of money are whole cents; only a person sees units."""


def parse(text):
    """Read an amount such as "9.99" into cents."""
    units, _, cents = text.partition(".")
    return int(units) * 100 + int(cents.ljust(2, "0")[:2] or 0)


def show(cents):
    """Write cents the way people read them."""
    return f"{cents // 100}.{cents % 100:02d}"
