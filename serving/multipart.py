"""The parts of a multipart body: told apart whole or not at all, each within its bounds.

Starlette keeps files aside while they arrive and decodes the rest. It takes a body that breaks
off for a whole one, and decodes by whatever charset is stated; neither is done here.
"""

from dataclasses import dataclass

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from serving.errors import BodyTooLarge, MalformedBody, UnsupportedBody
from serving.settings import Settings

#: The part that holds the JSON, and the name of all that hold files.
FACTS, FILE = "cell", "file"
MOST_FILES = 50
#: Parts without a filename; one is allowed, a second is refused by its name.
MOST_FIELDS = 2
CHARSETS = (b"utf-8", b"utf8")


@dataclass(frozen=True)
class Parts:
    """What came in parts, in their order.

    Attributes
    ----------
    fields : tuple of (str, bytes)
        Name and content of each part without a filename.
    files : tuple of (str, UploadFile)
        Name and file of each other part; to be closed.
    """

    fields: tuple[tuple[str, bytes], ...]
    files: tuple[tuple[str, UploadFile], ...]

    async def close(self) -> None:
        """Give back what the files take."""
        for _, file in self.files:
            await file.close()


async def read_parts(request: Request, settings: Settings) -> Parts:
    """Return the parts of a multipart request.

    Raises
    ------
    MalformedBody
        If the parts cannot be told apart, or the body breaks off before its last boundary.
    BodyTooLarge
        If a part that is no file is longer than a JSON body may be.
    UnsupportedBody
        If another charset than UTF-8 is stated.
    """
    _check_charset(request.headers["content-type"])
    parser = _Parser(request, settings.max_body_bytes)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise MalformedBody(f"The parts of the body cannot be read: {error.message}") from None
    files = [(name, file) for name, file in form.multi_items() if isinstance(file, UploadFile)]
    return Parts(tuple(parser.fields), tuple(files))


class _Parser(MultiPartParser):
    """Starlette's parser, which also notes the end of the body and decodes nothing."""

    def __init__(self, request: Request, most_bytes: int) -> None:
        super().__init__(
            request.headers,
            request.stream(),
            max_files=MOST_FILES,
            max_fields=MOST_FIELDS,
            max_part_size=most_bytes,
        )
        self.fields: list[tuple[str, bytes]] = []
        self._is_whole = False
        self._most_bytes = most_bytes
        self._n_bytes = 0

    async def parse(self) -> FormData:
        form = await super().parse()
        if not self._is_whole:
            for file in self._files_to_close_on_error:  # also of the part that broke off
                file.close()
            raise MalformedBody(
                "The body breaks off: the boundary that ends its last part is missing. Nothing "
                "was kept; send it again."
            )
        return form

    def on_part_begin(self) -> None:
        super().on_part_begin()
        self._n_bytes = 0

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._n_bytes += end - start
        if self._n_bytes > self._most_bytes and self._current_part.field_name != FILE:
            raise BodyTooLarge(
                f"A part that is no '{FILE}' exceeds {self._most_bytes} bytes, the limit of this "
                f"service for JSON; send measurements as a file beside it."
            )
        super().on_part_data(data, start, end)

    def on_part_end(self) -> None:
        part = self._current_part
        if part.file is None:
            self.fields.append((part.field_name, bytes(part.data)))
        else:
            super().on_part_end()

    def on_end(self) -> None:
        self._is_whole = True


def _check_charset(content_type: str) -> None:
    """Refuse a charset that would have to be decoded by another codec; JSON is UTF-8."""
    charset = parse_options_header(content_type)[1].get(b"charset", CHARSETS[0])
    if charset.lower() not in CHARSETS:
        raise UnsupportedBody(
            "The parts are read as UTF-8; send them so, and leave charset out of Content-Type."
        )
