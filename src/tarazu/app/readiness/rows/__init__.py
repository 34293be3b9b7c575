"""What the gate looks at, a file for each corner of the desk."""
