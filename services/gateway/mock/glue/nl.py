"""Dutch."""

import re

from services.gateway.mock.glue.form import Glue, Work, words

DUTCH = Glue(
    code="nl",
    names=words(
        "dutch niederländisch olandese neerlandés holandés holandês néerlandais nederlands"
        " 荷兰语 オランダ語 الهولندية nl"
    ),
    function_words=words(
        "de het een deze dit die dat mijn onze ons jouw je jullie zijn haar hun uw elke elk alle"
        " ik jij u hij zij ze wij we mij me hem hen wie wat wanneer waar waarom hoe welke welk"
        " en of maar want omdat als dan dat toen terwijl totdat voordat nadat zodat hoewel"
        " in op aan bij met na naar van uit tot voor over onder door zonder tegen tussen achter"
        " naast sinds per om te is was waren ben bent wordt worden werd heeft hebben had heb kan"
        " kunnen kon zal zullen zou moet moeten mag mogen wil willen graag niet geen ook nog al"
        " zeer meer veel weinig enkele andere iets niets zo er hier daar alstublieft ja nee"
    ),
    work_verbs=words(
        "maak maken schrijf schrijven plan plannen bouw bouwen ontwerp ontwerpen ontwikkel"
        " ontwikkelen organiseer organiseren regel regelen verbeter verbeteren leer leren repareer"
        " repareren vind vinden stel stellen opstellen voorbereiden bereid beschrijf beschrijven"
        " vergelijk vergelijken controleer controleren verzamel verzamelen help helpen geef geven"
        " bepaal bepalen kies kiezen zet zetten opzetten aanleggen inrichten verbouwen renoveren vieren houden kopen oprichten starten creëer creëren uitwerken"
    ),
    determiners=words("de het een mijn onze ons jouw je zijn haar hun uw deze dit"),
    linkers=words("van"),
    continuers=words("van voor met over in op aan bij en uit zonder"),
    particles=words("te"),
    spelling=re.compile(r"ij|aa|uu|oe|sch|cht|ee|eren\b|tje"),
    verb_last=True,
    both="{0} en {1}",
    gather=Work(
        titles=(
            "Verzamelen wat er over {g} bekend is",
            "Verzamelen wat er over {t} bekend is",
        ),
        descriptions=(
            "Verzamel wat er voor {g} al is en noteer wat er nog ontbreekt.",
            "Verzamel wat er over {t} al is en noteer wat er voor {g} nog ontbreekt.",
        ),
        criteria=(
            "Elke open vraag over {g} staat op de lijst.",
            "Elke open vraag over {t} staat op de lijst.",
            "De notities over {t} noemen hun bronnen.",
        ),
        deliverables=("Notities over {g}", "Notities over {t}"),
    ),
    decide=Work(
        titles=("Beslissen wat er voor {g} nodig is", "Beslissen over {t}"),
        descriptions=(
            "Leg vast wat er voor {g} nodig is en wat weg kan blijven, en schrijf op waarom.",
            "Beantwoord elke vraag over {t} zo dat het bij {g} past, en schrijf op waarom.",
        ),
        criteria=(
            "Naast elke beslissing over {g} staat een reden.",
            "Naast elke beslissing over {t} staat een reden.",
            "Geen vraag over {t} blijft open.",
        ),
        deliverables=("Lijst met beslissingen voor {g}", "Lijst met beslissingen over {t}"),
    ),
    describe=Work(
        titles=("Beschrijven hoe {g} eruit moet zien", "{t} stap voor stap beschrijven"),
        descriptions=(
            "Beschrijf in gewone woorden hoe {g} eruit moet zien, stap voor stap.",
            "Leg {t} uit in gewone woorden en zeg wat er voor {g} belangrijk is.",
        ),
        criteria=(
            "De beschrijving van {g} is zonder vragen te volgen.",
            "De beschrijving van {t} is zonder vragen te volgen.",
            "De beschrijving van {t} zegt wat er voor {g} belangrijk is.",
        ),
        deliverables=("Beschrijving van {g}", "Beschrijving van {t}"),
    ),
    compare=Work(
        titles=("Mogelijkheden voor {g} vergelijken", "Mogelijkheden voor {t} vergelijken"),
        descriptions=(
            "Zet minstens twee mogelijkheden voor {g} naast elkaar en zeg welke beter is.",
            "Zet minstens twee mogelijkheden voor {t} naast elkaar en zeg welke beter bij {g} past.",
        ),
        criteria=(
            "Minstens twee mogelijkheden voor {g} zijn vergeleken.",
            "Minstens twee mogelijkheden voor {t} zijn vergeleken.",
            "De keuze voor {t} is uitgelegd.",
        ),
        deliverables=(
            "Vergelijking van mogelijkheden voor {g}",
            "Vergelijking van mogelijkheden voor {t}",
        ),
    ),
    prepare=Work(
        titles=("Alles voor {g} voorbereiden", "{t} voorbereiden", "{t} voorbereiden voor {g}"),
        descriptions=(
            "Zet alles klaar wat er voor {g} nodig is en schrijf elke stap op.",
            "Werk aan {t} tot alles klaar is voor {g} en schrijf elke stap op.",
        ),
        criteria=(
            "Alles wat er voor {g} nodig is, ligt klaar.",
            "Alles over {t} ligt klaar.",
            "Elke stap voor {t} is opgeschreven.",
        ),
        deliverables=("Document over {g}", "Document over {t}"),
    ),
    arrange=Work(
        titles=(
            "De stappen voor {g} op volgorde zetten",
            "De stappen voor {t} op volgorde zetten",
        ),
        descriptions=(
            "Noteer alle stappen voor {g} en zet ze op volgorde: wat eerst komt, wat kan wachten.",
            "Noteer alle stappen voor {t} en zet ze in een volgorde die bij {g} past.",
        ),
        criteria=(
            "De lijst laat zien welke stap voor {g} eerst komt.",
            "De lijst laat zien welke stap voor {t} eerst komt.",
            "Geen stap voor {t} hoeft op een latere te wachten.",
        ),
        deliverables=("Lijst met stappen voor {g}", "Lijst met stappen voor {t}"),
    ),
    check=Work(
        titles=("Alles voor {g} van begin tot eind nakijken", "{t} nakijken"),
        descriptions=(
            "Loop alles voor {g} van begin tot eind na en verbeter elke fout.",
            "Loop alles over {t} na en verbeter wat niet bij {g} past.",
        ),
        criteria=(
            "Elke fout die bij {g} gevonden is, is verbeterd.",
            "Elke fout die bij {t} gevonden is, is verbeterd.",
            "Een tweede persoon heeft {t} nagekeken.",
        ),
        deliverables=("Lijst met verbeteringen voor {g}", "Lijst met verbeteringen voor {t}"),
    ),
    people=("Coördinator voor {g}", "Specialist voor {t}", "Adviseur voor {t}", "Hulp voor {t}"),
    duties=(
        "Houdt al het werk voor {g} bij elkaar en heeft het laatste woord.",
        "Zorgt voor {t}, van de eerste notities tot de laatste controle.",
        "Beantwoordt elke vraag over {t} en houdt de notities bij.",
    ),
    questions=("Wat is er voor {g} al?", "Wat is er over {t} al bekend?"),
    passages=(
        "{t}: hiermee begint het, en al het andere volgt eruit.",
        "{t}: elke keer hetzelfde, zodat een verandering meteen opvalt.",
        "{t}: kleine stappen, en de volgende pas als de laatste goed is.",
        "{t}: in het begin is tweemaal per week genoeg, later driemaal.",
        "{t}: wat vandaag overblijft, komt de volgende keer eerst.",
        "{t}: een blik vooraf, een blik achteraf, en beide worden genoteerd.",
    ),
)
