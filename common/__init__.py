"""What every model family shares: data, losses, the training loop, checkpoints, figures and the command line."""
