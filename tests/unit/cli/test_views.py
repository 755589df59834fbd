"""What people read: complete, in any width, and nothing of it steers the terminal."""

from __future__ import annotations

import csv
import io
import json

import pytest
from attune.director.v1 import director_pb2
from attune.domain.v1 import domain_pb2
from attune.gateway.v1 import gateway_pb2
from google.protobuf import json_format
from rich.cells import cell_len

from shared.cli.classify_view import print_profile, print_row
from shared.cli.field_view import percent
from shared.cli.output import json_text
from shared.cli.plan_view import print_plan
from shared.cli.spend_csv import csv_text
from shared.cli.spend_view import amount_text, print_spend

EVIL = "\x1b]0;owned\x07[bold]x[/bold]\r\u202e\x9b2J:bomb:"


def plan(text: str = "squat") -> director_pb2.Plan:
    made = director_pb2.Plan(project_id=f"p {text}", goal=f"goal {text}", degraded=[f"note {text}"])
    made.profile.domain = made.profile.label = f"field {text}"
    made.profile.confidence = 0.87
    made.team.add(name=f"role {text}", responsibility=f"resp {text}", skills=[f"skill {text}"])
    made.tasks.add(
        id="t1", title=f"title {text}", description=f"desc {text}", role=f"role {text}",
        depends_on=["t0"], acceptance_criteria=[f"crit {text}"], deliverable=f"deliv {text}",
    )  # fmt: skip
    made.accounting.calls = 1
    made.accounting.cost.status = gateway_pb2.COST_STATUS_UNPRICED
    return made


@pytest.mark.parametrize("width", [40, 80, 140])
def test_a_plan_has_everything_in_it_at_any_width(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    print_plan(plan(), [])
    lines = capsys.readouterr().out.splitlines()
    text = " ".join(" ".join(lines).split())
    for name in ("p", "goal", "note", "field", "role", "resp", "skill", "title", "crit", "deliv"):
        assert f"{name} squat" in text
    for more in ("87% sure", "after t0", "Done when", "unknown (no price"):
        assert more in text
    assert max(map(len, lines)) <= width
    assert not [line for line in lines if line != line.rstrip()]
    assert "\x1b" not in text


@pytest.mark.parametrize("text", ["力量训练" * 12, "تدريب القوة " * 6, "a" * 300])
def test_long_and_wide_text_is_folded_and_not_cut(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_plan(plan(text), [])
    shown = capsys.readouterr().out
    assert max(map(cell_len, shown.splitlines())) <= 80
    assert shown.replace("\n", "").replace(" ", "").count(text.replace(" ", "")[-3:]) >= 6


def test_text_of_a_model_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_plan(plan(EVIL), [])
    profile = domain_pb2.DomainProfile(domain=EVIL, label=EVIL, language=EVIL, vocabulary=[EVIL])
    print_profile(domain_pb2.ClassifyDomainResponse(profile=profile, degraded=[EVIL]), [EVIL])
    print_row(profile, EVIL)
    books = gateway_pb2.GetSpendResponse(rows=[gateway_pb2.SpendRow(project_id=EVIL)])
    books.total.calls = 1
    print_spend(books, ["project"])
    shown = capsys.readouterr().out
    assert not set("\x1b\x07\x9b\r\u202e") & set(shown)
    assert "[bold]x[/bold]" in shown
    assert ":bomb:" in shown


def test_json_reads_back_as_the_same_message_with_defaults_in_it() -> None:
    made = plan(EVIL)
    text = json_text(made)
    assert json_format.Parse(text, director_pb2.Plan()) == made
    read = json.loads(text)
    assert read["accounting"]["replayed_calls"] == "0"
    assert read["profile"]["vocabulary"] == []
    assert not set("\x1b\x07\x9b\u202e") & set(text)


def test_json_keeps_letters_of_any_script_and_fits_one_line_when_asked() -> None:
    profile = domain_pb2.DomainProfile(label="力量训练\n")
    text = json_text(profile, indent=None)
    assert "力量训练" in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (0.001, "less than 1%"), (0.87, "87%"), (0.9961, "more than 99%"), (1, "100%")],
)
def test_only_certainty_is_100_percent(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_goal_without_a_field_is_said_to_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    profile = domain_pb2.DomainProfile(domain="unknown", label="Unknown", confidence=0.1)
    print_profile(domain_pb2.ClassifyDomainResponse(profile=profile), [])
    assert capsys.readouterr().out.startswith("No field was found in the goal\n10% sure\n")


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (gateway_pb2.Cost(nano_usd=1, status=gateway_pb2.COST_STATUS_EXACT), "$0.000000001"),
        (gateway_pb2.Cost(unpriced_calls=2), "2 of unknown cost"),
        (gateway_pb2.Cost(nano_usd=10**7, unpriced_calls=1), "$0.01 + 1 of unknown cost"),
        (gateway_pb2.Cost(), "unknown"),
    ],
)
def test_the_books_never_show_an_unknown_amount_as_0(cost: gateway_pb2.Cost, text: str) -> None:
    assert amount_text(cost) == text


