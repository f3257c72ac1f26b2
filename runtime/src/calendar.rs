//! Days since the epoch as dates of the Gregorian calendar, and back: Howard Hinnant's `civil_from_days` and
//! `days_from_civil`.

/// Days from the first of March of the year 0 to the epoch. Years that begin in March have their leap day at the end.
const TO_EPOCH: i64 = 719_468;
/// Days in 400 years.
const ERA: i64 = 146_097;

/// The year, month and day of a day since the epoch.
pub(crate) fn date_of(days: i64) -> (i64, i64, i64) {
    let shifted = days + TO_EPOCH;
    let (era, day_of_era) = (shifted.div_euclid(ERA), shifted.rem_euclid(ERA));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day since the epoch of a year, month and day.
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * ERA + day_of_era - TO_EPOCH
}
