"""What all backends share that start a program for each call."""
