"""Where foreign code lives: mirrors, checkouts, and the walls around every command and file access."""
