"""重算批次: recalculate the awards of many people at once, under two persons and with proof."""
