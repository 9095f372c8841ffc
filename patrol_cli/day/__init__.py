"""``patrol demo --day``: a day of the city, played at speed with a real relay, real rooms' links and real terminals."""
