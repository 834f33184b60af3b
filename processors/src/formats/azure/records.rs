//! What records of Azure have in common: resource ids, and texts that may be objects.

use std::borrow::Cow;

use super::super::fields::Fields;
use crate::draft::Labels;

/// A resource id, taken apart. It is lower case, as Azure compares it.
#[derive(Debug, Default)]
pub(super) struct ResourceName {
    pub(super) id: String,
    pub(super) subscription: Option<String>,
    pub(super) group: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) name: Option<String>,
}

impl ResourceName {
    /// Takes `/subscriptions/…/resourceGroups/…/providers/{provider}/{type}/{name}/…` apart.
    pub(super) fn of(id: &str) -> Self {
        let id = id.trim().trim_end_matches('/').to_ascii_lowercase();
        let parts: Vec<&str> = id.split('/').filter(|part| !part.is_empty()).collect();
        let after = |word: &str| {
            let at = parts.iter().position(|part| *part == word)?;
            parts.get(at + 1).map(|part| (*part).to_owned())
        };
        // A resource of one provider may hang on that of another: the last one is meant.
        let provider = parts.iter().rposition(|part| *part == "providers");
        let own = provider.and_then(|at| parts.get(at + 1..)).unwrap_or_default();
        let pairs = own.get(1..).unwrap_or_default();
        let kinds: Vec<&str> = pairs.iter().step_by(2).copied().collect();
        Self {
            subscription: after("subscriptions"),
            group: after("resourcegroups"),
            provider: own.first().map(|part| (*part).to_owned()),
            kind: (!kinds.is_empty()).then(|| kinds.join("/")),
            name: pairs.last().filter(|_| pairs.len() % 2 == 0).map(|part| (*part).to_owned()),
            id,
        }
    }

    /// What the record is about, under the names of `OpenTelemetry` and our own for the rest.
    pub(super) fn attributes<'a>(&self, region: Option<Cow<'a, str>>) -> Labels<'a> {
        let given = |text: &Option<String>| text.clone().map(Cow::Owned);
        let id = Some(self.id.clone()).filter(|id| !id.is_empty()).map(Cow::Owned);
        let region = region.filter(|region| !region.is_empty() && region != "global");
        let all = [
            ("cloud.provider", Some(Cow::Borrowed("azure"))),
            ("cloud.account.id", given(&self.subscription)),
            ("cloud.region", region),
            ("cloud.resource_id", id),
            ("cloud.service", given(&self.provider)),
            ("azure.resource_group", given(&self.group)),
            ("azure.resource_provider", given(&self.provider)),
            ("azure.resource_type", given(&self.kind)),
        ];
        let named = all.into_iter();
        named.filter_map(|(name, value)| Some((Cow::Borrowed(name), value?))).collect()
    }
}

/// A text, or the text of an object like `{"value", "localizedValue"}`.
pub(super) fn named<'a>(fields: &Fields<'a>, name: &str) -> Option<Cow<'a, str>> {
    let of_object = || fields.object(name).text(&["value", "localizedValue"]);
    fields.text(&[name]).or_else(of_object)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_resource_id_are_told() {
        let name = ResourceName::of(
            "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/Web/PROVIDERS/Microsoft.Sql/servers/A/databases/B",
        );
        assert_eq!(name.subscription.as_deref(), Some("s-1"));
        assert_eq!(name.group.as_deref(), Some("web"));
        assert_eq!(name.provider.as_deref(), Some("microsoft.sql"));
        assert_eq!(name.kind.as_deref(), Some("servers/databases"));
        assert_eq!(name.name.as_deref(), Some("b"));
        let hung = ResourceName::of("/subscriptions/s/providers/a.b/c/d/providers/e.f/g");
        assert_eq!((hung.provider.as_deref(), hung.name), (Some("e.f"), None));
        assert_eq!(ResourceName::of("").subscription, None);
        assert_eq!(ResourceName::of("/").id, "");
    }
}
