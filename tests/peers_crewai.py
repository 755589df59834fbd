"""A project as CrewAI does it, in an environment of its own: run by tests/eval_peers.py.

    python tests/peers_crewai.py BASE_URL MODEL TASKS

A planner agent first, two workers, tasks written by hand, the default context: each task gets
all that was written before it.
"""

import os
import sys

os.environ["CREWAI_DISABLE_TELEMETRY"] = "true"
os.environ["OTEL_SDK_DISABLED"] = "true"
os.environ["CREWAI_TRACING_ENABLED"] = "false"

from crewai import LLM, Agent, Crew, Process, Task

GOAL = "Create a bodybuilding training program"
PARTS = (
    "warm-up", "squat", "bench press", "deadlift", "row", "overhead press", "pull-up", "rest days",
    "meals", "sleep", "arms", "calves", "core", "weekly volume", "deload", "test day",
)  # fmt: skip


def main() -> None:
    base_url, model, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    llm = LLM(model=f"openai/{model}", base_url=base_url, api_key="none-needed", max_tokens=200)
    planner = Agent(role="Planner", goal=GOAL, backstory="You plan the work.", llm=llm)
    workers = [
        Agent(role=role, goal=GOAL, backstory=f"You are a {role}.", llm=llm)
        for role in ("Strength coach", "Sports dietitian")
    ]
    tasks = [
        Task(
            description=f"Plan the work for: {GOAL}", expected_output="A short plan", agent=planner
        )
    ]
    tasks += [
        Task(
            description=f"Lay out the {PARTS[n]}", expected_output=f"A sheet for the {PARTS[n]}",
            agent=workers[n % 2],
        )
        for n in range(count)
    ]  # fmt: skip
    crew = Crew(agents=[planner, *workers], tasks=tasks, process=Process.sequential, verbose=False)
    crew.kickoff()


if __name__ == "__main__":
    main()
