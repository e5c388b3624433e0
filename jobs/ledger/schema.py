"""Tables. What is searched is a column; the rest of a record is JSON in `record`, so that it can grow."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()
"""Moments are ISO 8601 text in UTC, which sorts as time in both databases."""

_AUTO = BigInteger().with_variant(Integer, "sqlite")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("key", String(256), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("ticket_key", String(256), nullable=False, server_default=""),
    Column("event", String(128), nullable=False),
    Column("actor", String(256), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("job_id", String(26)),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", String(32), nullable=False),
    UniqueConstraint("source", "key", "content_hash"),
    Index("deliveries_received", "received_at"),
    Index(
        "deliveries_ticket",
        "source",
        "ticket_key",
        sqlite_where=text("ticket_key <> ''"),
        postgresql_where=text("ticket_key <> ''"),
    ),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("ticket_key", String(256), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("repository", String(64), nullable=False),
    Column("provider", String(64), nullable=False),
    Column("model", String(128), nullable=False, server_default=""),
    Column("person", String(512), nullable=False, server_default=""),
    Column("run", Integer, nullable=False, server_default="0"),
    Column("pull_request", Text, nullable=False, server_default=""),
    Column("search", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False),
    Index("jobs_status", "status", "id"),
    Index("jobs_ticket", "source", "ticket_key"),
    Index(
        "jobs_pull_request",
        "pull_request",
        sqlite_where=text("pull_request <> ''"),
        postgresql_where=text("pull_request <> ''"),
    ),
)

transitions = Table(
    "transitions",
    metadata,
    Column("id", _AUTO, primary_key=True, autoincrement=True),
    Column("job_id", String(26), nullable=False, index=True),
    Column("status", String(16), nullable=False),
    Column("who", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("at", String(32), nullable=False),
)

stages = Table(
    "stages",
    metadata,
    Column("job_id", String(26), primary_key=True),
    Column("run", Integer, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("ended_at", String(32)),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _AUTO, primary_key=True, autoincrement=True),
    Column("job_id", String(26), nullable=False, index=True),
    Column("effect", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("due_at", String(32), nullable=False),
    UniqueConstraint("job_id", "effect"),
    Index("outbox_due", "state", "due_at"),
)

reports = Table(
    "reports",
    metadata,
    Column("job_id", String(26), primary_key=True),
    Column("body", Text, nullable=False),
    Column("updated_at", String(32), nullable=False),
)

diffs = Table(
    "diffs",
    metadata,
    Column("job_id", String(26), primary_key=True),
    Column("text", Text, nullable=False),
    Column("truncated", Integer, nullable=False),
)

logs = Table(
    "logs",
    metadata,
    Column("job_id", String(26), primary_key=True),
    Column("first_id", String(32), primary_key=True),
    Column("last_id", String(32), nullable=False),
    Column("lines", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _AUTO, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("object", String(256), nullable=False),
    Column("detail", Text, nullable=False),
)

configuration = Table(
    "configuration",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("record", Text, nullable=False),
    Column("updated_at", String(32), nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("token", String(160), primary_key=True),
    Column("job_id", String(26), nullable=False, index=True),
    Column("run", Integer, nullable=False),
    Column("worker", String(128), nullable=False),
    Column("account", String(64), nullable=False),
    Column("model", String(128), nullable=False),
    Column("repository", String(64), nullable=False),
    Column("person", String(512), nullable=False),
    Column("ticket", String(512), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("tokens", BigInteger, nullable=False),
    Column("usd", Float, nullable=False),
    Column("started_at", String(32), nullable=False),
    Column("ended_at", String(32)),
    Index("attempts_started", "started_at"),
    Index("attempts_account", "account", "ended_at"),
    Index("attempts_ticket", "ticket"),
)

holds = Table(
    "holds",
    metadata,
    Column("subject", String(600), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("record", Text, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("ticket_key", String(256), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("comment_id", String(128), nullable=False),
    Column("comment_url", Text, nullable=False),
    Column("comment_hash", String(64), nullable=False),
    Column("created_at", String(32), nullable=False),
    Column("outcome", Text, nullable=False),
    UniqueConstraint("source", "ticket_key", "comment_id"),
    Index("commands_waiting", "id", sqlite_where=text("outcome = ''"), postgresql_where=text("outcome = ''")),
)
