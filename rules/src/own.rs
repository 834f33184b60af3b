//! The rules and the tuning that come with Isobar, as part of the program.
//!
//! **Invariant:** they are those of the folders `own` and `tuning`; a test compares them. Thresholds are no part
//! of it: which limits are right nobody knows but who runs the system, so they are named in its configuration.

use crate::set::Text;

const FILES: [(&str, &str); 67] = [
    ("own/aws/administrator_made.yaml", include_str!("../own/aws/administrator_made.yaml")),
    ("own/aws/backups_destroyed.yaml", include_str!("../own/aws/backups_destroyed.yaml")),
    ("own/aws/bucket_opened.yaml", include_str!("../own/aws/bucket_opened.yaml")),
    ("own/aws/console_password_given.yaml", include_str!("../own/aws/console_password_given.yaml")),
    (
        "own/aws/database_snapshot_shared.yaml",
        include_str!("../own/aws/database_snapshot_shared.yaml"),
    ),
    (
        "own/aws/dns_query_logging_removed.yaml",
        include_str!("../own/aws/dns_query_logging_removed.yaml"),
    ),
    ("own/aws/federation_token_taken.yaml", include_str!("../own/aws/federation_token_taken.yaml")),
    ("own/aws/function_code_replaced.yaml", include_str!("../own/aws/function_code_replaced.yaml")),
    ("own/aws/function_opened.yaml", include_str!("../own/aws/function_opened.yaml")),
    ("own/aws/image_shared.yaml", include_str!("../own/aws/image_shared.yaml")),
    ("own/aws/instance_password_read.yaml", include_str!("../own/aws/instance_password_read.yaml")),
    ("own/aws/key_destroyed.yaml", include_str!("../own/aws/key_destroyed.yaml")),
    ("own/aws/model_logging_off.yaml", include_str!("../own/aws/model_logging_off.yaml")),
    ("own/aws/objects_expire_soon.yaml", include_str!("../own/aws/objects_expire_soon.yaml")),
    ("own/aws/organization_left.yaml", include_str!("../own/aws/organization_left.yaml")),
    (
        "own/aws/parameters_decrypted_by_person.yaml",
        include_str!("../own/aws/parameters_decrypted_by_person.yaml"),
    ),
    ("own/aws/port_opened_to_world.yaml", include_str!("../own/aws/port_opened_to_world.yaml")),
    ("own/aws/role_trust_changed.yaml", include_str!("../own/aws/role_trust_changed.yaml")),
    (
        "own/aws/secrets_read_in_batches.yaml",
        include_str!("../own/aws/secrets_read_in_batches.yaml"),
    ),
    ("own/aws/security_service_off.yaml", include_str!("../own/aws/security_service_off.yaml")),
    ("own/aws/serial_console_used.yaml", include_str!("../own/aws/serial_console_used.yaml")),
    ("own/aws/session_on_instance.yaml", include_str!("../own/aws/session_on_instance.yaml")),
    ("own/aws/trail_narrowed.yaml", include_str!("../own/aws/trail_narrowed.yaml")),
    ("own/aws/trust_anchor_made.yaml", include_str!("../own/aws/trust_anchor_made.yaml")),
    ("own/aws/user_data_read.yaml", include_str!("../own/aws/user_data_read.yaml")),
    ("own/patterns/alert_cascade.yaml", include_str!("../own/patterns/alert_cascade.yaml")),
    (
        "own/patterns/blocks/access_denied.yaml",
        include_str!("../own/patterns/blocks/access_denied.yaml"),
    ),
    (
        "own/patterns/blocks/alert_fires.yaml",
        include_str!("../own/patterns/blocks/alert_fires.yaml"),
    ),
    (
        "own/patterns/blocks/alert_without_service.yaml",
        include_str!("../own/patterns/blocks/alert_without_service.yaml"),
    ),
    (
        "own/patterns/blocks/any_finding.yaml",
        include_str!("../own/patterns/blocks/any_finding.yaml"),
    ),
    (
        "own/patterns/blocks/capacity_growth.yaml",
        include_str!("../own/patterns/blocks/capacity_growth.yaml"),
    ),
    (
        "own/patterns/blocks/code_change.yaml",
        include_str!("../own/patterns/blocks/code_change.yaml"),
    ),
    (
        "own/patterns/blocks/code_change_on_main_branch.yaml",
        include_str!("../own/patterns/blocks/code_change_on_main_branch.yaml"),
    ),
    (
        "own/patterns/blocks/configuration_change.yaml",
        include_str!("../own/patterns/blocks/configuration_change.yaml"),
    ),
    ("own/patterns/blocks/cost_alert.yaml", include_str!("../own/patterns/blocks/cost_alert.yaml")),
    (
        "own/patterns/blocks/cost_finding.yaml",
        include_str!("../own/patterns/blocks/cost_finding.yaml"),
    ),
    (
        "own/patterns/blocks/cpu_finding.yaml",
        include_str!("../own/patterns/blocks/cpu_finding.yaml"),
    ),
    (
        "own/patterns/blocks/document_update.yaml",
        include_str!("../own/patterns/blocks/document_update.yaml"),
    ),
    (
        "own/patterns/blocks/error_finding.yaml",
        include_str!("../own/patterns/blocks/error_finding.yaml"),
    ),
    ("own/patterns/blocks/foothold.yaml", include_str!("../own/patterns/blocks/foothold.yaml")),
    (
        "own/patterns/blocks/latency_finding.yaml",
        include_str!("../own/patterns/blocks/latency_finding.yaml"),
    ),
    (
        "own/patterns/blocks/long_document.yaml",
        include_str!("../own/patterns/blocks/long_document.yaml"),
    ),
    (
        "own/patterns/blocks/memory_finding.yaml",
        include_str!("../own/patterns/blocks/memory_finding.yaml"),
    ),
    ("own/patterns/blocks/message.yaml", include_str!("../own/patterns/blocks/message.yaml")),
    (
        "own/patterns/blocks/project_status_change.yaml",
        include_str!("../own/patterns/blocks/project_status_change.yaml"),
    ),
    (
        "own/patterns/blocks/project_update.yaml",
        include_str!("../own/patterns/blocks/project_update.yaml"),
    ),
    (
        "own/patterns/blocks/reconnaissance.yaml",
        include_str!("../own/patterns/blocks/reconnaissance.yaml"),
    ),
    (
        "own/patterns/blocks/resource_alert.yaml",
        include_str!("../own/patterns/blocks/resource_alert.yaml"),
    ),
    (
        "own/patterns/blocks/rich_extraction.yaml",
        include_str!("../own/patterns/blocks/rich_extraction.yaml"),
    ),
    ("own/patterns/blocks/roll_out.yaml", include_str!("../own/patterns/blocks/roll_out.yaml")),
    (
        "own/patterns/blocks/serious_alert.yaml",
        include_str!("../own/patterns/blocks/serious_alert.yaml"),
    ),
    ("own/patterns/blocks/sign_in.yaml", include_str!("../own/patterns/blocks/sign_in.yaml")),
    (
        "own/patterns/blocks/sign_in_without_second_factor.yaml",
        include_str!("../own/patterns/blocks/sign_in_without_second_factor.yaml"),
    ),
    (
        "own/patterns/blocks/ticket_in_work.yaml",
        include_str!("../own/patterns/blocks/ticket_in_work.yaml"),
    ),
    (
        "own/patterns/blocks/urgent_message.yaml",
        include_str!("../own/patterns/blocks/urgent_message.yaml"),
    ),
    ("own/patterns/cascading_failure.yaml", include_str!("../own/patterns/cascading_failure.yaml")),
    (
        "own/patterns/change_then_degradation.yaml",
        include_str!("../own/patterns/change_then_degradation.yaml"),
    ),
    (
        "own/patterns/collaboration_burst.yaml",
        include_str!("../own/patterns/collaboration_burst.yaml"),
    ),
    (
        "own/patterns/credential_compromise.yaml",
        include_str!("../own/patterns/credential_compromise.yaml"),
    ),
    (
        "own/patterns/deployment_correlation.yaml",
        include_str!("../own/patterns/deployment_correlation.yaml"),
    ),
    (
        "own/patterns/deployment_sequence.yaml",
        include_str!("../own/patterns/deployment_sequence.yaml"),
    ),
    (
        "own/patterns/documentation_with_code.yaml",
        include_str!("../own/patterns/documentation_with_code.yaml"),
    ),
    (
        "own/patterns/knowledge_discovery.yaml",
        include_str!("../own/patterns/knowledge_discovery.yaml"),
    ),
    (
        "own/patterns/project_with_messages.yaml",
        include_str!("../own/patterns/project_with_messages.yaml"),
    ),
    (
        "own/patterns/quality_degradation.yaml",
        include_str!("../own/patterns/quality_degradation.yaml"),
    ),
    (
        "own/patterns/runaway_cost_or_drift.yaml",
        include_str!("../own/patterns/runaway_cost_or_drift.yaml"),
    ),
    ("tuning/sigmahq-aws.yaml", include_str!("../tuning/sigmahq-aws.yaml")),
];

/// All of them, in the order of their paths.
#[must_use]
pub fn texts() -> Vec<Text> {
    let text = |(file, text): (&str, &str)| Text { file: file.to_owned(), text: text.to_owned() };
    FILES.into_iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::folder;

    #[test]
    fn they_are_those_of_the_folders() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let name =
            |text: Text| text.file.trim_start_matches(&format!("{}/", here.display())).to_owned();
        let below = |folder: &str| {
            let texts = folder::read(&here.join(folder)).unwrap().into_iter();
            texts.filter(|text| !crate::is_threshold(&text.file, &text.text))
        };
        let there: Vec<String> = ["own", "tuning"].into_iter().flat_map(below).map(name).collect();
        let built_in: Vec<String> = texts().into_iter().map(|text| text.file).collect();
        assert_eq!(built_in, there);
    }
}
