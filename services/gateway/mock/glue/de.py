"""German."""

import re

from services.gateway.mock.glue.form import Glue, Work, words

GERMAN = Glue(
    code="de",
    names=words(
        "german deutsch tedesco alemán alemão allemand duits 德语 德文 ドイツ語 الألمانية de"
    ),
    function_words=words(
        "der die das den dem des ein eine einen einem einer eines kein keine keinen mein meine"
        " meinen meinem meiner unser unsere unseren unserem unserer dein deine ihr ihre ihren sein"
        " seine seinen dieser diese dieses diesen diesem jeder jede jedes jeden alle allen beide"
        " ich du er sie es wir uns mich mir dich dir ihn ihm ihnen man wer was wann wo warum wie"
        " und oder aber sondern denn weil wenn dass ob als damit bis während nachdem bevor sowie"
        " in im ins an am ans auf aus bei beim mit nach von vom zu zum zur über unter für um durch"
        " ohne gegen vor zwischen hinter neben seit pro ab ist sind war waren bin bist sei wird"
        " werden wurde worden hat haben hatte habe kann können könnte soll sollen sollte muss"
        " müssen will wollen möchte möchten darf dürfen mag nicht nur auch noch schon sehr mehr"
        " viel viele wenig einige andere etwas nichts so dann hier da dort bitte ja nein"
    ),
    work_verbs=words(
        "erstelle erstellen plane planen mache machen schreibe schreiben baue bauen entwickle"
        " entwickeln entwirf entwerfen gestalte gestalten organisiere organisieren bereite"
        " vorbereiten verbessere verbessern lerne lernen repariere reparieren finde finden führe"
        " führen richte einrichten lege anlegen erarbeite erarbeiten verfasse verfassen prüfe"
        " prüfen vergleiche vergleichen beschreibe beschreiben bestimme bestimmen sammle sammeln"
        " setze setzen stelle stellen zeige zeigen hilf helfen gib geben durchführen schaffe"
        " schaffen aufbauen ausarbeiten zusammenstellen definiere definieren"
    ),
    determiners=words(
        "der die das den dem ein eine einen einem einer mein meine meinen unser unsere unseren"
        " dein deine ihr ihre ihren sein seine seinen diese dieses diesen"
    ),
    continuers=words("für mit von vom im in am an zum zur über der des und auf aus bei ohne"),
    particles=words("zu"),
    nouns_capitalised=True,
    spelling=re.compile(r"sch|ung\b|keit\b|heit\b|lich|tz|cht|pf|ß|ä|ü"),
    verb_last=True,
    definite=(("eine ", "die "), ("einen ", "den "), ("ein ", "das ")),
    both="{0} und {1}",
    gather=Work(
        titles=(
            "Zusammentragen, was über {g} bekannt ist",
            "Zusammentragen, was über {t} bekannt ist",
        ),
        descriptions=(
            "Sammeln, was für {g} schon da ist, und aufschreiben, was noch fehlt.",
            "Sammeln, was über {t} schon da ist, und aufschreiben, was für {g} noch fehlt.",
        ),
        criteria=(
            "Jede offene Frage über {g} steht auf der Liste.",
            "Jede offene Frage über {t} steht auf der Liste.",
            "Die Notizen über {t} nennen ihre Quellen.",
        ),
        deliverables=("Notizen für {g}", "Notizen über {t}"),
    ),
    decide=Work(
        titles=("Entscheiden, was für {g} nötig ist", "Über {t} entscheiden"),
        descriptions=(
            "Festlegen, was für {g} nötig ist und was wegbleiben kann, und die Gründe aufschreiben.",
            "Alle Fragen über {t} so klären, dass es für {g} passt, und die Gründe aufschreiben.",
        ),
        criteria=(
            "Neben jeder Entscheidung für {g} steht ein Grund.",
            "Neben jeder Entscheidung über {t} steht ein Grund.",
            "Keine Frage über {t} bleibt offen.",
        ),
        deliverables=("Liste der Entscheidungen für {g}", "Liste der Entscheidungen über {t}"),
    ),
    describe=Work(
        titles=("Schritt für Schritt beschreiben, was {g} ausmacht", "{t} genau beschreiben"),
        descriptions=(
            "In einfachen Worten beschreiben, worauf es für {g} ankommt.",
            "In einfachen Worten {t} erklären und sagen, was für {g} wichtig ist.",
        ),
        criteria=(
            "Die Beschreibung für {g} ist ohne Rückfragen verständlich.",
            "Die Beschreibung für {t} ist ohne Rückfragen verständlich.",
            "Die Beschreibung für {t} sagt, was für {g} wichtig ist.",
        ),
        deliverables=("Beschreibung für {g}", "Beschreibung für {t}"),
    ),
    compare=Work(
        titles=("Möglichkeiten für {g} vergleichen", "Möglichkeiten für {t} vergleichen"),
        descriptions=(
            "Mindestens zwei Möglichkeiten für {g} nebeneinanderstellen und die bessere nennen.",
            (
                "Mindestens zwei Möglichkeiten für {t} nebeneinanderstellen und sagen, welche für {g}"
                " besser passt."
            ),
        ),
        criteria=(
            "Mindestens zwei Möglichkeiten für {g} sind verglichen.",
            "Mindestens zwei Möglichkeiten für {t} sind verglichen.",
            "Die Wahl für {t} ist begründet.",
        ),
        deliverables=("Vergleich der Möglichkeiten für {g}", "Vergleich der Möglichkeiten für {t}"),
    ),
    prepare=Work(
        titles=("Alles für {g} vorbereiten", "{t} vorbereiten", "{t} für {g} vorbereiten"),
        descriptions=(
            "Alles vorbereiten, was für {g} nötig ist, und jeden Schritt aufschreiben.",
            "{t} bearbeiten, bis für {g} alles bereit ist, und jeden Schritt aufschreiben.",
        ),
        criteria=(
            "Alles, was für {g} nötig ist, liegt bereit.",
            "Alles für {t} liegt bereit.",
            "Jeder Schritt für {t} ist aufgeschrieben.",
        ),
        deliverables=("Unterlagen für {g}", "Unterlagen über {t}"),
    ),
    arrange=Work(
        titles=("Die Schritte für {g} ordnen", "Die Schritte für {t} ordnen"),
        descriptions=(
            "Alle Schritte für {g} auflisten und ordnen: was kommt zuerst, was kann warten.",
            "Alle Schritte für {t} auflisten und so ordnen, dass es für {g} passt.",
        ),
        criteria=(
            "Die Liste zeigt, welcher Schritt für {g} zuerst kommt.",
            "Die Liste zeigt, welcher Schritt für {t} zuerst kommt.",
            "Kein Schritt für {t} muss auf einen späteren warten.",
        ),
        deliverables=("Liste der Schritte für {g}", "Liste der Schritte für {t}"),
    ),
    check=Work(
        titles=("Alles für {g} von Anfang bis Ende prüfen", "{t} prüfen", "{t} für {g} prüfen"),
        descriptions=(
            "Alles für {g} von Anfang bis Ende durchgehen und jeden Fehler verbessern.",
            "Alles über {t} durchgehen und verbessern, was für {g} nicht passt.",
        ),
        criteria=(
            "Jeder Fehler, der {g} betrifft, ist verbessert.",
            "Jeder Fehler, der {t} betrifft, ist verbessert.",
            "Eine zweite Person hat {t} geprüft.",
        ),
        deliverables=("Liste der Verbesserungen für {g}", "Liste der Verbesserungen für {t}"),
    ),
    people=("Koordination für {g}", "Fachkraft für {t}", "Beratung für {t}", "Hilfe für {t}"),
    duties=(
        "Hält alle Arbeiten für {g} zusammen und hat das letzte Wort.",
        "Kümmert sich um {t}, von den ersten Notizen bis zur letzten Prüfung.",
        "Beantwortet alle Fragen über {t} und führt die Notizen dazu.",
    ),
    questions=("Was ist für {g} schon da?", "Was ist über {t} bisher bekannt?"),
    passages=(
        "{t}: damit fängt es an, und alles Weitere folgt daraus.",
        "{t}: jedes Mal gleich, damit eine Veränderung sofort auffällt.",
        "{t}: kleine Schritte, und der nächste erst, wenn der letzte stimmt.",
        "{t}: am Anfang genügt zweimal in der Woche, später dreimal.",
        "{t}: was heute übrig bleibt, kommt beim nächsten Mal zuerst.",
        "{t}: ein Blick davor, ein Blick danach, und beide werden notiert.",
    ),
)
