"""The mock answers in the language of the goal, or in the one it is told to write in."""

import pytest
from mock_prompts import prompt, sentence_words, spoken, tasks, words

from services.gateway.mock.glue import GLUES, PLAIN
from services.gateway.mock.language import detect, directed

GOALS = {
    "en": ("Create a bodybuilding training program", "hypertrophy, sets, deload"),
    "it": ("Crea un programma di allenamento per il bodybuilding", "ipertrofia, serie, scarico"),
    "es": ("Organizar una boda para cien invitados", "anillos, mesa de honor, ramo"),
    "de": ("Eine Hochzeit für 80 Gäste planen", "Trauung, Gästeliste, Ringe"),
    "fr": ("Préparer une exposition de photographie", "tirage, cadrage, accrochage"),
    "pt": ("Escrever uma tese sobre pão medieval", "moinho, fermento, arquivo"),
    "nl": ("Een bruiloft plannen voor 80 gasten", "ringen, gastenlijst, taart"),
    "zh": ("制定一个健美训练计划", "肌肉肥大、组数、减载"),
    "ja": ("引っ越しの計画を立てる", "荷造り、転出届、鍵"),
    "ar": ("تنظيم حفل زفاف في الريف", "قائمة الضيوف، الزينة، الدعوات"),
}
SYSTEM = "You divide a goal into tasks for a team.\nWords of this field: {}\nAnswer with JSON."


def said(goal, vocabulary, more=""):
    found = tasks(prompt(f"Goal: {goal}", SYSTEM.format(vocabulary) + more))
    return " ".join(map(spoken, found))


@pytest.mark.parametrize("code", GOALS)
def test_a_goal_of_each_language_gets_sentences_of_that_language(code):
    goal, vocabulary = GOALS[code]
    answer = words(said(goal, vocabulary))
    for other, glue in GLUES.items():
        if other != code:
            foreign = sentence_words(glue) - sentence_words(GLUES[code])
            assert not answer & foreign - words(goal) - words(vocabulary), other


@pytest.mark.parametrize("code", [code for code in GOALS if code != "en"])
def test_an_answer_in_another_language_has_no_english_function_words(code):
    goal, vocabulary = GOALS[code]
    own = sentence_words(GLUES[code]) | words(goal) | words(vocabulary)
    assert not words(said(goal, vocabulary)) & GLUES["en"].function_words - own


@pytest.mark.parametrize("code", GOALS)
def test_the_terms_of_each_language_are_used_as_they_are(code):
    goal, vocabulary = GOALS[code]
    answer = said(goal, vocabulary).casefold()
    terms = [
        term.strip().casefold()
        for term in vocabulary.replace("、", ",").replace("،", ",").split(",")
    ]
    assert sum(term in answer for term in terms) >= 2


@pytest.mark.parametrize("code", GOALS)
def test_titles_and_criteria_are_distinct_in_every_language(code):
    goal, vocabulary = GOALS[code]
    found = tasks(prompt(f"Goal: {goal}", SYSTEM.format(vocabulary)))
    titles = [task["title"].casefold() for task in found]
    assert len(set(titles)) == len(titles) >= 4
    for task in found:
        assert len(set(task["acceptance_criteria"])) == len(task["acceptance_criteria"])


@pytest.mark.parametrize(
    ("instruction", "code"),
    [
        ("Write in German.", "de"),
        ("Answer in Italian.", "it"),
        ("Write in Chinese (simplified).", "zh"),
        ("Language: pt-BR", "pt"),
        ("Antworte auf Deutsch.", "de"),
        ("用日语回答", "ja"),
        ("Escribe en español.", "es"),
    ],
)
def test_an_instruction_to_write_in_a_language_is_followed(instruction, code):
    goal, vocabulary = GOALS["en"]
    answer = words(said(goal, vocabulary, f"\n{instruction}"))
    if code in {"zh", "ja"}:
        assert any(len(word) > 1 and not word.isascii() for word in answer)
    else:
        assert len(answer & sentence_words(GLUES[code])) > 10


def test_a_goal_about_writing_in_a_language_is_no_instruction():
    found = tasks(prompt("Goal: Learn to write in Japanese"))
    assert "Japanese" in found[0]["title"]
    assert all(spoken(task).isascii() for task in found)


def test_a_language_without_sentences_of_its_own_gets_no_foreign_ones():
    found = tasks(prompt("Goal: Написать диссертацию о средневековом хлебе"))
    answer = words(" ".join(map(spoken, found)))
    assert "хлебе" in answer
    assert not answer & sentence_words(GLUES["en"])
    assert directed(["Write in Swedish."]) is PLAIN


@pytest.mark.parametrize("code", GOALS)
def test_a_language_is_told_from_a_short_goal(code):
    assert detect(GOALS[code][0], GLUES["en"]).code == code
