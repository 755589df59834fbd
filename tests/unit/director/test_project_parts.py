"""The parts of a project that decide by themselves: events, handovers, caps, what is stored."""

from __future__ import annotations

import asyncio
import json

import pytest
from attune.analyst.v1 import analyst_pb2
from attune.director.v1 import director_pb2 as pb
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2
from hypothesis import given
from hypothesis import strategies as st

from services.director.projects.caps import MOST_CALLS_OF_A_STEP, Caps, Limits
from services.director.projects.events import EventLog, entry_of
from services.director.projects.given import fingerprint
from services.director.projects.handover import BYTES_PER_TOKEN, CUT, handed_over
from services.director.projects.stored import JsonSerializer, RecordedFault, packed, unpacked
from shared.rpc.errors import ResourceExhausted

KEYS = st.integers(0, 30).map(str)


def an_event(key: str) -> pb.ProjectEvent:
    return pb.ProjectEvent(task_started=key)


@given(st.lists(st.lists(KEYS, max_size=5), max_size=12))
def test_an_event_counts_once_however_often_it_is_written(entries: list[list[str]]) -> None:
    log = EventLog()
    for entry in entries:
        log.add_entry(entry_of([(key, an_event(key)) for key in entry]))
    first_of_each = list(dict.fromkeys(key for entry in entries for key in entry))
    assert [event.task_started for event in log.events] == first_of_each
    assert [event.sequence for event in log.events] == list(range(1, len(first_of_each) + 1))


@given(st.lists(KEYS, unique=True, max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_who_waits_gets_every_event_after_a_number(keys: list[str], after: int, there: int) -> None:
    async def run() -> list[str]:
        log = EventLog()
        log.add([(key, an_event(key)) for key in keys[:there]])
        waiting = asyncio.ensure_future(collect(log))
        await asyncio.sleep(0)
        for key in keys[there:]:
            log.add([(key, an_event(key))])
            await asyncio.sleep(0)
        log.close()
        return await waiting

    async def collect(log: EventLog) -> list[str]:
        return [event.task_started async for event in log.after(after)]

    assert asyncio.run(run()) == keys[after:]


def test_nothing_comes_after_the_last_event() -> None:
    log = EventLog()
    log.add([("end", pb.ProjectEvent(project_finished=pb.ProjectFinished(tasks_done=1)))])
    log.add([("late", an_event("late"))])
    assert log.ended
    assert len(log.events) == 1


TEXTS = st.lists(st.text(min_size=1, max_size=400), min_size=1, max_size=6)


@given(TEXTS, st.integers(10, 400))
def test_what_is_handed_over_keeps_its_budget_and_leaves_nothing_out(
    texts: list[str], tokens: int
) -> None:
    names = [f"d{number}" for number in range(len(texts))]
    task = analyst_pb2.Task(id="t", depends_on=names[1:])
    done = {
        name: analyst_pb2.Deliverable(task_id=name, markdown=text)
        for name, text in zip(names, texts, strict=True)
    }
    known = [domain_pb2.ContextItem(name="d0", text=texts[0])]
    told = handed_over(task, known, done, {name: name for name in names}, tokens)
    assert [item.name for item in told] == names
    budget = tokens * BYTES_PER_TOKEN
    sizes = [len(item.text.encode()) for item in told]
    assert sum(sizes) <= budget + len(texts) * len(CUT.encode())
    if sum(len(text.encode()) for text in texts) <= budget:
        assert [item.text for item in told] == texts
    for item, text in zip(told, texts, strict=True):
        assert item.text == text or item.text.endswith(CUT)
        assert text.startswith(item.text.removesuffix(CUT).rstrip())


def test_short_texts_are_whole_and_long_ones_share_the_rest() -> None:
    task = analyst_pb2.Task(id="t", depends_on=["a", "b"])
    done = {name: analyst_pb2.Deliverable(markdown="word " * 400) for name in "ab"}
    known = [domain_pb2.ContextItem(name="short", text="It has no steam.")]
    told = handed_over(task, known, done, {"a": "A", "b": "B"}, 100)
    assert told[0].text == "It has no steam."
    assert len(told[1].text) == len(told[2].text)


@given(st.integers(4, 40), st.lists(st.integers(0, 4), max_size=20))
def test_no_step_begins_that_could_pass_the_cap(most: int, takes: list[int]) -> None:
    caps, taken = Caps(Limits(calls=most)), 0
    for number, calls in enumerate(takes):
        try:
            caps.begin(f"{number}")
        except ResourceExhausted as error:
            assert error.reason == "CALLS_EXHAUSTED"
            assert taken + MOST_CALLS_OF_A_STEP > most
            continue
        caps.end(f"{number}", "t", gateway_pb2.Accounting(calls=calls))
        taken += calls
    assert taken <= most


def test_steps_under_way_are_held_at_the_most_they_may_take() -> None:
    caps = Caps(Limits(calls=9))
    caps.begin("1")
    caps.begin("2")
    with pytest.raises(ResourceExhausted):
        caps.begin("3")
    caps.end("1", "t", gateway_pb2.Accounting(calls=1))
    caps.begin("3")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_is_stored_comes_back_as_data_and_never_as_code(value: object) -> None:
    stored = JsonSerializer().serialize(value)
    json.loads(stored)
    assert JsonSerializer().deserialize(stored) == value


def test_an_error_is_stored_as_its_text() -> None:
    stored = JsonSerializer().serialize(ValueError("too long"))
    back = JsonSerializer().deserialize(stored)
    assert isinstance(back, RecordedFault)
    assert str(back) == "ValueError: too long"
    with pytest.raises(TypeError):
        JsonSerializer().serialize(object())


def test_messages_come_back_whole() -> None:
    plan = pb.Plan(goal="Sauerteig für Anfänger", project_id="p")
    assert unpacked(pb.Plan, packed(plan)) == plan


def test_the_same_request_is_known_again_whatever_its_id() -> None:
    def request(project_id: str, goal: str, **more: int) -> pb.StartProjectRequest:
        return pb.StartProjectRequest(
            goal=pb.CreatePlanRequest(goal=goal, project_id=project_id), **more
        )

    mark = fingerprint(request("", "Bake"))
    assert fingerprint(request("p", "Bake")) == mark
    assert fingerprint(request("p", "Bake bread")) != mark
    assert fingerprint(request("p", "Bake", max_parallel_tasks=2)) != mark
