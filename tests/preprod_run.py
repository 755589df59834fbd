"""`make preprod`: the pre-production run on the model that OPENAI_API_KEY is for, or without a
key on a small real model that is started here.

What is not known here goes to `attune preprod` as it is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime

from real.small_model import serving_small_model
from running_system import ATTUNE

SIDE_BY_SIDE = 2
"""Trials at a time, and answers that the small model writes at a time: one for each core."""
SMALL = {
    "ATTUNE_ENVIRONMENT": "preprod",
    "USE_MOCK_AI_PROVIDER": "false",
    "ATTUNE_DELIVERABLE_TOKENS": "300",
}
"""A deliverable of more tokens is more than so small a model can keep together."""


def main(arguments: list[str]) -> int:
    if os.environ.get("OPENAI_API_KEY"):
        variables = {name: SMALL[name] for name in ("ATTUNE_ENVIRONMENT", "USE_MOCK_AI_PROVIDER")}
        return run(arguments, variables)
    sys.stderr.write("OPENAI_API_KEY is not set: a small real model is asked, for nothing\n")
    with serving_small_model(SIDE_BY_SIDE) as model:
        metrics = model["OPENAI_BASE_URL"].replace("/v1", "/metrics")
        own = ["--gates", "small-model", "--provider-metrics", metrics, "--yes"]
        own += ["--parallel", str(SIDE_BY_SIDE)]
        return run([*own, *arguments], SMALL | model)


def run(arguments: list[str], variables: dict[str, str]) -> int:
    # Books of its own, unless variables name others: a strict environment shares them with no
    # other, and books that have seen a goal do not ask for its field again.
    books = f"sqlite:///.attune/preprod/books-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    own = {
        "ATTUNE_DATABASE_URL": f"{books}/gateway.db",
        "ATTUNE_PROJECTS_DATABASE_URL": f"{books}/projects.db",
    }
    command = [str(ATTUNE), "preprod", *arguments]
    return subprocess.run(command, env=own | os.environ | variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
