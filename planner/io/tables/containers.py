"""Containers of tables (zip, gzip, OLE), recognised by content and unpacked within limits."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

from planner.messages.catalogue import Phrase

UNPACKED_AT_MOST = 512 * 2**20
"""Bytes that a table may hold once unpacked; a sheet of a million rows stays below."""

PARTS_AT_MOST = 10_000
BLOCK = 2**20

ZIP_BEGINS = b"PK\x03\x04"
OLE_BEGINS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
GZIP_BEGINS = b"\x1f\x8b"

PICTURES = ("xl/media/", "Pictures/", "Thumbnails/")
"""Parts of a workbook that no table is in."""

ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
WORKBOOK_STREAMS = tuple(name.encode("utf-16-le") + b"\0\0" for name in ("Workbook", "Book"))
OLE_ENTRY = 128
RECORDS_BEFORE_FILEPASS = 8
FILEPASS = 0x2F


class UnpackedSizeError(Exception):
    """More is packed in the file than may be unpacked."""


class UnpackError(Exception):
    """Damaged packed content, with the reason."""

    def __init__(self, reason: Phrase | str) -> None:
        self.reason = reason
        super().__init__(str(reason))


def unzip_stored(content: bytes, most: int) -> bytes:
    """Return a zip file with the same parts, stored; pictures left out.

    Raises
    ------
    TooMuchError
        More than `most` bytes, or too many parts.
    NotUnpackedError
        It is damaged, or packed in a way that no program of spreadsheets uses.
    """
    try:
        return _stored(content, most)
    except (UnpackedSizeError, UnpackError):
        raise
    except Exception as error:
        # A damaged zip file raises whatever its damage leads to.
        raise UnpackError((str(error).splitlines() or [type(error).__name__])[0]) from error


def _stored(content: bytes, most: int) -> bytes:
    plain = io.BytesIO()
    size = 0
    with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(plain, "w") as unpacked:
        parts = [part for part in packed.infolist() if not part.filename.startswith(PICTURES)]
        if len(parts) > PARTS_AT_MOST or sum(part.file_size for part in parts) > most:
            raise UnpackedSizeError
        if len({part.filename for part in parts}) < len(parts):
            raise UnpackError(Phrase("errors.why_parts_twice"))
        for part in parts:
            # Other methods allocate as much memory as the file declares, and no program of spreadsheets uses them.
            if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise UnpackError(Phrase("errors.why_packed_strangely"))
            with packed.open(part) as source, unpacked.open(part.filename, "w") as target:
                while block := source.read(BLOCK):
                    size += len(block)
                    if size > most:
                        raise UnpackedSizeError
                    target.write(block)
    return plain.getvalue()


def gunzip(content: bytes, most: int) -> bytes:
    """Return what a gzip file holds.

    Raises
    ------
    TooMuchError
        More than `most` bytes.
    NotUnpackedError
        It is damaged or cut off.

    Examples
    --------
    >>> import gzip
    >>> gunzip(gzip.compress(b"a,b"), 10)
    b'a,b'
    """
    blocks, size = [], 0
    rest = content
    try:
        while rest.startswith(GZIP_BEGINS):
            unpacker = zlib.decompressobj(wbits=31)
            while not unpacker.eof:
                block = unpacker.decompress(rest, BLOCK)
                rest = unpacker.unconsumed_tail
                size += len(block)
                if size > most:
                    raise UnpackedSizeError
                if not block and not rest and not unpacker.eof:
                    raise UnpackError(Phrase("errors.why_cut_off"))
                blocks.append(block)
            rest = unpacker.unused_data
    except zlib.error as error:
        raise UnpackError(str(error)) from error
    return b"".join(blocks)


def is_protected(content: bytes) -> bool:
    """Return True if a workbook opens with a password only, whichever of its formats it is in."""
    if content.startswith(ZIP_BEGINS):
        return _is_protected_zip(content)
    if not content.startswith(OLE_BEGINS):
        return False
    return ENCRYPTED_PACKAGE in content or any(_has_filepass(content, name) for name in WORKBOOK_STREAMS)


def _is_protected_zip(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if any(part.flag_bits & 1 for part in packed.infolist()):
                return True
            part = packed.getinfo("META-INF/manifest.xml")
            if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                return False
            with packed.open(part) as manifest:
                return b"encryption-data" in manifest.read(BLOCK)
    except Exception:  # noqa: BLE001 - a damaged one is refused when it is unpacked
        return False


def _has_filepass(content: bytes, stream: bytes) -> bool:
    """Return True if a stream of records begins with the one that states how the others are encrypted."""
    entry = content.find(stream)
    while entry >= 0 and entry % OLE_ENTRY:
        entry = content.find(stream, entry + 1)
    if entry < 0 or len(content) < entry + OLE_ENTRY:
        return False
    (shift,) = struct.unpack_from("<H", content, 30)
    (sector,) = struct.unpack_from("<I", content, entry + 116)
    place = (sector + 1) << min(shift, 16)
    for _ in range(RECORDS_BEFORE_FILEPASS):
        if place + 4 > len(content):
            return False
        kind, length = struct.unpack_from("<HH", content, place)
        if kind == FILEPASS:
            return True
        place += 4 + length
    return False
