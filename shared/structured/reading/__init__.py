"""From the text of an answer to the JSON documents in it: broken, cut off, in prose."""
