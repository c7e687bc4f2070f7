"""The flights as one might begin: with a delay that is known too late, and the weather as it comes.

`fieldguide grade examples/flights_careless.py` names both; `flights.py` beside it is mended.
"""

from dataclasses import replace

import flights as mended
from nyc import departures_careless, weather_as_it_comes

import fieldguide as fg

_weather = mended.flights.source.joins[0]

flights = replace(
    mended.flights,
    source=replace(
        mended.flights.source,
        data=departures_careless,
        joins=[replace(_weather, source=replace(_weather.source, data=weather_as_it_comes))],
    ),
    features=[
        *mended.flights.features,
        fg.Number("dep_delay", unit="minute", low=-1_440, high=2_880, about="minutes late at departure"),
    ],
)
