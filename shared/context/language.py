"""Language tags: whether one is well formed, and what a prompt calls the language."""

from __future__ import annotations

import langcodes

UNDETERMINED = "und"
"""The tag of BCP 47 for a language that is not known."""

MAX_TAG_CHARACTERS = 60

_NAMES = {
    "af": "Afrikaans", "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "bs": "Bosnian",
    "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek",
    "en": "English", "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque",
    "fa": "Persian", "fi": "Finnish", "fil": "Filipino", "fr": "French", "ga": "Irish",
    "gl": "Galician", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic", "it": "Italian",
    "ja": "Japanese", "ka": "Georgian", "kk": "Kazakh", "kn": "Kannada", "ko": "Korean",
    "la": "Latin", "lt": "Lithuanian", "lv": "Latvian", "mk": "Macedonian", "ml": "Malayalam",
    "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "nb": "Norwegian", "nl": "Dutch",
    "nn": "Norwegian Nynorsk", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian",
    "sq": "Albanian", "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil",
    "te": "Telugu", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "uz": "Uzbek", "vi": "Vietnamese", "yue": "Cantonese", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip
_SCRIPTS = {"hans": "simplified", "hant": "traditional", "cyrl": "Cyrillic", "latn": "Latin"}


def is_language_tag(tag: str) -> bool:
    """Whether `tag` is a BCP 47 tag whose parts IANA's registry has: "en", "zh-Hant-TW".

    It must name a language; tags for private use alone do not.
    """
    if not tag or len(tag) > MAX_TAG_CHARACTERS or "_" in tag or tag[:2].lower() == "x-":
        return False
    return langcodes.tag_is_valid(tag)


def language_name(tag: str) -> str:
    """What a prompt calls a language: its English name, with script and region if given.

    The tag itself where no name is known; empty when the language is not known.
    """
    if not is_language_tag(tag) or tag == UNDETERMINED:
        return ""
    known = langcodes.Language.get(tag, normalize=False)
    name = _NAMES.get(known.language or "")
    if name is None:
        return tag
    script = known.script or ""
    written = _SCRIPTS.get(script.lower(), script)
    more = ", ".join(part for part in (written, known.territory or "") if part)
    return f"{name} ({more})" if more else name
