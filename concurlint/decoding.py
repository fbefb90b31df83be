"""The text of a Python source file."""

import io
import tokenize


def decode(data: bytes) -> str:
    """The text of a source file by its byte order mark and PEP 263; line ends stay as they are.

    Raises UnicodeDecodeError for bytes that are not in the encoding, SyntaxError for an unknown encoding.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    except SyntaxError:
        # Bad bytes in the first two lines end here too, without the place: this tells it.
        data.decode("utf-8")
        raise
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise
    except (LookupError, ValueError) as error:  # codecs such as rot13, hex and undefined
        raise SyntaxError(f"{encoding} is no encoding of text") from error
