"""Finds terms of other fields in texts: lexicons, matching, licences, and the measure."""
