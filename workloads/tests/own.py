"""Programs of the team's own workloads, for their tests: each is by itself in its image, and in no package."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

WORKLOADS = Path(__file__).resolve().parents[1]


def load(path: str) -> ModuleType:
    """Load a program by its path in workloads/, without running it."""
    spec = spec_from_file_location(Path(path).stem, WORKLOADS / path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
