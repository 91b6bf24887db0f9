"""Finding Java and Fiji, starting them, exchanging arrays and images.

The only package that imports jpype, scyjava or imagej, and only inside functions:
importing it starts nothing.
"""
