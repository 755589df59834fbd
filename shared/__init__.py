"""What more than one service needs: the wire, structured answers, prompts, the command."""
