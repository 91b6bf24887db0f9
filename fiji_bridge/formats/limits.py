"""The limits that are kept when files of others are read, all of them in one place.

They are far above what microscopes write, and there so that a small file can claim no large
amount of memory or time; docs/limits.md lists them for users.
"""

from __future__ import annotations

#: Directories (pages) of one TIFF file.
MAX_DIRECTORIES = 10_000_000
#: Entries of one directory; the format allows 65 535, or 2^64 in a BigTIFF.
MAX_TAGS = 4096
#: Strips or tiles of one directory.
MAX_SEGMENTS = 2**26
#: Width or height of a plane, and the number of planes.
MAX_SIDE = 2**31 - 1
#: Bytes of an XML or JSON text.
MAX_TEXT = 2**28
#: Nested elements of an XML text.
MAX_XML_DEPTH = 256
#: Chunks of an OME-Zarr that are read at once.
MAX_CHUNKS = 10_000_000

#: How many bytes one byte of a strip can stand for, by the definition of each compression; more
#: than that no strip can hold, whatever the directory claims.
EXPANSION = {
    1: 1,  # none
    5: 2560,  # LZW: strings of up to 3839 bytes in 12 bits
    8: 1032,  # deflate: 258 bytes in 2 bits
    32946: 1032,
    50013: 1032,
    32773: 64,  # PackBits: 128 bytes in 2
    50000: 65536,  # Zstandard: blocks of 128 KiB, run-length coded, in 4 bytes
    34926: 65536,
    34925: 16384,  # LZMA
}

#: Compressions whose strips are pictures of their own, with sizes of their own.
PICTURES = {
    6: "JPEG", 7: "JPEG", 33003: "JPEG 2000", 33004: "JPEG 2000", 33005: "JPEG 2000",
    34712: "JPEG 2000", 34933: "PNG",
}  # fmt: skip
