//! The sink's settings, read.

use analytics_postgres::Database;
use analytics_postgres::partitions::{Retention, SIZES};

use crate::config::Given;
use crate::settings as names;

/// The database, if one is given.
pub(crate) fn database(given: &mut Given<'_>) -> Option<Database> {
    let (place, url) = given.secret(&names::DATABASE_URL)?;
    match Database::new(url.trim()) {
        Ok(database) => Some(database),
        Err(error) => {
            given.problem(format!("{place}: {error}"));
            None
        }
    }
}

/// How long rows stay: `1m=14,records=400`; what is not named keeps its default.
pub(crate) fn retention(given: &mut Given<'_>) -> Retention {
    let expected =
        "days by size, such as 1m=14,5m=30,15m=90,1h=400,1d=1825,records=400, each from 1 to 36500";
    given.checked(&names::RETENTION_DAYS, expected, read).unwrap_or_default()
}

fn read(text: &str) -> Option<Retention> {
    let mut retention = Retention::default();
    for part in text.split(',') {
        let (name, days) = part.trim().split_once('=')?;
        let days = days.trim().parse().ok().filter(|days| (1..=36_500).contains(days))?;
        if name == "records" {
            retention.records_days = days;
            continue;
        }
        let place =
            SIZES.iter().position(|size| size.table.strip_prefix("window_") == Some(name))?;
        *retention.windows_days.get_mut(place)? = days;
    }
    Some(retention)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_is_given_by_size_and_the_rest_keeps_its_default() {
        let retention = read("5m=7, records=30").unwrap();
        assert_eq!(retention, Retention { windows_days: [14, 7, 90, 400, 1825], records_days: 30 });
        for wrong in ["", "5m", "2m=7", "1m=0", "1m=-1", "1m=99999", "1m=7,"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