def books_of(*keys: str, amounts: tuple[int, ...]) -> gateway_pb2.GetSpendResponse:
    """Books with a row of one call for each model."""
    made = gateway_pb2.GetSpendResponse()
    for model, nano_usd in zip(keys, amounts, strict=True):
        row = made.rows.add(model=model, served_by=gateway_pb2.SERVED_BY_REAL, calls=1)
        row.cost.nano_usd = nano_usd
    made.total.calls, made.total.cost.nano_usd = len(keys), sum(amounts)
    return made


def test_books_are_a_table_with_aligned_money_and_a_total(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_spend(books_of("a", "b", amounts=(1_500_000, 20_000_000)), ["model", "served_by"])
    lines = [line.rstrip("█ ").split() for line in capsys.readouterr().out.splitlines()]
    assert ["a", "real", "1", "0", "0", "$0.0015"] in [line[:6] for line in lines]
    assert ["b", "real", "1", "0", "0", "$0.0200"] in lines
    assert ["Total", "2", "0", "0", "$0.0215"] in lines


def test_bars_of_a_table_are_as_long_as_what_was_spent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_spend(books_of("a", "b", "c", amounts=(40_000, 20_000, 0)), ["model"])
    bars = {line.split()[0]: line.count("█") for line in capsys.readouterr().out.splitlines()[2:5]}
    assert bars == {"a": 20, "b": 10, "c": 0}


def test_bars_show_what_mocked_calls_would_have_cost(capsys: pytest.CaptureFixture[str]) -> None:
    books = books_of("a", "b", amounts=(0, 0))
    books.rows[0].cost.shadow_nano_usd, books.rows[1].cost.shadow_nano_usd = 400, 100
    print_spend(books, ["model"])
    assert [line.count("█") for line in capsys.readouterr().out.splitlines()[2:4]] == [20, 5]


def test_csv_has_whole_amounts_and_nothing_where_none_is_known() -> None:
    books = books_of("a,b", "c", amounts=(40_000, 7))
    books.rows[0].costs.add(status=gateway_pb2.COST_STATUS_AT_MOST, calls=1, nano_usd=30_000)
    books.rows[1].cost.ClearField("nano_usd")
    books.rows[1].cost.unpriced_calls = 1
    first, second = csv.DictReader(io.StringIO(csv_text(books, ["model", "served_by"])))
    assert (first["model"], first["served_by"], first["calls"]) == ("a,b", "real", "1")
    assert (first["nano_usd"], first["at_most_nano_usd"]) == ("40000", "30000")
    assert (second["nano_usd"], second["unpriced_calls"]) == ("", "1")
    (total,) = csv.DictReader(io.StringIO(csv_text(books, [])))
    assert (total["calls"], total["nano_usd"]) == ("2", "40007")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", EVIL])
def test_a_name_in_csv_is_no_formula_and_steers_nothing(name: str) -> None:
    text = csv_text(books_of(name, amounts=(1,)), ["model"])
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["model"][0] not in "=+-@"
    assert not set("\x1b\x07\x9b\u202e") & set(text)


def test_empty_books_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_spend(gateway_pb2.GetSpendResponse(), [])
    assert capsys.readouterr().out == "The books hold no such calls: nothing was spent.\n"


def test_books_in_all_say_how_calls_ended(capsys: pytest.CaptureFixture[str]) -> None:
    books = gateway_pb2.GetSpendResponse()
    books.total.calls, books.total.replays = 4, 2
    books.total.call_counts.settled, books.total.call_counts.lost = 3, 1
    books.total.cost.nano_usd = 1_700_000
    books.total.costs.add(status=gateway_pb2.COST_STATUS_EXACT, calls=3, nano_usd=500_000)
    books.total.costs.add(status=gateway_pb2.COST_STATUS_AT_MOST, calls=1, nano_usd=1_200_000)
    print_spend(books, [])
    text = " ".join(capsys.readouterr().out.split())
    assert "Spent $0.0017 (of it $0.0012 at most, for a call cut off before the end)" in text
    assert "4 (3 answered, 1 lost, counted at the most they can have cost)" in text
    assert "2 answers given again at no cost" in text
