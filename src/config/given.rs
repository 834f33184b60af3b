//! Values as they were given, each with its place, and what is wrong with them.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;

use super::Environment;
use super::file::{self, Field};
use crate::cli::TypedSettings;
use crate::settings::{self, Setting};

/// Everything that is wrong, in the order it was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problems(pub(crate) Vec<String>);

/// One value, and where it was given in words that lead there.
#[derive(Clone)]
struct Value {
    text: String,
    place: String,
}

/// What was given for all settings.
pub(crate) struct Given<'e> {
    values: BTreeMap<&'static str, Value>,
    /// The fields of the file's `client` section.
    client: Vec<Field>,
    environment: Environment<'e>,
    problems: Vec<String>,
}

impl<'e> Given<'e> {
    /// Puts the three sources together.
    pub(crate) fn new(
        typed: &TypedSettings,
        file: Option<&Path>,
        environment: Environment<'e>,
    ) -> Self {
        let (values, client) = (BTreeMap::new(), Vec::new());
        let mut given = Self { values, client, environment, problems: Vec::new() };
        if let Some(path) = file {
            given.read_file(path);
        }
        for setting in settings::all() {
            let place = setting.variable();
            if let Some(text) = environment(&place) {
                given.values.insert(setting.name, Value { text, place });
            }
        }
        for setting in settings::all() {
            if let Some(text) = typed.get(setting.name) {
                let value = Value { text: text.clone(), place: setting.flag() };
                given.values.insert(setting.name, value);
            }
        }
        given
    }

    fn read_file(&mut self, path: &Path) {
        let (fields, problems) = file::read(path);
        self.problems.extend(problems);
        for field in fields {
            if field.section.is_some() {
                self.client.push(field);
                continue;
            }
            let Some(setting) = settings::all().find(|setting| setting.name == field.name) else {
                self.problems.push(field.unknown());
                continue;
            };
            let text = if setting.is_secret() {
                field.secret(self.environment)
            } else {
                field.text(self.environment)
            };
            match text {
                Ok(text) => {
                    let place = format!("{}: {}", field.place, field.name);
                    self.values.insert(setting.name, Value { text, place });
                }
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    /// The fields of the file's `client` section.
    pub(super) fn take_client(&mut self) -> Vec<Field> {
        std::mem::take(&mut self.client)
    }

    /// A variable that is not ours.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name)
    }

    pub(super) fn environment(&self) -> Environment<'e> {
        self.environment
    }

    /// Notes something that is wrong.
    pub(crate) fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Refuses the value of a setting for a reason that follows from others.
    pub(crate) fn refuse(&mut self, setting: &Setting, why: &str) {
        let value = self.values.get(setting.name);
        let place = match value {
            Some(value) => format!("{} is `{}`", value.place, value.text),
            None => format!("{} is its default", setting.name),
        };
        self.problems.push(format!("{place}: {why}"));
    }

    /// The value of a setting, if it was given and `read` takes it.
    pub(crate) fn checked<T>(
        &mut self,
        setting: &Setting,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let Value { text, place } = self.values.get(setting.name)?;
        let value = read(text.trim());
        if value.is_none() {
            self.problems.push(format!("{place} is `{text}`; give {expected}"));
        }
        value
    }

    /// The value of a setting that is never shown, and where it was given.
    pub(crate) fn secret(&mut self, setting: &Setting) -> Option<(String, String)> {
        self.values.get(setting.name).map(|value| (value.place.clone(), value.text.clone()))
    }

    /// A number within a range.
    pub(crate) fn number<T>(
        &mut self,
        setting: &Setting,
        within: RangeInclusive<T>,
        default: T,
    ) -> T
    where
        T: FromStr + PartialOrd + fmt::Display,
    {
        let expected = format!("a whole number from {} to {}", within.start(), within.end());
        let read = |text: &str| text.parse().ok().filter(|number| within.contains(number));
        self.checked(setting, &expected, read).unwrap_or(default)
    }

    /// A text that has to be given.
    pub(crate) fn required(&mut self, setting: &Setting) -> String {
        let given = self.values.get(setting.name).map(|value| value.text.trim().to_owned());
        given.filter(|text| !text.is_empty()).unwrap_or_else(|| {
            let (flag, variable) = (setting.flag(), setting.variable());
            self.problems.push(format!(
                "{} is not given; give {flag}, {variable} or `{}: …` in the file",
                setting.name, setting.name
            ));
            String::new()
        })
    }

    /// What was resolved, unless something is wrong.
    pub(crate) fn done<T>(self, resolved: T) -> Result<T, Problems> {
        if self.problems.is_empty() { Ok(resolved) } else { Err(Problems(self.problems)) }
    }
}
