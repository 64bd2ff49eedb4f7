"""The sections every scenario has: data, model, training. The others are switches (see `scenario`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.knobs import Section, knob

OWN_HOSPITALS = ("notebook",)  # sources that come in hospitals of their own
BUILT_IN = ("synthetic", "notebook", "breast-cancer")
CATALOGUE = ("heart-disease", "heart-disease-full", "eicu-demo", "mimic-demo")  # fetched on request
PUBLIC = BUILT_IN + CATALOGUE  # everybody has these patients; any other source is somebody's own
_A_ROW_EACH = (*BUILT_IN, "heart-disease", "heart-disease-full")  # no patient has two rows


def _natural(values: Mapping[str, Any]) -> str:
    has_hospitals = values["source"] in OWN_HOSPITALS or values["source"] not in BUILT_IN
    return "natural" if has_hospitals else "iid"


def _scaling(values: Mapping[str, Any]) -> str:
    return "ranges" if values["ranges"] else "global"


def _class_weight(values: Mapping[str, Any]) -> str:
    return "given" if values["case_weight"] != 1 else "none"


_USERS: Mapping[str, Callable[[Data], bool]] = {
    "hospitals": lambda data: data.partition != "natural",
    "patients": lambda data: data.source == "synthetic",
    "features": lambda data: data.source == "synthetic",
    "alpha": lambda data: (
        data.partition in ("dirichlet", "label_mix", "covariate", "concept")
        or (data.partition == "quantity" and not data.sizes)
    ),
    "sizes": lambda data: data.partition == "quantity",
    "shards": lambda data: data.partition == "pathological",
    "along": lambda data: data.partition == "covariate",
    "ranges": lambda data: data.scaling == "ranges",
    "hospital_col": lambda data: data.source not in PUBLIC or data.source == "eicu-demo",
    "label_col": lambda data: data.source not in PUBLIC,
    "separator": lambda data: data.source not in PUBLIC,
    "positive": lambda data: data.source not in PUBLIC or data.source == "breast-cancer",
}


@dataclass(frozen=True)
class Data(Section):
    """Where the patients come from and how they fall to hospitals."""

    section: ClassVar[str] = "data"

    source: str = knob(
        "synthetic", "a name that `fedtui data` lists, or the path of a CSV or a folder"
    )
    hospitals: int = knob(
        5,
        "hospitals, where the source has none of its own",
        low=1,
        high=1_000_000,
        unit="hospitals",
    )
    patients: int = knob(
        200,
        "patients per hospital, held-out ones included (synthetic)",
        low=1,
        high=10_000_000,
        unit="patients",
    )
    features: int = knob(10, "columns of a synthetic table", low=2, high=10_000, unit="columns")
    partition: str = knob(
        "natural",
        "how patients fall to hospitals",
        choices=(
            "natural",
            "iid",
            "dirichlet",
            "label_mix",
            "quantity",
            "pathological",
            "covariate",
            "concept",
        ),
        depends=_natural,
    )
    alpha: float = knob(
        0.3, "how alike hospitals are: small is very different, large is alike", above=0, high=1e6
    )
    sizes: tuple[str, ...] = knob((), "relative sizes of the hospitals (quantity), e.g. 10,1,1")
    shards: int = knob(
        2,
        "shards of one label each that a hospital gets (pathological); 1: one label only",
        low=1,
        high=1000,
        unit="shards",
    )
    along: str = knob(
        "", "column along which hospitals differ (covariate); empty: a mixture that the seed draws"
    )
    test_fraction: float = knob(
        0.2, "part of each hospital's patients held out for testing", above=0, below=1
    )
    scaling: str = knob(
        "global",
        "standardise columns over all training patients, per hospital, by public ranges, or not",
        choices=("global", "hospital", "ranges", "none"),
        depends=_scaling,
    )
    ranges: tuple[str, ...] = knob(
        (), "public bounds of columns, e.g. age=0:110,*=0:10; no patient is asked for a scale"
    )
    hospital_col: str = knob("hospital", "CSV column that names the hospital")
    label_col: str = knob("label", "CSV column that holds the label")
    positive: str = knob(
        "",
        "label value that counts as positive, or a threshold such as >0; empty: 1, or what says so",
    )
    keep: tuple[str, ...] = knob((), "columns to use; empty: all")
    drop: tuple[str, ...] = knob((), "columns to leave out")
    separator: str = knob(
        "auto", "CSV separator: , or ; or | or tab; auto: the one that the header is written with"
    )

    @property
    def example(self) -> str:
        """What a row is: a "patient", or where one may have several, an admission say, a "row"."""
        return "patient" if self.source in _A_ROW_EACH else "row"

    def unused(self, key: str) -> str:
        """Which keys the source and the partition leave idle."""
        users = _USERS.get(key)
        if users is None or users(self):
            return ""
        if key == "ranges":
            return f'data.scaling = "{self.scaling}" does not use them'
        return f"source {self.source!r} with partition {self.partition!r} does not use it"


@dataclass(frozen=True)
class Model(Section):
    """What is learned."""

    section: ClassVar[str] = "model"

    kind: str = knob("logistic", "the model", choices=("logistic", "mlp"))
    hidden: int = knob(16, "hidden units (mlp)", low=1, high=4096, unit="units")
    l2: float = knob(0.0, "penalty on the weights, not the bias: (l2 / 2) ‖w‖²", low=0, high=1e6)
    init: str = knob("zero", "params before round 1", choices=("zero", "uniform"))
    class_weight: str = knob(
        "none",
        "weight of a patient: all alike; balanced, so that cases and others weigh the same together;"
        " or given",
        choices=("none", "balanced", "given"),
        depends=_class_weight,
    )
    case_weight: float = knob(
        1.0, "weight of a case beside another patient's 1, given and not counted", above=0, high=1e6
    )

    def unused(self, key: str) -> str:
        """Only an mlp has hidden units, and it cannot start from zero."""
        if key == "case_weight" and self.class_weight != "given":
            return f'model.class_weight = "{self.class_weight}" does not use it'
        if self.kind == "mlp":
            always = "an mlp always starts at random: from zero its units would all stay alike"
            return always if key == "init" else ""
        return "a logistic model has no hidden units" if key == "hidden" else ""


@dataclass(frozen=True)
class Training(Section):
    """How the rounds and the local training go."""

    section: ClassVar[str] = "training"

    rounds: int = knob(20, "rounds", low=1, high=65_535, unit="rounds")
    local_epochs: int = knob(
        5, "passes over a hospital's own patients per round", low=1, high=10_000, unit="epochs"
    )
    local_steps: int = knob(
        0,
        "minibatch steps per round, in place of epochs where not 0",
        low=0,
        high=1_000_000,
        unit="steps",
    )
    batch_size: int = knob(
        32, "patients per step; 0: all of a hospital's", low=0, high=10_000_000, unit="patients"
    )
    learning_rate: float = knob(0.1, "size of a local step", above=0, high=1000)
    participation: float = knob(1.0, "part of the hospitals drawn in each round", above=0, high=1)
    weighting: str = knob(
        "patients",
        "a hospital's vote: by its patients (n_i/N), or all equal",
        choices=("patients", "equal"),
    )
