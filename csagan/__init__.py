"""Conditional SAGAN and CSAWGAN: self-attention and labels together."""
