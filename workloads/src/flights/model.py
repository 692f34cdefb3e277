"""The delay model: what it sees, how it is fitted and how honestly it is judged. Pure; no service is asked anything.

It predicts, before departure, how late a flight arrives, in minutes. It is fitted on the first months and judged on
later ones that it has not seen: flights of one day share their weather and their queues, so a random split would let it
look at the answers. It is compared with a baseline that needs no model at all.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

Values = npt.NDArray[np.float64]

TARGET = "arr_delay"
CATEGORIES = ("carrier", "origin", "dest")
# All known before departure: the schedule, and the weather of the scheduled hour where the flight begins.
NUMBERS = (
    *("weekday", "hour", "minute", "distance"),
    *("temp", "dewp", "humid", "wind_speed", "precip", "pressure", "visib"),
)
FEATURES = (*CATEGORIES, *NUMBERS)
# Fitted on months 1 to 9; 10, 11 and 12 are held out.
LAST_TRAINING_MONTH = 9
# A flight counts as late from here on, in minutes.
LATE_MINUTES = 15
PARAMETERS: Mapping[str, Any] = {
    "loss": "squared_error",
    "max_iter": 60,
    "learning_rate": 0.1,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 200,
    "random_state": 0,
}
# What is in a saved model beyond what skops takes for harmless; whatever else is in one is refused when it is loaded.
TRUSTED_TYPES = (
    "functools.partial",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.utils.validation.check_array",
)


def features(flights: pd.DataFrame) -> pd.DataFrame:
    """Pick what the model sees, always in the same order and types: text, and numbers that may be missing."""
    kinds = dict.fromkeys(CATEGORIES, "object") | dict.fromkeys(NUMBERS, "float64")
    return flights.loc[:, list(FEATURES)].astype(kinds)


def split(flights: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split by time into what is fitted and what is held out; flights that never arrived have no delay to learn."""
    arrived = flights[flights[TARGET].notna()]
    early = arrived["month"] <= LAST_TRAINING_MONTH
    return arrived[early], arrived[~early]


def pipeline() -> Pipeline:
    """Make the model, not fitted yet."""
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    columns = ColumnTransformer(
        [("categories", encoder, list(CATEGORIES)), ("numbers", "passthrough", list(NUMBERS))],
        verbose_feature_names_out=False,
    )
    trees = HistGradientBoostingRegressor(categorical_features=list(range(len(CATEGORIES))), **PARAMETERS)
    return make_pipeline(columns, trees)


def fit(training: pd.DataFrame) -> Pipeline:
    """Fit the model."""
    return pipeline().fit(features(training), training[TARGET].to_numpy(dtype="float64"))


def baseline(training: pd.DataFrame, flights: pd.DataFrame) -> Values:
    """Predict without a model: the mean delay of the same carrier in the same hour of the day, or else of all."""
    means = training.groupby(["carrier", "hour"])[TARGET].mean().rename("guess")
    guesses = flights[["carrier", "hour"]].join(means, on=["carrier", "hour"])["guess"]
    found: Values = guesses.fillna(training[TARGET].mean()).to_numpy(dtype="float64")
    return found


def judge(actual: pd.Series, predicted: Values) -> dict[str, float]:
    """Measure predictions against what happened: minutes, the share of variance explained, the ranking by lateness."""
    truth = actual.to_numpy(dtype="float64")
    late = truth > LATE_MINUTES
    found = {
        "mae": mean_absolute_error(truth, predicted),
        "rmse": mean_squared_error(truth, predicted) ** 0.5,
        "r2": r2_score(truth, predicted),
    }
    # There is no ranking where all or none are late.
    if late.any() and not late.all():
        found["late_auc"] = roc_auc_score(late, predicted)
    return {name: round(float(value), 4) for name, value in found.items()}
