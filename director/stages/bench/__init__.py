"""One plan under several profiles: begin, freeze, make an arm ready, judge it."""
