"""x."""
def play(stage, say): return 0
