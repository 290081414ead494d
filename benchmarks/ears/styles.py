"""Sixteen styles to be measured on, from house to 6/8, each with several grooves."""

from benchmarks.ears.band_styles import BAND_STYLES
from benchmarks.ears.dance_styles import DANCE_STYLES

STYLES = DANCE_STYLES | BAND_STYLES
