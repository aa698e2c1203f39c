"""What comes in beyond uploaded files: connections, interfaces, watched folders, and the layers of the lake."""
