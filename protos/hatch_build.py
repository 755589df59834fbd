"""Makes the `attune` package (stubs and typed client) when the project is installed.

The stubs are generated from the .proto files beside this one and handed to the
wheel, so that the tree holds no generated code and no stub can be out of date.
"""

from __future__ import annotations

import importlib.resources
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CLIENT = '''"""The typed client: `from attune.client import AttuneClient`."""

from shared.rpc.client import AttuneClient
from shared.rpc.errors import AttuneError, RemoteError

__all__ = ["AttuneClient", "AttuneError", "RemoteError"]
'''


def generate(protos: Path, out: Path) -> None:
    """Writes the stubs of every .proto below `protos` and the client into `out`.

    Raises RuntimeError when protoc refuses a file; protoc says why on stderr.
    """
    from grpc_tools import protoc

    files = sorted(str(path) for path in protos.rglob("*.proto"))
    well_known = importlib.resources.files("grpc_tools") / "_proto"
    scripts = Path(sysconfig.get_path("scripts"))
    plugins = []
    for name in ("mypy", "mypy_grpc"):
        # An isolated build has its scripts beside its own interpreter's packages.
        found = [p for p in _script_dirs(scripts) if (p / f"protoc-gen-{name}").exists()]
        if not found:
            raise RuntimeError(f"protoc-gen-{name} not found: install mypy-protobuf")
        plugins.append(f"--plugin=protoc-gen-{name}={found[0] / f'protoc-gen-{name}'}")
    code = protoc.main(
        [
            "protoc",
            f"-I{protos}",
            f"-I{well_known}",
            *plugins,
            f"--python_out={out}",
            f"--grpc_python_out={out}",
            f"--mypy_out={out}",
            f"--mypy_grpc_out={out}",
            *files,
        ]
    )
    if code != 0:
        raise RuntimeError(f"protoc ended with {code}")
    package = out / "attune"
    for folder in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (folder / "__init__.py").write_text('"""Generated from protos/."""\n')
    (package / "py.typed").touch()
    (package / "client.py").write_text(CLIENT)


def _script_dirs(scripts: Path) -> list[Path]:
    beside = [Path(entry).parent.parent.parent / "bin" for entry in sys.path if entry]
    return [scripts, Path(sys.executable).parent, *beside]


class StubsHook(BuildHookInterface[Any]):
    """Hands the generated package to wheels, editable ones included."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before each build of the wheel target."""
        out = Path(tempfile.mkdtemp(prefix="attune-stubs-"))
        generate(Path(self.root) / "protos", out)
        key = "force_include_editable" if version == "editable" else "force_include"
        build_data[key][str(out / "attune")] = "attune"
        self._out = out

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Called after the build: removes the generated files."""
        import shutil

        shutil.rmtree(self._out, ignore_errors=True)
