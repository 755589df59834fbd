"""The four services. None imports another; each may import shared and the stubs."""
