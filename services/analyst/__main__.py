"""`python -m services.analyst`."""

import sys

from services.analyst.bootstrap import build
from services.analyst.settings import AnalystSettings
from shared.rpc.process import run_service

if __name__ == "__main__":
    sys.exit(run_service("analyst", AnalystSettings, build))
