"""What teachers were asked, and what they answered: kept for good, never paid twice."""
