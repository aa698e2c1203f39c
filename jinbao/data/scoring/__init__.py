"""How good the data is: rules over whole datasets, scores, tickets to the provider, the bulletin."""
