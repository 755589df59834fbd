"""`python -m services.director`."""

import sys

from services.director.bootstrap import build
from services.director.settings import DirectorSettings
from shared.rpc.process import run_service

if __name__ == "__main__":
    sys.exit(run_service("director", DirectorSettings, build))
