"""Alembic's entry: migrates the connection that the gateway hands over."""

from alembic import context

from services.gateway.books.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
