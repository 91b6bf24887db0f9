"""The questions people ask round a physical blur, with answers that the code computes."""

from fiji_bridge.explain.answers import ANSWERS, Answer
from fiji_bridge.explain.page import page, write_page

__all__ = ["ANSWERS", "Answer", "page", "write_page"]
