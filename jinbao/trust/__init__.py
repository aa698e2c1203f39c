"""Who did what with what right: actors, actions, the audit chain, masking."""
