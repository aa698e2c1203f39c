"""Policy simulation: two sets of parameters over everybody, what it costs, who gains and who loses."""
