"""The four services. None imports another; each may import shared and the stubs."""

import os

# The C core of gRPC writes lines of its own to stderr, among log lines that are JSON; what
# they say is in our errors. It reads this once, when grpc is first imported.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
