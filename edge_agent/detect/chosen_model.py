"""Which model a room runs, on what and in which numbers: decided once at start, then opened as often as needed.

Owns ChosenModel and ``choose_model``. A ChosenModel can be pickled, so the process that decides need not be the one
that looks.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from edge_agent.core.precision import Precision, PrecisionChoice, PrecisionReason, precision_by_time
from edge_agent.detect.errors import ModelError, ProviderMissingError
from edge_agent.detect.manifest import ModelEntry, load_catalogue, verified_file
from edge_agent.detect.precision_trial import Meter, fastest_looks_ms
from edge_agent.detect.providers import CPU_ONLY, Provider, provider_of
from edge_agent.detect.session import ModelSession
from edge_agent.ops.clock import Clock, SystemClock
from edge_agent.settings.model import DetectorSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenModel:
    """A model that was tried and fits."""

    entry: ModelEntry
    file: Path
    labels: tuple[str, ...]
    provider: Provider
    precision: PrecisionChoice
    warnings: tuple[str, ...] = ()
    """Sentences for the console: what the room asked for and does not have."""

    def open(self, *, min_score: float) -> ModelSession:
        """Return a session of its own; raises ModelError."""
        return ModelSession(
            self.entry, self.file, classes=len(self.labels), min_score=min_score, provider=self.provider
        )

    def report(self) -> dict[str, object]:
        """Return what logs and the console show: plain values under stable names."""
        return {
            "model": self.entry.name,
            "input": list(self.entry.input),
            "provider": self.provider.key,
            **asdict(self.precision),
            "warnings": list(self.warnings),
        }


def choose_model(
    settings: DetectorSettings,
    *,
    models_dir: Path | None = None,
    clock: Clock | None = None,
    meter: Meter | None = None,
) -> ChosenModel:
    """Decide what the settings leave open; raises ModelError in words for a technician.

    With ``precision = "auto"`` and an int8 twin this takes a second, else as long as it takes to open the model.
    """
    choosing = _Choosing(settings, models_dir or settings.models_dir, clock or SystemClock(), meter)
    try:
        return choosing.on(provider_of(settings))
    except ProviderMissingError as error:
        if settings.provider_missing == "refuse":
            raise
        return choosing.on(CPU_ONLY, f"{error}; the model runs on the CPU meanwhile")


class _Choosing:
    """One decision: the catalogue is read once, a provider may be tried and found missing."""

    def __init__(self, settings: DetectorSettings, folder: Path, clock: Clock, meter: Meter | None) -> None:
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._meter = meter
        self._catalogue = load_catalogue(folder)
        self._entry = self._catalogue.entry(settings.model)
        self._twin = self._catalogue.int8_twin(self._entry)

    def on(self, provider: Provider, *warnings: str) -> ChosenModel:
        """Return the model for this provider, opened once so that everything about it is known to fit."""
        match self._settings.precision:
            case "auto":
                return self._by_time(provider, warnings)
            case "fp32":
                return self._opened(self._entry, provider, warnings)
            case "int8":
                if self._twin is None and not self._entry.int8_of:
                    raise ModelError(
                        f"model {self._entry.name}: has no int8 twin; make one with patrol models quantize "
                        f'{self._entry.name} --models-dir {self._folder}, or set precision = "auto"'
                    )
                return self._opened(self._twin or self._entry, provider, warnings)

    def _opened(
        self,
        entry: ModelEntry,
        provider: Provider,
        warnings: tuple[str, ...],
        reason: PrecisionReason = PrecisionReason.ASKED_FOR,
    ) -> ChosenModel:
        precision = Precision.INT8 if entry.int8_of else Precision.FP32
        chosen = self._model(entry, provider, PrecisionChoice(precision=precision, reason=reason), warnings)
        chosen.open(min_score=self._settings.min_score)
        return chosen

    def _by_time(self, provider: Provider, warnings: tuple[str, ...]) -> ChosenModel:
        if self._twin is None:
            return self._opened(self._entry, provider, warnings, PrecisionReason.NO_TWIN)
        unmeasured = PrecisionChoice(precision=Precision.FP32, reason=PrecisionReason.NO_TWIN)
        whole = self._model(self._entry, provider, unmeasured, warnings)
        sessions = [whole.open(min_score=self._settings.min_score)]
        try:
            twin = self._model(self._twin, provider, unmeasured, warnings)
            sessions.append(twin.open(min_score=self._settings.min_score))
        except ModelError as error:
            return replace(whole, warnings=(*warnings, f"{error}; the model runs in fp32 meanwhile"))
        fp32_ms, int8_ms = fastest_looks_ms(sessions, self._clock, meter=self._meter)
        choice = precision_by_time(fp32_ms=fp32_ms, int8_ms=int8_ms)
        return replace(twin if choice.precision is Precision.INT8 else whole, precision=choice)

    def _model(
        self, entry: ModelEntry, provider: Provider, choice: PrecisionChoice, warnings: tuple[str, ...]
    ) -> ChosenModel:
        return ChosenModel(
            entry=entry,
            file=verified_file(entry, self._folder),
            labels=self._catalogue.labels(entry),
            provider=provider,
            precision=choice,
            warnings=warnings,
        )
