"""What taggers share: features of words, output layers, and the network from words to tags."""
