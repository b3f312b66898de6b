"""What a second of one core does here: the rates behind the constants of `verify/worker/work.py`.

Time of the thread on the processor counts, so a busy machine changes little; the best of five is
printed.
"""

import time
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

RUNS = 5
MANY = 1000


def seconds(work: Callable[[], object]) -> float:
    """Seconds of the processor for one run, the best of a few after a first."""
    work()
    best = float("inf")
    for _ in range(RUNS):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return best


def main() -> None:
    """Print one line for each kind of work."""
    torch.set_num_threads(1)
    matrix, image, numbers = (
        torch.rand(1024, 1024),
        torch.rand(2, 64, 64, 64),
        torch.rand(10_000_000),
    )
    photo, small = torch.rand(2, 3, 224, 224), torch.rand(1, 8)
    conv, grouped = nn.Conv2d(64, 64, 3, padding=1), nn.Conv2d(64, 64, 3, padding=1, groups=64)
    first, linear = nn.Conv2d(3, 64, 7, stride=2), nn.Linear(8, 8)
    flops: dict[str, tuple[int, Callable[[], object]]] = {
        "product of matrices": (2 * 1024**3, lambda: matrix @ matrix),
        "convolution": (2 * 2 * 64 * 64 * 64 * 64 * 9, lambda: conv(image)),
        "convolution by channels": (2 * 2 * 64 * 64 * 64 * 9, lambda: grouped(image)),
        "first convolution": (2 * 2 * 109 * 109 * 64 * 3 * 49, lambda: first(photo)),
    }
    moved: dict[str, tuple[int, Callable[[], object]]] = {
        "relu": (2, lambda: torch.relu(numbers)),
        "sum of two": (3, lambda: numbers + numbers),
        "softmax": (2, lambda: functional.softmax(numbers.view(1000, -1), 1)),
        "random": (2, numbers.uniform_),
    }
    with torch.no_grad():
        for name, (count, work) in flops.items():
            print(f"{name}: {count / seconds(work):.2g} flops a second")
        for name, (times, work) in moved.items():
            print(f"{name}: {times * numbers.numel() / seconds(work):.2g} numbers a second")
        many_calls = seconds(lambda: [linear(small) for _ in range(MANY)])
        print(f"a small Linear: {many_calls / MANY:.2g} seconds")
        many_built = seconds(lambda: [nn.Sequential(nn.ReLU(), nn.Identity()) for _ in range(MANY)])
        print(f"a registered submodule: {many_built / MANY / 2:.2g} seconds")


if __name__ == "__main__":
    main()
