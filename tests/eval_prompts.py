"""Counts what a plan's prompts cost in input tokens: `make eval-prompts`.

The mock answers over HTTP, so that what is counted is what goes over the wire to a provider:
messages with a chat's form around them, and the schema of the answer. Counted with o200k_base,
the tokenizer that OpenAI published last. `--print` prints the prompts of the first plan.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import quicktok
from attune.director.v1 import director_pb2 as pb
from attune.director.v1.director_pb2_grpc import DirectorServiceStub
from mock_over_http import MockServer, mock_over_http
from rich.console import Console
from rich.table import Table
from running_system import running_system

TASKS = 8
MOST_CALLS, MOST_TOKENS = 4, 2_500
PER_MESSAGE, PER_REPLY = 3, 3
"""Tokens of a chat's form, as OpenAI's cookbook counts them."""

GOALS = {
    "en": "Create a bodybuilding training program",
    "de": "Die Orgel unserer Kirche stimmen und warten",
    "fr": "Restaurer les volets en bois d'une maison de campagne",
    "it": "Organizzare la vendemmia in un piccolo vigneto",
    "es": "Preparar un coro escolar para el concierto de verano",
    "pt": "Montar uma horta orgânica no quintal",
    "nl": "Een oude zeilboot klaarmaken voor de zomer",
    "zh": "为社区老人开设太极拳课程",
    "ja": "初心者向けの陶芸教室を準備する",
    "ar": "إعداد خطة لتربية النحل في مزرعة صغيرة",
}


@dataclass(frozen=True)
class Counted:
    """Input tokens of one call."""

    purpose: str
    messages: int
    schema: int

    @property
    def tokens(self) -> int:
        return self.messages + self.schema


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--print", action="store_true", dest="shown")
    wanted = arguments.parse_args()
    plans: dict[str, list[Counted]] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        mock_over_http() as mock,
        running_system(Path(folder), **mock.variables) as system,
        grpc.insecure_channel(system.targets["director"]) as channel,
    ):
        director = DirectorServiceStub(channel)
        for language, goal in GOALS.items():
            plans[language] = plan(director, mock, goal)
            if wanted.shown and language == "en":
                print_bodies(mock.bodies)
    sys.exit(0 if print_plans(plans) else 1)


def plan(director: DirectorServiceStub, mock: MockServer, goal: str) -> list[Counted]:
    """The calls of one plan."""
    before = len(mock.bodies)
    request = pb.CreatePlanRequest(goal=goal, constraints=pb.PlanConstraints(max_tasks=TASKS))
    made = director.CreatePlan(request, timeout=120).plan
    bodies = mock.bodies[before:]
    assert made.accounting.calls == len(bodies)
    return [counted(body) for body in bodies]


def counted(body: dict[str, Any]) -> Counted:
    encoding = quicktok.get_encoding("o200k_base")
    form = body.get("response_format", {}).get("json_schema", {})
    messages = PER_REPLY + sum(
        PER_MESSAGE + len(encoding.encode_ordinary(message["role"] + message["content"]))
        for message in body["messages"]
    )
    schema = json.dumps(form.get("schema", {}), separators=(",", ":"), ensure_ascii=False)
    return Counted(_purpose(form), messages, len(encoding.encode_ordinary(schema)))


def _purpose(form: dict[str, Any]) -> str:
    properties = form["schema"]["properties"]
    if "field" in properties:
        return "classify_domain"
    if "roles" in properties:
        return "propose_team"
    task = properties["tasks"]["items"]["properties"]
    return "analyze_goal" if "role" in task else "reword_tasks"


def print_plans(plans: dict[str, list[Counted]]) -> bool:
    """A row per plan and call; whether every plan keeps within the limits."""
    table = Table(title=f"Input tokens of a plan of {TASKS} tasks", title_justify="left")
    for heading in ("language", "calls", "classify_domain", "propose_team", "analyze_goal",
                    "reword_tasks", "of these schemas", "input tokens"):  # fmt: skip
        table.add_column(heading, justify="right")
    met = True
    for language, calls in plans.items():
        by_purpose: defaultdict[str, int] = defaultdict(int)
        for call in calls:
            by_purpose[call.purpose] += call.tokens
        total = sum(by_purpose.values())
        met &= len(calls) <= MOST_CALLS and total < MOST_TOKENS
        table.add_row(
            language, str(len(calls)),
            *(str(by_purpose[p] or "-") for p in ("classify_domain", "propose_team",
                                                  "analyze_goal", "reword_tasks")),
            str(sum(call.schema for call in calls)), str(total),
        )  # fmt: skip
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    print(
        f"Reach: at most {MOST_CALLS} calls, under {MOST_TOKENS} tokens: {'met' if met else 'NOT MET'}"
    )
    return met


def print_bodies(bodies: list[dict[str, Any]]) -> None:
    for body in bodies:
        for message in body["messages"]:
            print(f"--- {message['role']}\n{message['content']}")
        print(f"--- schema\n{json.dumps(body['response_format']['json_schema']['schema'])}\n")


if __name__ == "__main__":
    main()
