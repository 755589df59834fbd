"""`attune preprod`: runs the scenarios on a real model, shows the run, writes its report."""
