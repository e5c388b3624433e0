"""The outbound side of trackers: pull requests and reports."""
