"""/api/v1/images/{id}/sbom: what an image contains, as a bill of materials."""

from __future__ import annotations

from fastapi import APIRouter, Response

from dogwatch import __version__
from dogwatch.inventory.bills.documents import write_bill
from dogwatch.model.bills import MEDIA_TYPES, BillFormat
from dogwatch.model.errors import InvalidRequestError
from dogwatch.serve.api.asked import Known
from dogwatch.serve.api.histories import image_id

router = APIRouter()


@router.get("/images/{image}/sbom")
def show_bill(image: str, asked: Known) -> Response:
    """What was found in the image and what could not be seen, as CycloneDX or SPDX (`format`)."""
    asked.filters((), ("format",))
    form = _form(asked.one("format", BillFormat.CYCLONEDX))
    contents = asked.views.contents(asked.account_id, image_id(image))
    text = write_bill(contents, form, asked.views.now(), __version__)
    return Response(text.encode(), headers={"content-type": MEDIA_TYPES[form]})


def _form(text: str) -> BillFormat:
    try:
        return BillFormat(text)
    except ValueError as error:
        raise InvalidRequestError("format", f"{text!r} is none of {', '.join(BillFormat)}") from error
