"""The data steward's pages: one module and one list of addresses for each room of the platform."""
