"""What is cut out of a text is whole words, in any case and composition."""

from __future__ import annotations

import pytest

from shared.context.gaps import with_gaps


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("Set a KPI and some KPIs", ["KPI", "KPIs"], "Set a … and some …"),
        ("Spread the load, heroine's lead", ["ad", "ROI", "lead"], "Spread the load, heroine's …"),
        ("Lead generation by lead generation", ["lead generation"], "… by …"),
        ("A fide\u0301lisation", ["fid\u00e9lisation"], "A …"),
        ("a+b and a", ["a+b"], "… and a"),
        ("nothing foreign", [], "nothing foreign"),
        ("Make sure it is clear to us", ["IT", "US"], "Make sure it is clear to us"),
        ("A fidélisation", ["fide\u0301lisation"], "A …"),
    ],
)
def test_whole_words_are_cut_out(text: str, words: list[str], told: str) -> None:
    assert with_gaps(text, words) == told
