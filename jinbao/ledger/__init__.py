"""Double-entry accounts of each fund: pending, then posted or voided; nothing is deleted."""
