use expect_test::{Expect, expect};

use super::FORMAT;
use crate::formats::recorder::Recorder;

#[expect(clippy::needless_pass_by_value, reason = "expect! makes values")]
fn check(value: &str, expected: Expect) {
    let (shown, read) = Recorder::record(value, FORMAT.read);
    assert!(read, "{shown}");
    expected.assert_eq(&shown);
}

#[test]
fn an_audit_entry_says_who_called_what() {
    check(
        r#"{"insertId": "i-1", "logName": "projects/p-1/logs/cloudaudit.googleapis.com%2Factivity",
 "timestamp": "2026-01-01T11:59:59.123456789Z", "severity": "ERROR",
 "resource": {"type": "gce_instance", "labels": {"project_id": "p-1", "zone": "us-east1-b"}},
 "operation": {"id": "op-1", "first": true, "producer": "compute.googleapis.com"},
 "protoPayload": {"@type": "type.googleapis.com/google.cloud.audit.AuditLog",
  "serviceName": "compute.googleapis.com", "methodName": "v1.compute.instances.delete",
  "resourceName": "projects/p-1/zones/us-east1-b/instances/web",
  "authenticationInfo": {"principalEmail": "eve@example.org"},
  "authorizationInfo": [{"permission": "compute.instances.delete", "granted": true}],
  "requestMetadata": {"callerIP": "198.51.100.7", "callerSuppliedUserAgent": "gcloud"},
  "status": {"code": 7, "message": "denied"}}}"#,
        expect![[r#"
            event gcp.audit audit/audit 6003 `v1.compute.instances.delete`
              is: Failure High
              id: i-1/1767268799123/projects/p-1/logs/cloudaudit.googleapis.com%2Factivity
              time: 2026-01-01T11:59:59.123Z
              account: p-1
              subject: projects/p-1/zones/us-east1-b/instances/web
              resource: cloud.provider=gcp cloud.account.id=p-1 cloud.region=us-east1 cloud.availability_zone=us-east1-b cloud.resource_id=//compute.googleapis.com/projects/p-1/zones/us-east1-b/instances/web cloud.service=compute.googleapis.com
              actor: eve@example.org Some("user") None
              from: 198.51.100.7
              agent: gcloud
              changes: op-1
              text: denied
              details: {"log":"cloudaudit.googleapis.com/activity","permissions":"compute.instances.delete","resource_type":"gce_instance","status":7}
              raw bytes: 849
        "#]],
    );
}

#[test]
fn the_export_to_bigquery_and_odd_shapes_are_read() {
    check(
        r#"{"insertId": "i-2", "logName": "organizations/12/logs/x", "timestamp": null,
 "protopayload_auditlog": {"serviceName": "k8s.io", "methodName": "io.k8s.core.v1.pods.create",
  "resourceName": "core/v1/namespaces/shop/pods/cart-1", "status": null,
  "authenticationInfo": {"principalEmail": "ci@p-1.iam.gserviceaccount.com"}}, "resource": "..."}
{"protoPayload": {"status": {}, "requestMetadata": "...", "authorizationInfo": [1, {"granted": 2}]},
 "operation": {"id": 7, "first": true}}"#,
        expect![[r#"
            event gcp.audit audit/audit 6003 `io.k8s.core.v1.pods.create`
              is: Success Unknown
              account: 12
              subject: core/v1/namespaces/shop/pods/cart-1
              resource: cloud.provider=gcp cloud.account.id=12 k8s.namespace.name=shop k8s.object.kind=Pod k8s.object.name=cart-1 cloud.service=k8s.io
              actor: ci@p-1.iam.gserviceaccount.com Some("service_account") None
              details: {"log":"x"}
              raw bytes: 343
            event gcp.audit audit/audit 6003 ``
              is: Unknown Unknown
              resource: cloud.provider=gcp
              changes: 7
              raw bytes: 140
        "#]],
    );
}

#[test]
fn lines_of_programs_and_requests_are_events() {
    check(
        r#"[{"insertId": "i-3", "logName": "projects/p-1/logs/stdout", "severity": "WARNING",
 "timestamp": "2026-01-01T11:59:59Z", "jsonPayload": {"message": "slow"},
 "trace": "projects/p-1/traces/0af7", "resource": {"type": "k8s_container", "labels":
 {"cluster_name": "c", "namespace_name": "shop", "pod_name": "cart-1", "location": "us-east1"}}},
 {"logName": "projects/p-1/logs/requests", "textPayload": "boom",
 "httpRequest": {"requestMethod": "GET", "status": "502", "requestUrl": "https://x.example/",
 "remoteIp": "198.51.100.7"}}]"#,
        expect![[r#"
            event gcp.logging messages/log 0 `stdout`
              is: Unknown Medium
              id: i-3/1767268799000/projects/p-1/logs/stdout
              time: 2026-01-01T11:59:59.000Z
              account: p-1
              resource: cloud.provider=gcp cloud.account.id=p-1 cloud.region=us-east1 k8s.cluster.name=c k8s.namespace.name=shop k8s.pod.name=cart-1
              trace: 0af7
              text: slow
              details: {"log":"stdout","resource_type":"k8s_container"}
              raw bytes: 338
            event gcp.logging messages/log 0 `requests`
              is: Failure Unknown
              account: p-1
              subject: https://x.example/
              resource: cloud.provider=gcp cloud.account.id=p-1
              from: 198.51.100.7
              text: boom
              details: {"log":"requests","method":"GET","status":502}
              raw bytes: 188
        "#]],
    );
}
