"""Will this flight arrive late? Departures from New York in 2013."""

from datetime import timedelta

from nyc import departures, weather  # where the rows are

import fieldguide as fg

flights = fg.Program(
    question=fg.Question(
        ask="Will this flight arrive more than 15 minutes late?",
        one_row_is="a scheduled departure",
        decision="offer a rebooking two hours before departure",
    ),
    source=fg.Source(
        departures,
        key="flight_id",
        time="predicted_at",  # two hours before the scheduled departure
        entity="tail_number",
        timezone="America/New_York",
        owner="operations",
        owner_contact="operations@example.org",
        license="CC0",
        purpose="passenger information",
        personal_data="none",
        delivered_every=timedelta(hours=1),
        sampling="every scheduled departure that the carriers reported, each once; delays in whole minutes",
        about="every scheduled departure from EWR, JFK and LGA",
        joins=[
            fg.Join(
                fg.Source(
                    weather,
                    key=("origin", "observed_until"),
                    time="observed_until",  # a report is known when its hour is over
                    timezone="America/New_York",
                    owner="weather desk",
                    owner_contact="weather@example.org",
                    license="CC0",
                    purpose="passenger information",
                    personal_data="none",
                    delivered_every=timedelta(hours=1),
                    about="hourly weather at the three airports",
                ),
                on="origin",
                as_of="observed_until",
                within=timedelta(hours=3),
            )
        ],
    ),
    features=[
        fg.Timestamp("scheduled_at", parts=("hour", "weekday"), about="when the flight is to leave"),
        fg.Category("origin", about="the airport it leaves from"),
        fg.Category("carrier", about="airline code"),
        fg.Number("distance", unit="mile", low=0, high=12_500, about="great circle to the destination"),
        fg.Number("n_sched", unit="1", low=1, about="departures in the timetable of that airport and hour"),
        fg.Number(
            "n_dep3",
            unit="1",
            low=0,
            about="flights that left the airport in the 3 hours before the prediction",
        ),
        fg.Number("recent_delay", unit="minute", low=-1_440, high=2_880, about="their mean departure delay"),
        fg.Number(
            "carrier_late24",
            unit="1",
            low=0,
            high=1,
            about="share late of the carrier's flights from the airport that arrived in the last 24 hours",
        ),
        fg.Number("temp", unit="degree Fahrenheit", low=-80, high=140, about="air temperature"),
        fg.Number("humid", unit="percent", low=0, high=100, about="relative humidity"),
        fg.Number("wind_speed", unit="mile/hour", low=0, high=150, about="mean wind of the last full hour"),
        fg.Number("precip", unit="inch/hour", low=0, high=12, about="rain and melted snow"),
        fg.Number("pressure", unit="millibar", low=850, high=1_100, about="at sea level"),
        fg.Number("visib", unit="mile", low=0, high=10, about="visibility; reports end at 10"),
    ],
    label=fg.BinaryLabel(
        "late",
        arrives_within=timedelta(hours=36),
        known_at="arrived_at",  # cancelled and diverted flights never get a label
        silence="unknown",
        about="arrived more than 15 minutes after its scheduled arrival",
    ),
    model=fg.models.Linear(),
    next_period="2013-10-01",
)
