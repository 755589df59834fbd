"""What each change costs, in one place: the cheaper reading of an answer is the truer one.

The steps between the weights matter, not their size: a change of spelling is cheaper than a
change of type, that is cheaper than a change of structure, and so on down the list.
"""

from __future__ import annotations

UNKNOWN_KEY = 1
"""A key that the schema does not have: the rest of the answer is untouched."""
DEFAULT = 2
"""A property that the text does not give: a draft without it loses to one that has it."""
SPELLING = 3
"""A key or value of the schema in other case, accents or separators: the same name."""
EMPTY = 5
"""A null for a property that may be absent: both say that there is nothing."""
COERCED = 10
"""A value of another type that says the same: "42" for 42."""
READ = 12
"""A JSON document inside a string: the right value, written twice over."""
CUT = 15
"""What the end of the text cut in two is left out: everything before it is whole."""
WRAPPED = 20
"""One value for a list of one: the model saw no need for a list."""
PARTS = 25
"""An unknown key that holds an object or list: what is left out may be the answer itself."""
WORDS = 30
"""A value named in a sentence: the sentence says more than is kept."""
UNWRAPPED = 40
"""An object or list around the wanted value: what else it says is lost."""
IMPLIED = 80
"""A value for the object that holds it: its name is not in the text."""
UNMATCHED = 200
"""An object without one known key: valid only because the schema asks for nothing."""
