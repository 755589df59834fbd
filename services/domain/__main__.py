"""`python -m services.domain`."""

import sys

from services.domain.bootstrap import build
from services.domain.settings import DomainSettings
from shared.rpc.process import run_service

if __name__ == "__main__":
    sys.exit(run_service("domain", DomainSettings, build))
