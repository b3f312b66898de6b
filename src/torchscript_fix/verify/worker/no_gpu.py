"""A command that asks for a GPU is given the CPU: what it would have moved stays where it is."""

from typing import Any

import torch

_Tensor: Any = torch.Tensor
_Module: Any = torch.nn.Module
_Cuda: Any = torch.cuda
_Torch: Any = torch


class NoGpu:
    """While it is on, `.cuda()`, `.to("cuda")` and `torch.load` of what lay on a GPU mean the CPU.

    Functions that make tensors are as they are: the compiler knows them by identity.
    """

    def __init__(self) -> None:
        self.asked = False
        """Whether a GPU was asked for."""
        self._real = [
            (holder, name, getattr(holder, name))
            for holder, name in (
                (_Tensor, "cuda"),
                (_Tensor, "to"),
                (_Module, "cuda"),
                (_Module, "to"),
                (_Torch, "load"),
                (_Cuda, "set_device"),
                (_Cuda, "synchronize"),
            )
        ]

    def start(self) -> None:
        """Be it so from now on."""
        for holder, name, real in self._real:
            # Each is one of its own: torch._dynamo keeps a table of all that torch has.
            make = {"cuda": self._stays, "to": self._moves, "load": self._loads}
            setattr(holder, name, make.get(name, self._nothing)(real))

    def stop(self) -> None:
        """Leave torch as it was."""
        for holder, name, real in self._real:
            setattr(holder, name, real)

    def _stays(self, _: Any) -> Any:
        def cuda(moved: Any, *_: Any, **__: Any) -> Any:
            self.asked = True
            return moved

        return cuda

    def _moves(self, real: Any) -> Any:
        def to(moved: Any, *args: Any, **kwargs: Any) -> Any:
            named = {name: self._on_cpu(value) for name, value in kwargs.items()}
            return real(moved, *map(self._on_cpu, args[:1]), *args[1:], **named)

        return to

    def _loads(self, real: Any) -> Any:
        def load(file: Any, map_location: Any = None, *args: Any, **kwargs: Any) -> Any:
            place = self._on_cpu(map_location) if map_location is not None else "cpu"
            return real(file, place, *args, **kwargs)

        return load

    def _nothing(self, _: Any) -> Any:
        def nothing(*_: Any, **__: Any) -> None:
            self.asked = True

        return nothing

    def _on_cpu(self, value: Any) -> Any:
        """A device that is a GPU as the CPU; anything else as it is."""
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if is_number or (isinstance(value, (str, torch.device)) and str(value)[:4] == "cuda"):
            self.asked = True
            return torch.device("cpu")
        return value
