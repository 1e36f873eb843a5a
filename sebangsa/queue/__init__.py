"""Background work: rows in a table are the truth, an engine is only what wakes the ones who do them."""

from sebangsa.queue.door import Engine, Queue
from sebangsa.queue.inprocess import InProcessEngine

__all__ = ["Engine", "InProcessEngine", "Queue"]
