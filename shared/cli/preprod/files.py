"""What a run leaves behind: log, cassette, report as page, JSON and JUnit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attune.gateway.v1 import gateway_pb2

from shared.cassette import write_cassette
from shared.cli.exits import ExitCode, Stop
from shared.cli.preprod.page import report_page
from shared.preprod.junit import junit_xml
from shared.preprod.report import Report

RUNS = Path(".attune/preprod")
"""Where the folders of runs are, unless --out names one."""
LOG, CASSETTE = "production_e2e_test.log", "cassette.jsonl"
PAGE, JSON, JUNIT = "report.html", "report.json", "junit.xml"


def write_run(
    folder: Path, report: Report, calls: Sequence[gateway_pb2.RecordedCall]
) -> dict[str, Path]:
    """Writes all but the log, which is there already. Raises Stop."""
    files = {
        "Report": folder / PAGE, "As JSON": folder / JSON, "JUnit": folder / JUNIT,
        "Log": folder / LOG, "Cassette": folder / CASSETTE,
    }  # fmt: skip
    try:
        (folder / JSON).write_text(f"{report.model_dump_json(indent=1)}\n", "utf-8")
        (folder / JUNIT).write_text(junit_xml(report), "utf-8")
        write_cassette(folder / CASSETTE, calls)
        (folder / PAGE).write_text(report_page(report), "utf-8")
    except OSError as error:
        raise Stop(
            ExitCode.CONFIGURATION,
            f"cannot write {error.filename or folder}: {error.strerror}",
            todo="make room, or name another folder with --out",
        ) from error
    return files
