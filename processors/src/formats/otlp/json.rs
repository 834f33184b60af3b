//! JSON as protobuf writes it: numbers of 64 bits as texts, lists that are `null`.
//!
//! Producers write numbers either way, and floating-point numbers where whole ones belong; all of
//! these are read.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// A number, however it was written.
#[derive(Clone, Copy, Debug)]
enum Number {
    Whole(u64),
    Negative(i64),
    Double(f64),
}

struct Lenient(Option<Number>);

impl<'de> Deserialize<'de> for Lenient {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyNumber;

        impl Visitor<'_> for AnyNumber {
            type Value = Lenient;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, or a text that is one")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Lenient, E> {
                Ok(Lenient(Some(Number::Whole(number))))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Lenient, E> {
                Ok(Lenient(Some(Number::Negative(number))))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Lenient, E> {
                Ok(Lenient(Some(Number::Double(number))))
            }

            fn visit_unit<E: Error>(self) -> Result<Lenient, E> {
                Ok(Lenient(None))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Lenient, E> {
                let whole = text.parse().map(Number::Whole);
                let whole = whole.or_else(|_| text.parse().map(Number::Negative));
                let number = whole.or_else(|_| text.parse().map(Number::Double));
                number.map(|number| Lenient(Some(number))).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(AnyNumber)
    }
}

/// A floating-point number.
pub(super) fn double<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    let number = Lenient::deserialize(deserializer)?.0;
    Ok(number.map(|number| match number {
        Number::Whole(number) => number as f64,
        Number::Negative(number) => number as f64,
        Number::Double(number) => number,
    }))
}

/// A whole number that may be negative.
pub(super) fn signed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let number = Lenient::deserialize(deserializer)?.0;
    let wrong = || D::Error::custom("a number that is not whole or too large");
    number.map(|number| whole_of(number).ok_or_else(wrong)).transpose()
}

fn whole_of(number: Number) -> Option<i64> {
    /// Beyond this, floating-point numbers leave whole numbers out.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    match number {
        Number::Whole(number) => i64::try_from(number).ok(),
        Number::Negative(number) => Some(number),
        Number::Double(number) if number.abs() <= EXACT_MAX => {
            #[expect(clippy::cast_possible_truncation, reason = "checked to be within the range")]
            let whole = number as i64;
            Some(whole)
        }
        Number::Double(_) => None,
    }
}

/// A whole number; 0 where there is none.
pub(super) fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = Lenient::deserialize(deserializer)?.0;
    match number {
        Some(Number::Whole(number)) => Ok(number),
        Some(number) => whole_of(number)
            .and_then(|whole| u64::try_from(whole).ok())
            .ok_or_else(|| D::Error::custom("a number that is not whole or negative")),
        None => Ok(0),
    }
}

/// Whole numbers.
pub(super) fn wholes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    #[derive(Deserialize)]
    struct One(#[serde(deserialize_with = "whole")] u64);

    let list = Option::<Vec<One>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(list.into_iter().map(|One(number)| number).collect())
}

/// Floating-point numbers.
pub(super) fn doubles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    #[derive(Deserialize)]
    struct One(#[serde(deserialize_with = "double")] Option<f64>);

    let list = Option::<Vec<One>>::deserialize(deserializer)?.unwrap_or_default();
    Ok(list.into_iter().filter_map(|One(number)| number).collect())
}

/// Anything that may be `null` instead of being left out.
pub(super) fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An enumeration: its number, or the number of the name in this list that the text ends with.
pub(super) fn code<'de, D: Deserializer<'de>>(
    deserializer: D,
    names: &[&str],
) -> Result<u64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Code {
        Number(u64),
        Name(String),
        Nothing,
    }

    Ok(match Code::deserialize(deserializer)? {
        Code::Number(number) => number,
        Code::Name(name) => {
            let place = names.iter().position(|one| name.ends_with(one));
            place.and_then(|place| u64::try_from(place).ok()).unwrap_or(0)
        }
        Code::Nothing => 0,
    })
}
