"""`python -m worker` is `jca`."""

from worker.cli import main

main()
