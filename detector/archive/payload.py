"""What CloudWatch Logs hands to Lambda, Kinesis and Firehose, base64 of gzip, back to the JSON in it.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

from isal import isal_zlib

GZIP_IN_BASE64 = b"H4sI"
"""How base64 of gzip begins."""
MAX_PAYLOAD = 64 << 20
_MAGIC = b"\x1f\x8b"


def unpacked(payload: bytes | str) -> bytes:
    """The content of one payload, whether it is compressed or not; ValueError where it has none that is sound."""
    import base64  # noqa: PLC0415 - few archives are what a subscription got
    import binascii  # noqa: PLC0415 - the same

    try:
        raw = base64.b64decode(payload, validate=True)
        if not raw.startswith(_MAGIC):
            return raw
        decompressor = isal_zlib.decompressobj(wbits=31)
        content = decompressor.decompress(raw, MAX_PAYLOAD)
    except (binascii.Error, isal_zlib.IsalError):  # type: ignore[misc]  # isal's stub types the class as an instance
        raise ValueError("not base64 of gzip data") from None
    if not decompressor.eof:
        raise ValueError(
            f"base64 of gzip data that is cut off, or that holds more than {MAX_PAYLOAD:,} bytes"
        )
    return bytes(content)
