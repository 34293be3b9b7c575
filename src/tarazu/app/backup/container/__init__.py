"""The file itself: its names, its manifest and signature, how it is packed, unpacked, encrypted."""
