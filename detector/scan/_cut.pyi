def cut(
    data: bytes | bytearray,
    wholes: tuple[bytes, ...],
    beginnings: tuple[bytes, ...],
    ends: tuple[bytes, ...],
    /,
) -> tuple[int, bool, bytes] | None: ...
