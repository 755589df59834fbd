"""Language tags: whether one is well formed, and what a prompt calls the language."""

from __future__ import annotations

import re

UNDETERMINED = "und"
"""The tag of BCP 47 for a language that is not known."""

# The shape of RFC 5646, section 2.1, without grandfathered tags, private use alone,
# and the four- to eight-letter languages that it reserves: "english" is no tag.
_TAG = re.compile(
    r"(?P<language>[a-z]{2,3}(?:-[a-z]{3}){0,3})"
    r"(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*"
    r"(?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*"
    r"(?:-x(?:-[a-z\d]{1,8})+)?",
    re.IGNORECASE,
)
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
    """Whether `tag` is a well-formed BCP 47 language tag, such as "en" or "zh-Hant-TW"."""
    return len(tag) <= MAX_TAG_CHARACTERS and _TAG.fullmatch(tag) is not None


def language_name(tag: str) -> str:
    """What a prompt calls a language: its English name, with script and region if given.

    The tag itself where no name is known; empty when the language is not known.
    """
    match = _TAG.fullmatch(tag)
    if match is None or tag == UNDETERMINED:
        return ""
    name = _NAMES.get(match["language"].lower())
    if name is None:
        return tag
    script, region = match["script"] or "", match["region"] or ""
    written = _SCRIPTS.get(script.lower(), script)
    more = ", ".join(part for part in (written, region.upper()) if part)
    return f"{name} ({more})" if more else name
