"""Jira's outbound side, for Cloud and Data Center: what is read of an issue, what is written to it."""
