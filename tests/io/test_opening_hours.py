"""Opening hours on hand-made weeks, and as tables write them."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from planner.config.sections.layers import Layer
from planner.config.service_times import parse_days, parse_service_time
from planner.io.layer_read import LayerRequest, frame_to_layer
from planner.io.opening_hours import hours_of, is_readable, open_states, to_osm_syntax
from planner.schemas.tables import FACILITIES, SERVICES

OPEN, SHUT, UNKNOWN = 1, 0, -1
OFFICE = [OPEN if 9 <= hour < 17 else SHUT for hour in range(24)]


def states(hours: str, *times: str, year: int | None = None) -> list[int]:
    parsed = [parse_service_time(time) for time in times]
    return open_states([hours], [time for time in parsed if time is not None], year=year)[0].tolist()


def test_a_week_by_hand() -> None:
    """Office hours on weekdays, a short Saturday, closed on Sunday: all 168 hours."""
    hours = "Mo-Fr 09:00-17:00; Sa 10:00-12:00"
    for day, name in enumerate(("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")):
        expected = OFFICE if day < 5 else [OPEN if day == 5 and hour in (10, 11) else SHUT for hour in range(24)]
        assert states(hours, *(f"{name} {hour:02}:00" for hour in range(24))) == expected


def test_opening_is_inclusive_and_closing_is_not() -> None:
    assert states("Mo 09:00-17:00", "Mo 8:59", "Mo 9:00", "Mo 16:59", "Mo 17:00") == [SHUT, OPEN, OPEN, SHUT]


def test_past_midnight() -> None:
    assert states("Fr 22:00-02:00", "Fr 23:00", "Sa 01:00", "Sa 02:00", "Fr 01:00") == [OPEN, OPEN, SHUT, SHUT]


def test_several_days_are_open_if_all_are() -> None:
    assert states("Mo-Th 18:00-20:00", "weekday 19:00", "Mo-Th 19:00", "weekend 19:00") == [SHUT, OPEN, SHUT]


@pytest.mark.parametrize(
    "hours",
    [
        *("ask inside", "", "Mo-Fr 9-17", "sunrise-sunset", 'Mo-Su 08:00-20:00 "by appointment"'),
        *("Apr-Oct Mo-Su 08:00-20:00", "Su[1] 08:00-20:00", "Mo-Su 08:00+", "2020 Mo-Su 08:00-20:00", "unknown"),
    ],
)
def test_what_is_not_known_is_never_closed(hours: str) -> None:
    assert states(hours, "Sunday 10:00") == [UNKNOWN]


def test_hours_that_name_a_year_count_in_that_year() -> None:
    assert states("2026 Mo-Su 08:00-20:00", "Sunday 10:00", year=2026) == [OPEN]
    assert states("2026 Mo-Su 08:00-20:00", "Sunday 10:00", year=2027) == [SHUT]


def test_days_are_no_public_holidays() -> None:
    assert states("Mo-Fr 09:00-17:00; PH off", "weekday 10:00") == [OPEN]
    assert states("PH 09:00-17:00", "weekday 10:00") == [SHUT]


@pytest.mark.parametrize(
    ("text", "osm"),
    [
        ("周一至周五 9：00－18：00", "Mo-Fr 9:00-18:00"),
        ("周一至周五9:00-18:00，周六9:00-12:00", "Mo-Fr 9:00-18:00; Sa 9:00-12:00"),
        ("星期一至星期日 上午8:30-12:00 下午2:30-6:00", "Mo-Su 8:30-12:00,14:30-18:00"),
        ("周一、三、五 9:00-11:00", "Mo,We,Fr 9:00-11:00"),
        ("工作日 9点~17点半；周末休息", "Mo-Fr 9:00-17:30;Sa,Su off"),
        ("每天：全天", "Mo-Su 00:00-24:00"),
        ("Mo-Fr 09:00-18:00,Sa 10:00-12:00", "Mo-Fr 09:00-18:00, Sa 10:00-12:00"),
        ("9：00～18：00", "9:00-18:00"),
        ("周一至周五：8:30-12:00；14:00-17:30", "Mo-Fr 8:30-12:00,14:00-17:30"),
        ("每周二、四 9:00-11:00", "Tu,Th 9:00-11:00"),
        ("晚上8:00-12:00", "20:00-24:00"),
        ("晚上10:00-2:00", "22:00-02:00"),
    ],
)
def test_hours_as_chinese_tables_write_them(text: str, osm: str) -> None:
    assert to_osm_syntax(text) == osm
    assert is_readable(osm)


@pytest.mark.parametrize(
    "text",
    ["晚上12:00-2:00", "工作日开放，节假日休息", "夏季9:00-18:00", "周二闭馆，其余时间9:00-17:00", "联系居委会"],
)
def test_what_is_half_understood_is_not_read(text: str) -> None:
    assert not is_readable(to_osm_syntax(text))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ("周一闭馆", [SHUT, UNKNOWN, UNKNOWN]),
        ("周末休息", [UNKNOWN, UNKNOWN, SHUT]),
        ("PH off", [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("节假日休息", [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("周一至周五", [UNKNOWN, UNKNOWN, SHUT]),
        ("每天开放", [UNKNOWN, UNKNOWN, UNKNOWN]),
        ('Mo; Su 09:00-12:00 "by appointment"', [UNKNOWN, UNKNOWN, UNKNOWN]),
        ("off", [SHUT, SHUT, SHUT]),
        ("24/7; Su off", [OPEN, OPEN, SHUT]),
        ("Mo-Fr 09:00-18:00, Sa off", [OPEN, OPEN, SHUT]),
        ("9:00-17:00 周一闭馆", [SHUT, OPEN, OPEN]),
    ],
)
def test_days_off_alone_state_nothing_of_the_others_and_days_alone_no_hours(
    hours: str, expected: list[int]
) -> None:
    assert states(to_osm_syntax(hours), "Mo 10:00", "Tu 10:00", "Su 10:00") == expected
    assert is_readable(to_osm_syntax(hours)) is (UNKNOWN not in expected)


def test_hours_after_a_comma_add_to_those_before() -> None:
    hours = to_osm_syntax("Mo-Su 09:00-12:00,Mo 14:00-18:00")
    assert states(hours, "Mo 10:00", "Mo 15:00", "Tu 15:00") == [OPEN, OPEN, SHUT]


@pytest.mark.parametrize("hours", ["8:30-12:00，2:30-6:00", "9:00-5:00", "Mo-Fr 8:30-4:30", "09:00-09:00"])
def test_hours_that_may_count_from_noon_are_not_known(hours: str) -> None:
    assert states(to_osm_syntax(hours), "Mo 10:00", "Mo 15:00", "Mo 03:00") == [UNKNOWN] * 3
    assert not is_readable(to_osm_syntax(hours))


@pytest.mark.parametrize("hours", ["22:00-2:00", "10:00-02:00", "18:00-9:00", "22:00-24:00,00:00-02:00"])
def test_nights_stay_nights(hours: str) -> None:
    assert states(to_osm_syntax(hours), "Mo 23:00", "Mo 01:00") == [OPEN, OPEN]


@pytest.mark.parametrize(
    ("opens", "closes", "hours"),
    [
        (["0.375", "0"], ["1", "1.0"], ["09:00-24:00", "00:00-24:00"]),
        (["0"], ["1"], ["00:00-24:00"]),
        (["0.75"], ["1.0833333333"], ["18:00-26:00"]),
        (["9", "1"], ["18", "5"], ["09:00-18:00", "01:00-05:00"]),
        (["9:00"], ["1 day, 0:00:00"], ["09:00-00:00"]),
    ],
)
def test_a_share_of_a_day_may_be_a_whole_one(opens: list[str], closes: list[str], hours: list[str]) -> None:
    assert hours_of(pd.DataFrame({"open_from": opens, "open_to": closes})).tolist() == hours


@pytest.mark.parametrize(
    ("opens", "closes"), [("9:00", "下午 5:00"), ("9:00", "PM 5:00"), ("周一 9:00", "17:00"), ("09:00", "5:00")]
)
def test_columns_with_words_or_an_hour_of_twelve_are_not_read(opens: str, closes: str) -> None:
    hours = hours_of(pd.DataFrame({"open_from": [opens], "open_to": [closes]}))[0]
    assert not is_readable(hours)
    assert states(hours, "Mo 10:00", "Mo 03:00") == [UNKNOWN, UNKNOWN]


def test_hours_of_columns_from_and_to() -> None:
    table = pd.DataFrame(
        {
            "open_from": ["9:00", "0.375", "1899-12-30 09:00:00", "9点", "nine", None],
            "open_to": ["17:30", "0.75", "18:00:00", "17点半", "17:00", None],
        }
    )
    hours = hours_of(table)
    assert hours.tolist() == ["09:00-17:30", "09:00-18:00", "09:00-18:00", "09:00-17:30", "nine-17:00", ""]
    assert [is_readable(text) for text in hours] == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("text", "days", "clock"),
    [
        ("weekday 19:00", (0, 1, 2, 3, 4), "19:00"),
        ("Sunday 10:00", (6,), "10:00"),
        ("工作日 19:00", (0, 1, 2, 3, 4), "19:00"),
        ("周六、周日 9点半", (5, 6), "09:30"),
        ("Mon-Sat 8：05", (0, 1, 2, 3, 4, 5), "08:05"),
        ("7:00", (0, 1, 2, 3, 4, 5, 6), "07:00"),
    ],
)
def test_times_of_the_week(text: str, days: tuple[int, ...], clock: str) -> None:
    time = parse_service_time(text)
    assert time is not None
    assert (time.days, time.clock) == (days, clock)
    assert parse_service_time(time.id) == time


@pytest.mark.parametrize(
    "text", ["evening", "Sunday", "weekday 25:00", "holiday 10:00", "Mo 10:75", "Fr-Mo 10:00"]
)
def test_what_is_no_time_of_the_week(text: str) -> None:
    assert parse_service_time(text) is None


def test_no_day_is_no_days() -> None:
    assert parse_days("Friday to") is None


@pytest.mark.parametrize(
    ("column", "cells", "weekly", "hours"),
    [
        ("开放时间", ["40", "35小时"], [40.0, 35.0], ["", ""]),
        ("开放时间", ["9:00-17:00", "周一至周五 9:00-18:00"], [None, None], None),
        ("opening_hours", ["40", "35"], [40.0, 35.0], ["", ""]),
        ("opening_hours", ["Mo-Fr 09:00-17:00", "24/7"], [None, None], None),
    ],
)
def test_a_column_of_centres_holds_hours_a_week_or_opening_hours(
    column: str, cells: list[str], weekly: list[float | None], hours: list[str] | None
) -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b"], "name": ["A", "B"], "tier": ["station", "station"], column: cells},
        geometry=[shapely.Point(500_000, 4_390_000), shapely.Point(500_001, 4_390_001)],
        crs=32648,
    )
    request = LayerRequest(Layer(path="x.csv"), "inputs.facilities", FACILITIES, None, ())
    read = frame_to_layer(frame, "", request)
    table = FACILITIES.check(read.frame, source="x")
    assert table["open_hours_week"].astype(object).where(table["open_hours_week"].notna(), None).tolist() == weekly
    assert table["opening_hours"].tolist() == (cells if hours is None else hours)
    of_service = LayerRequest(Layer(path="x.csv"), "services.0.layer", SERVICES, None, ())
    assert (
        SERVICES.check(frame_to_layer(frame, "", of_service).frame, source="x")["opening_hours"].tolist() == cells
    )
