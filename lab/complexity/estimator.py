"""What an estimator is: one number said of a sequence, and which truth it claims to be near."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from lab.complexity.code import Message

Quantity = Literal["entropy_rate", "excess_entropy", "statistical_complexity", "none"]


class Estimator(ABC):
    """An estimator; a subclass is a frozen dataclass whose fields are its dials.

    `quantity`: the closed-form truth it can be held against, in bits (per symbol for the entropy rate): entropy rate
    h, excess entropy E, statistical complexity C_μ; 'none' where no truth is known for it. `unit`: of the number.
    """

    version: ClassVar[int] = 1
    quantity: ClassVar[Quantity] = "none"
    unit: ClassVar[str] = "bits/symbol"

    @abstractmethod
    def estimate(self, message: Message) -> float:
        """The number for one sequence; NaN where the sequence is too short to bear it."""

    def explain(self, message: Message) -> str:
        """Why `estimate` is NaN for this sequence; '' where it is a number."""
        return ""
