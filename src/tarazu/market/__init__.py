"""What prices mean: option math, and later books, bars and features. Pure kernels over arrays."""
