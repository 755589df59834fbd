"""The mock's own tables hold no word of business, nor of any other field."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from mock_prompts import glue_texts, words

from services.gateway import mock
from services.gateway.mock.glue import GLUES, PLAIN
from services.gateway.mock.glue import words as listed

BUSINESS = listed(
    # English
    "kpi kpis roi stakeholder stakeholders milestone milestones strategy strategic market markets"
    " marketing campaign campaigns budget budgets client clients leverage roadmap revenue brand"
    " branding lead leads customer customers sales profit funnel conversion onboarding synergy"
    " scalable benchmark invoice investor startup enterprise business company product products"
    # German, Dutch
    " strategie markt kampagne kunde kunden umsatz vertrieb gewinn unternehmen meilenstein"
    " campagne klant klanten omzet winst bedrijf mijlpaal begroting"
    # Italian, Spanish, Portuguese, French
    " strategia mercato campagna cliente clienti clientes fatturato azienda vendite estrategia"
    " mercado campaña presupuesto ventas empresa ingresos estratégia campanha orçamento vendas"
    " receita stratégie marché clients entreprise ventes chiffre"
    # Chinese, Japanese, Arabic
    " 战略 市场 客户 预算 营销 销售 品牌 戦略 市場 顧客 予算 営業 استراتيجية السوق العميل الميزانية المبيعات"
)
OTHER_FIELDS = listed(
    "workout muscle recipe oven patient diagnosis lesson homework software database server lawsuit"
    " contract verse chord flower soil wedding goal match player engine valve training übung rezept"
    " ricetta receta recette muscolo músculo"
)


def planted(glue, foreign):
    """The foreign words in a language's table; in scripts without spaces, anywhere in it."""
    text = "\n".join(glue_texts(glue))
    unspaced = {word for word in foreign if not word[0].isascii() and word in text and word > "ア"}
    return (words(text) & foreign) | unspaced


@pytest.mark.parametrize("glue", [*GLUES.values(), PLAIN], ids=[*GLUES, "plain"])
def test_no_language_table_has_a_word_of_business_or_another_field(glue):
    assert not planted(glue, BUSINESS)
    assert not planted(glue, OTHER_FIELDS)


@pytest.mark.parametrize(
    ("code", "sentence", "found"),
    [
        ("en", "Manager of the {t} campaign", "campaign"),
        ("de", "Umsatz mit {t} steigern", "umsatz"),
        ("zh", "{t}的市场负责人", "市场"),
    ],
)
def test_a_planted_word_is_found(code, sentence, found):
    glue = GLUES[code]
    assert planted(replace(glue, people=(*glue.people, sentence)), BUSINESS) == {found}
    work = replace(glue.check, criteria=(*glue.check.criteria, sentence))
    assert planted(replace(glue, check=work), BUSINESS) == {found}


def test_no_text_anywhere_in_the_mock_is_of_business():
    for path in Path(mock.__file__).parent.rglob("*.py"):
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        parts = [
            part
            for node in tree
            if not isinstance(node, ast.Expr)
            for part in ast.iter_child_nodes(node)
        ]
        texts = [part.value for part in parts if isinstance(part, ast.Constant)]
        for text in texts:
            assert not isinstance(text, str) or not words(text) & BUSINESS, (path.name, text)


@pytest.mark.parametrize("glue", GLUES.values(), ids=GLUES)
def test_every_kind_of_work_can_be_put_about_the_goal_and_about_a_term(glue):
    for work in glue.works():
        for templates in (work.titles, work.descriptions, work.criteria, work.deliverables):
            assert any("{g}" in text and "{t}" not in text for text in templates), templates
            assert any("{t}" in text for text in templates), templates
            for text in templates:
                assert text.format(t="", g="").strip(), templates
