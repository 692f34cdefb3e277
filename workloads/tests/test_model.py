"""The delay model's pure parts, held against plain pandas and NumPy."""

import numpy as np
import pandas as pd
import pytest

from flights import model
from flights.interval import Folder, check


def flights(**columns: list[object]) -> pd.DataFrame:
    rows = len(next(iter(columns.values())))
    plain: dict[str, list[object]] = {name: ["AA"] * rows for name in model.CATEGORIES}
    plain |= {name: [1] * rows for name in model.NUMBERS}
    return pd.DataFrame({**plain, "month": [1] * rows, "arr_delay": [0.0] * rows, **columns})


def test_the_split_is_by_time_and_leaves_out_what_never_arrived() -> None:
    table = flights(month=[1, 9, 10, 12, 12], arr_delay=[1.0, None, 3.0, 4.0, None])
    training, held_out = model.split(table)
    assert training["month"].tolist() == [1]
    assert held_out["month"].tolist() == [10, 12]


def test_the_baseline_is_the_mean_of_carrier_and_hour_or_of_all() -> None:
    training = flights(carrier=["AA", "AA", "UA"], hour=[5, 5, 6], arr_delay=[10.0, 20.0, 60.0])
    asked = flights(carrier=["AA", "UA", "XX", "UA"], hour=[5, 6, 5, 5])
    assert model.baseline(training, asked).tolist() == [15.0, 60.0, 30.0, 30.0]


def test_measures_are_what_their_names_say() -> None:
    actual = pd.Series([0.0, 10.0, 20.0, 40.0])
    predicted = np.array([5.0, 5.0, 30.0, 30.0])
    errors = predicted - actual.to_numpy()
    found = model.judge(actual, predicted)
    assert found["mae"] == pytest.approx(np.abs(errors).mean(), abs=1e-4)
    assert found["rmse"] == pytest.approx(np.sqrt((errors**2).mean()), abs=1e-4)
    assert found["r2"] == pytest.approx(1 - (errors**2).sum() / ((actual - actual.mean()) ** 2).sum(), abs=1e-4)
    # Late are 20 and 40; every one of them is ranked before the other two.
    assert found["late_auc"] == 1.0


def test_there_is_no_ranking_where_all_are_on_time() -> None:
    assert "late_auc" not in model.judge(pd.Series([1.0, 2.0]), np.array([1.0, 3.0]))


def test_the_model_knows_nothing_of_what_happens_after_departure() -> None:
    after = {"dep_delay", "dep_time", "arr_time", "air_time", "arr_delay", "month", "day", "year"}
    assert after.isdisjoint(model.FEATURES)


def test_a_category_and_a_value_that_were_never_seen_are_predicted_too() -> None:
    rows = 1000
    training = flights(hour=list(range(rows)), arr_delay=[float(hour % 50) for hour in range(rows)])
    pipeline = model.fit(training)
    unknown = flights(carrier=["ZZ"], origin=["???"], temp=[None], pressure=[None])
    assert np.isfinite(pipeline.predict(model.features(unknown))).all()


def test_an_interval_names_a_folder() -> None:
    folder = Folder("delays", "2013-12-31")
    assert folder.data == "delays/interval=2013-12-31/delays.parquet"
    assert folder.result == "delays/interval=2013-12-31/_result.json"


@pytest.mark.parametrize("text", ["2013-12-31", "2013-12-31T060000", "2013-12-31T06.5+00"])
def test_an_interval_is_told_from_a_path(text: str) -> None:
    assert check(text) is None
    for bad in ("", f"{text}/", f"../{text}", f"{text} ", "x" * 64):
        assert "allowed: 1 to 63" in (check(bad) or "")
