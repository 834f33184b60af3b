//! Reading a value by its mapping.

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use super::Mapping;
use super::reference::Scope;
use crate::formats::fields::Fields;
use crate::formats::pieces::Pieces;
use crate::input::Input;
use crate::json;
use crate::sink::{Refusal, Sink};

impl Mapping {
    /// Gives everything a value holds to the sink.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn read(&self, input: &Input<'_>, sink: &mut dyn Sink) -> Result<(), Refusal> {
        Pieces { envelope: "", read: &|_, text, input, sink| self.read_piece(text, input, sink) }
            .read_all(input, sink)
    }

    fn read_piece(
        &self,
        text: &str,
        input: &Input<'_>,
        sink: &mut dyn Sink,
    ) -> Result<(), Refusal> {
        let whole: Value = json::parse(text.as_bytes())?;
        let Some(each) = &self.each else {
            self.give(Scope { here: &whole, whole: &whole, input }, text, sink);
            return Ok(());
        };
        let elements = elements(each, text);
        if elements.is_empty() {
            sink.filtered("an envelope with nothing in it");
        }
        for element in elements {
            let here: Value = json::parse(element.get().as_bytes())?;
            self.give(Scope { here: &here, whole: &whole, input }, element.get(), sink);
        }
        Ok(())
    }

    fn give(&self, scope: Scope<'_>, text: &str, sink: &mut dyn Sink) {
        if let Some(skip) = self.skip.iter().find(|skip| skip.when.fits(scope)) {
            return sink.filtered(skip.reason);
        }
        let variant = self.variants.iter().find(|(when, _)| when.fits(scope));
        let shape = variant.map_or(&self.shape, |(_, shape)| shape);
        let mut draft = shape.draft(scope);
        draft.raw = Some(Cow::Borrowed(text));
        sink.event(&draft);
    }
}

/// The elements of the list that stands there, as they were written.
fn elements<'a>(list: &[String], text: &'a str) -> Vec<&'a RawValue> {
    let step = |text: &'a str, name: &String| Some(Fields::of(text).raw(name)?.get());
    let found = list.iter().try_fold(text, step);
    found.and_then(|list| serde_json::from_str(list).ok()).unwrap_or_default()
}
