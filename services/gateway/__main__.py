"""`python -m services.gateway`."""

import sys

from services.gateway.bootstrap import build
from services.gateway.settings import GatewaySettings
from shared.rpc.process import run_service

if __name__ == "__main__":
    sys.exit(run_service("gateway", GatewaySettings, build))
