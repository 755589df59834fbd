"""From JSON values and words to what a schema asks for, with every change told."""
