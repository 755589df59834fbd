"""The real model, behind anything that speaks OpenAI's chat completions."""
