"""What a client may send to move the champions."""

from typing import Annotated

from pydantic import BaseModel, Field

from serving.schemas import STRICT
from serving.texts import Reason


class RollbackRequest(BaseModel):
    """Why the version that answered before is to answer again."""

    model_config = STRICT

    reason: Reason


class PromotionRequest(BaseModel):
    """Which version on the shelf is to answer, whatever the gate said, and why."""

    model_config = STRICT

    version: Annotated[int, Field(ge=1, le=10**9)]
    reason: Reason


ROLLBACK_EXAMPLE = {"reason": "odd answers for ethers"}
PROMOTION_EXAMPLE = {"version": 2, "reason": "the held-out cells were mislabelled"}
