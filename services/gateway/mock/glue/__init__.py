"""The languages that the mock can put words into sentences in, by BCP 47 tag."""

from __future__ import annotations

from collections.abc import Mapping

from services.gateway.mock.glue.ar import ARABIC
from services.gateway.mock.glue.de import GERMAN
from services.gateway.mock.glue.en import ENGLISH
from services.gateway.mock.glue.es import SPANISH
from services.gateway.mock.glue.form import Glue, Work, words
from services.gateway.mock.glue.fr import FRENCH
from services.gateway.mock.glue.it import ITALIAN
from services.gateway.mock.glue.ja import JAPANESE
from services.gateway.mock.glue.nl import DUTCH
from services.gateway.mock.glue.plain import PLAIN
from services.gateway.mock.glue.pt import PORTUGUESE
from services.gateway.mock.glue.zh import CHINESE

__all__ = ["GLUES", "PLAIN", "Glue", "Work", "words"]

GLUES: Mapping[str, Glue] = {
    glue.code: glue
    for glue in (
        ENGLISH,
        ITALIAN,
        SPANISH,
        GERMAN,
        FRENCH,
        PORTUGUESE,
        DUTCH,
        CHINESE,
        JAPANESE,
        ARABIC,
    )
}
