"""`jca up`: every part on one machine, as child processes of one supervisor."""
