"""A project as one HTML page that opens from disk, without a network and without a script."""

from shared.cli.page.document import project_page

__all__ = ["project_page"]
