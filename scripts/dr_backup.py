"""`tarazu dr backup`: everything a desk needs, in one signed file whose restore is proven."""

from _tarazu import run

run("dr", "backup")
