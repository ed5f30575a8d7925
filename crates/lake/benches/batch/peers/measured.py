"""Runs one way to compute the features, and prints its wall time, CPU seconds and peak memory in megabytes.

What it takes to start Python and to load a library is not counted in its time.
"""

import resource
import sys
import time


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run(features):
    ground, out = sys.argv[1:3]
    ages = [int(age) for age in sys.argv[3].split(",")]
    wall, used = time.monotonic(), cpu()
    features(ground, ages, out)
    wall, used = time.monotonic() - wall, cpu() - used
    print(wall, used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
