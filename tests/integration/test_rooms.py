"""The rooms keep apart: only the gateway knows a provider, and nobody else can."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WITHOUT_SDK = """
import sys, pkgutil, importlib
sys.modules["openai"] = None  # importing it fails, as where it is not installed
broken = []
for root in ("services", "shared"):
    package = importlib.import_module(root)
    for module in pkgutil.walk_packages(package.__path__, root + "."):
        if module.name.endswith("__main__") or ".migrations" in module.name:
            continue
        try:
            importlib.import_module(module.name)
        except ImportError:
            broken.append(module.name)
print(*broken)
"""


def test_without_the_sdk_only_the_gateways_provider_breaks() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_SDK], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert ran.stdout.split() == ["services.gateway.provider.openai_provider"]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        capture_output=True, text=True, check=False, cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("room", "planted"),
    [
        (None, ""),
        ("services/analyst/servicer.py", "import openai"),
        ("shared/structured/ask.py", "import openai"),
        ("services/gateway/servicer.py", "import openai"),
        ("services/director/planner.py", "import sqlalchemy"),
        ("services/director/planner.py", "import services.domain.servicer"),
        ("shared/rpc/errors.py", "import shared.context.prompt"),
    ],
)
def test_an_import_across_the_rules_fails_the_gate(
    room: str | None, planted: str, tmp_path: Path
) -> None:
    for name in ("services", "shared", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    if room:
        path = tmp_path / room
        path.write_text(f"{path.read_text()}\n{planted}\n")
    ran = lint_imports(tmp_path)
    assert ran.returncode == (1 if room else 0), ran.stdout[-2000:]
