"""Execution providers: what onnxruntime calculates on, chosen by the configuration and never changed in silence.

Owns the names, the packages that bring them and their options. onnxruntime itself falls back to the CPU with a line
on standard error when a provider cannot start; here that is an error, or a warning that the console shows.
"""

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Final

import onnxruntime as ort  # type: ignore[import-untyped]  # ships no stubs

from edge_agent.detect.errors import ProviderMissingError
from edge_agent.settings.model import DetectorSettings

CPU: Final = "CPUExecutionProvider"
_NAMES: Final[Mapping[str, str]] = {
    "cpu": CPU,
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
PACKAGES: Final[Mapping[str, str]] = {
    "cpu": "onnxruntime",
    "cuda": "onnxruntime-gpu",
    "tensorrt": "onnxruntime-gpu",
    "openvino": "onnxruntime-openvino",
}
"""The pip package that brings a provider; it takes the place of onnxruntime."""
_NVIDIA: Final = ("cuda", "tensorrt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """One provider as onnxruntime wants it: the first is the one that counts, the others take what it cannot do."""

    key: str
    """The word of the configuration."""
    wanted: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """Names with their options."""

    @property
    def name(self) -> str:
        """What onnxruntime calls it."""
        return self.wanted[0][0]

    def arguments(self) -> list[tuple[str, dict[str, str]]]:
        """Return what InferenceSession takes."""
        return [(name, dict(options)) for name, options in self.wanted]

    def load_libraries(self) -> None:
        """Load what pip packages brought of NVIDIA's libraries; call it before a session is opened.

        ``pip install "onnxruntime-gpu[cuda,cudnn]"`` puts them where no loader looks. What is missing is told by the
        session that then does not start.
        """
        if self.key in _NVIDIA:
            with redirect_stdout(sys.stderr):  # it talks to people where programs may listen
                ort.preload_dlls()

    def not_started(self, used: list[str]) -> ProviderMissingError:
        """Return the error for a session that came up on something else."""
        device = dict(self.wanted[0][1]).get("device_id", "0")
        another = f"there is no device {device}, or " if device != "0" else ""
        return ProviderMissingError(
            f'the execution provider "{self.key}" could not start and onnxruntime took {", ".join(used)}: {another}its '
            f"drivers or libraries are missing; onnxruntime names what on standard error; mend that, or set "
            f'provider = "cpu" or provider_missing = "use_cpu"'
        )


CPU_ONLY: Final = Provider(key="cpu", wanted=((CPU, ()),))


def provider_of(settings: DetectorSettings) -> Provider:
    """Return the provider the settings ask for; raises ProviderMissingError when this onnxruntime does not have it."""
    key = settings.provider
    available: list[str] = ort.get_available_providers()
    if _NAMES[key] not in available:
        raise ProviderMissingError(
            f'the execution provider "{key}" is not in this onnxruntime (it has {", ".join(available)}); run: '
            f"pip uninstall -y {' '.join(sorted(set(PACKAGES.values())))} && pip install {PACKAGES[key]} - "
            f'or set provider = "cpu" or provider_missing = "use_cpu"'
        )
    device, cache = settings.provider_device, settings.provider_cache_dir
    options: dict[str, str] = {}
    match key:
        case "cpu":
            return CPU_ONLY
        case "cuda":
            options = {"device_id": device or "0"}
        case "tensorrt":
            options = {"device_id": device or "0", "trt_fp16_enable": "1"}
            if cache:
                options |= {"trt_engine_cache_enable": "1", "trt_engine_cache_path": cache}
        case "openvino":
            # One thread, as with the CPU provider: the cameras are the parallel work.
            options = {"device_type": device or "CPU", "num_of_threads": "1"}
            if cache:
                options["cache_dir"] = cache
    after = [("CUDAExecutionProvider", (("device_id", device or "0"),))] if key == "tensorrt" else []
    return Provider(key=key, wanted=((_NAMES[key], tuple(options.items())), *after, (CPU, ())))
