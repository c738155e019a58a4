"""Retries."""

from __future__ import annotations

import random

from ... import RetryPolicy as TaskloomRetryPolicy
from ..exceptions import RetryLimitExceededError

__all__ = ["RetryController", "RetryPolicy"]


class RetryPolicy(TaskloomRetryPolicy):
    """How many further attempts a failed execution gets, and after which waits.

    >>> policy = RetryPolicy(max_retries=3, initial_interval=1.0, backoff_factor=2.0)
    >>> [policy.get_delay(retry) for retry in range(3)]
    [1.0, 2.0, 4.0]
    """

    __slots__ = ()

    def get_delay(self, retry_count: int) -> float:
        """The wait before a retry in seconds; the first is number 0."""
        delay = min(self.initial_interval * self.backoff_factor**retry_count, self.max_interval)
        return min(delay * random.uniform(0.5, 1.5), self.max_interval) if self.jitter else delay


class RetryController:
    """Counts retries by task. The engine counts its own; this is for programs that use it by itself."""

    def __init__(self, default_max_retries: int = 0) -> None:
        self.default_max_retries = default_max_retries
        self.retry_counts: dict[str, int] = {}
        self.node_max_retries: dict[str, int] = {}
        self.node_policies: dict[str, RetryPolicy] = {}
        self.last_errors: dict[str, Exception] = {}

    def set_node_max_retries(self, node_id: str, max_retries: int) -> None:
        """Sets the limit of a task."""
        self.node_max_retries[node_id] = max_retries

    def set_node_policy(self, node_id: str, policy: RetryPolicy) -> None:
        """Sets the policy, and with it the limit, of a task."""
        self.node_policies[node_id] = policy
        self.node_max_retries[node_id] = policy.max_retries

    def get_policy_for_node(self, node_id: str) -> RetryPolicy | None:
        """The policy of a task."""
        return self.node_policies.get(node_id)

    def get_max_retries_for_node(self, node_id: str) -> int:
        """The limit of a task, or the default."""
        return self.node_max_retries.get(node_id, self.default_max_retries)

    def accept_retry(self, node_id: str) -> bool:
        """Whether a task may be tried once more."""
        return self.get_retry_count(node_id) < self.get_max_retries_for_node(node_id)

    def increment(self, node_id: str, error: Exception | None = None) -> int:
        """Counts one more retry."""
        self.retry_counts[node_id] = self.get_retry_count(node_id) + 1
        if error is not None:
            self.last_errors[node_id] = error
        return self.retry_counts[node_id]

    def check_retry_limit(self, node_id: str) -> None:
        """Raises `RetryLimitExceededError` if a task may not be tried again."""
        if not self.accept_retry(node_id):
            counts = self.get_retry_count(node_id), self.get_max_retries_for_node(node_id)
            raise RetryLimitExceededError(node_id, *counts, self.get_last_error(node_id))

    def get_retry_count(self, node_id: str) -> int:
        """How often a task was tried again."""
        return self.retry_counts.get(node_id, 0)

    def get_delay(self, node_id: str) -> float:
        """The wait before the retry that was counted last, in seconds."""
        policy = self.node_policies.get(node_id)
        return 0.0 if policy is None else policy.get_delay(max(0, self.get_retry_count(node_id) - 1))

    def get_last_error(self, node_id: str) -> Exception | None:
        """The exception that was counted last."""
        return self.last_errors.get(node_id)
