"""What is to be seen in a picture: detectors, their models, motion, and the analysis of one camera."""
