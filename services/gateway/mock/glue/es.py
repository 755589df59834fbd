"""Spanish."""

import re

from services.gateway.mock.glue.form import Glue, Work, words

SPANISH = Glue(
    code="es",
    names=words(
        "spanish spanisch spagnolo español castellano espagnol espanhol spaans 西班牙语"
        " スペイン語 الإسبانية es"
    ),
    function_words=words(
        "el la los las lo un una unos unas de del al a ante bajo con contra desde durante en entre"
        " hacia hasta para por según sin sobre tras y e o u ni pero sino si que qué quién quien"
        " cuál cual cuándo cuando dónde donde cómo como porque aunque mientras también no sí más"
        " menos muy mucho mucha muchos muchas poco pocos todo toda todos todas cada algún alguna"
        " algunos algunas otro otra otros otras este esta estos estas ese esa eso aquel mi mis"
        " nuestro nuestra nuestros nuestras tu tus su sus yo tú él ella nosotros ellos ellas me te"
        " se nos le les es son era fue ser estar está están he ha han hemos haber hay puede pueden"
        " puedo debe deben quiero queremos quisiera necesito solo ya aún luego aquí favor"
    ),
    work_verbs=words(
        "crea haz escribe organiza planifica prepara diseña desarrolla mejora aprende construye"
        " realiza define encuentra describe compara revisa decide elige reúne enumera ayuda"
        " ayúdame explica elabora arregla repara monta"
    ),
    determiners=words("el la los las un una unos unas mi mis nuestro nuestra este esta su sus"),
    linkers=words("de del"),
    continuers=words("de del para con sobre en y e a al la el los las un una sin por"),
    infinitive=re.compile(r".{2,}(?:ar|er|ir|arse|erse|irse)"),
    head_last=False,
    joins=(
        (re.compile(r"\by (?=h?i(?!e))", re.IGNORECASE), "e "),
        (re.compile(r"\bo (?=h?o)", re.IGNORECASE), "u "),
        (re.compile(r"\b(de|a) el "), r"\1l "),
    ),
    spelling=re.compile(r"ción|ciones\b|ñ|dad\b|miento|[aei]r\b|qu[ei]|[aeiou]s\b|¿|¡|í|ó|ú"),
    definite=(("un ", "el "), ("una ", "la "), ("unos ", "los "), ("unas ", "las ")),
    both="{0} y {1}",
    gather=Work(
        titles=("Reunir lo que se sabe para {g}", "Reunir lo que se sabe sobre {t}"),
        descriptions=(
            "Reunir lo que ya existe para {g} y anotar lo que todavía falta.",
            "Reunir lo que ya existe sobre {t} y anotar lo que todavía falta para {g}.",
        ),
        criteria=(
            "Cada pregunta abierta para {g} está en la lista.",
            "Cada pregunta abierta sobre {t} está en la lista.",
            "Las notas sobre {t} dicen de dónde viene cada dato.",
        ),
        deliverables=("Notas para {g}", "Notas sobre {t}"),
    ),
    decide=Work(
        titles=("Decidir qué hace falta para {g}", "Decidir sobre {t}"),
        descriptions=(
            "Fijar qué hace falta para {g} y qué se puede dejar fuera, y escribir por qué.",
            "Aclarar cada pregunta sobre {t} de un modo que sirva para {g}, y escribir por qué.",
        ),
        criteria=(
            "Junto a cada decisión para {g} está el motivo.",
            "Junto a cada decisión sobre {t} está el motivo.",
            "Ninguna pregunta sobre {t} queda abierta.",
        ),
        deliverables=("Lista de decisiones para {g}", "Lista de decisiones sobre {t}"),
    ),
    describe=Work(
        titles=("Describir paso a paso lo necesario para {g}", "Describir {t} paso a paso"),
        descriptions=(
            "Describir con palabras sencillas lo necesario para {g}, paso a paso.",
            "Explicar con palabras sencillas el papel de {t} para {g}, paso a paso.",
        ),
        criteria=(
            "La descripción para {g} se entiende sin preguntar.",
            "La descripción sobre {t} se entiende sin preguntar.",
            "La descripción explica el papel de {t} para {g}.",
        ),
        deliverables=("Descripción para {g}", "Descripción: {t}"),
    ),
    compare=Work(
        titles=("Comparar posibilidades para {g}", "Comparar posibilidades para {t}"),
        descriptions=(
            "Poner al menos dos posibilidades para {g} una junto a otra y decir cuál es mejor.",
            (
                "Poner al menos dos posibilidades para {t} una junto a otra y decir cuál conviene más"
                " para {g}."
            ),
        ),
        criteria=(
            "Se comparan al menos dos posibilidades para {g}.",
            "Se comparan al menos dos posibilidades para {t}.",
            "La elección sobre {t} está explicada.",
        ),
        deliverables=(
            "Comparación de posibilidades para {g}",
            "Comparación de posibilidades para {t}",
        ),
    ),
    prepare=Work(
        titles=("Preparar todo para {g}", "Preparar {t}", "Preparar {t} para {g}"),
        descriptions=(
            "Preparar todo lo que hace falta para {g} y escribir cada paso.",
            "Trabajar en {t} hasta que todo esté listo para {g}, y escribir cada paso.",
        ),
        criteria=(
            "Todo lo que hace falta para {g} está listo.",
            "Todo lo referente a {t} está listo.",
            "Cada paso sobre {t} está escrito.",
        ),
        deliverables=("Documento para {g}", "Documento sobre {t}"),
    ),
    arrange=Work(
        titles=("Ordenar los pasos para {g}", "Ordenar los pasos para {t}"),
        descriptions=(
            "Enumerar todos los pasos para {g} y ordenarlos: qué va primero y qué puede esperar.",
            "Enumerar todos los pasos para {t} y ponerlos en un orden que sirva para {g}.",
        ),
        criteria=(
            "La lista muestra qué paso para {g} va primero.",
            "La lista muestra qué paso para {t} va primero.",
            "Ningún paso para {t} tiene que esperar a uno posterior.",
        ),
        deliverables=("Lista de pasos para {g}", "Lista de pasos para {t}"),
    ),
    check=Work(
        titles=("Revisar todo para {g} de principio a fin", "Revisar {t}"),
        descriptions=(
            "Repasar todo para {g} de principio a fin y corregir cada error.",
            "Repasar todo sobre {t} y corregir lo que no sirva para {g}.",
        ),
        criteria=(
            "Cada error encontrado para {g} está corregido.",
            "Cada error encontrado sobre {t} está corregido.",
            "Una segunda persona ha revisado {t}.",
        ),
        deliverables=("Lista de correcciones para {g}", "Lista de correcciones sobre {t}"),
    ),
    people=(
        "Coordinación para {g}",
        "Especialista para {t}",
        "Ayudante para {t}",
        "Asesoría sobre {t}",
    ),
    duties=(
        "Mantiene unido todo el trabajo para {g} y tiene la última palabra.",
        "Se ocupa de {t}, desde las primeras notas hasta la última revisión.",
        "Responde a cada pregunta sobre {t} y lleva las notas.",
    ),
    questions=("¿Qué existe ya para {g}?", "¿Qué se sabe ya sobre {t}?"),
    passages=(
        "{t}: se empieza por aquí, y todo lo demás viene después.",
        "{t}: siempre de la misma manera, para ver enseguida lo que cambia.",
        "{t}: pasos pequeños, y el siguiente solo cuando el último está bien.",
        "{t}: al principio bastan dos veces por semana, más tarde tres.",
        "{t}: lo que queda hoy va primero la próxima vez.",
        "{t}: una mirada antes, una mirada después, y las dos se anotan.",
    ),
)
