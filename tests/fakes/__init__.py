"""Made-up dancers and generators that tests dance with."""
