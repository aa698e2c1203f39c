"""The demonstration city 演示市 (990100): generated people with the faults that real data has."""
