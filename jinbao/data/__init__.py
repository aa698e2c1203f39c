"""Data as material, ignorant of pensions: intake and quality."""
