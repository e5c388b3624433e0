"""A Jira on loopback: issues, workflow, comments, people, webhooks, and faults at will; as Cloud or as Data Center."""
