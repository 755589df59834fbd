"""Answers of models read into values: the parser, and `ask`, which calls and parses."""

from shared.structured.parser import IntelligentJsonParser
from shared.structured.result import ParseError, ParseResult, Repair, Strategy

__all__ = ["IntelligentJsonParser", "ParseError", "ParseResult", "Repair", "Strategy"]
