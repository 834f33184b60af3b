use expect_test::{Expect, expect};

use crate::formats::azure::FORMAT;
use crate::formats::recorder::Recorder;

#[expect(clippy::needless_pass_by_value, reason = "expect! makes values")]
fn check(value: &str, expected: Expect) {
    let (shown, read) = Recorder::record(value, FORMAT.read);
    assert!(read, "{shown}");
    expected.assert_eq(&shown);
}

const BY_HUB: &str = r#"{"records": [{"time": "2026-01-01T11:59:58.1234567Z",
 "resourceId": "/SUBSCRIPTIONS/S-1/RESOURCEGROUPS/SHOP/PROVIDERS/MICROSOFT.SQL/SERVERS/DB1",
 "operationName": "MICROSOFT.SQL/SERVERS/DELETE", "category": "Administrative",
 "resultType": "Success", "durationMs": "120", "callerIpAddress": "198.51.100.7:4431",
 "correlationId": "c-1", "Level": 4, "level": "Warning", "location": "westeurope",
 "identity": {"claims": {"appid": "a-1", "name": "Eve",
  "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "eve@example.org"}},
 "properties": "{\"statusMessage\": \"gone\"}"}]}"#;

const BY_REST: &str = r#"[{"eventTimestamp": "2026-01-01T11:59:58.1234567Z", "eventDataId": "e-1",
 "resourceId": "/subscriptions/s-1/resourceGroups/shop/providers/Microsoft.Sql/servers/db1",
 "operationName": {"value": "Microsoft.Sql/servers/delete", "localizedValue": "Delete server"},
 "category": {"value": "Administrative"}, "status": {"value": "Succeeded"},
 "correlationId": "c-1", "caller": "eve@example.org", "level": "Informational"}]"#;

#[test]
fn both_spellings_and_properties_as_text_are_read() {
    check(
        BY_HUB,
        expect![[r#"
            event azure.activity audit/audit 6003 `MICROSOFT.SQL/SERVERS/DELETE`
              is: Success Medium
              id: c-1/microsoft.sql/servers/delete/success/1767268798123//subscriptions/s-1/resourcegroups/shop/providers/microsoft.sql/servers/db1
              time: 2026-01-01T11:59:58.123Z
              account: s-1
              subject: db1
              resource: cloud.provider=azure cloud.account.id=s-1 cloud.region=westeurope cloud.resource_id=/subscriptions/s-1/resourcegroups/shop/providers/microsoft.sql/servers/db1 cloud.service=microsoft.sql azure.resource_group=shop azure.resource_provider=microsoft.sql azure.resource_type=servers
              actor: eve@example.org Some("user") Some("Eve")
              from: 198.51.100.7 port 4431
              request: c-1
              text: gone
              details: {"category":"Administrative","duration_ms":120,"result":"Success"}
              raw bytes: 571
        "#]],
    );
}

#[test]
fn the_same_event_by_rest_has_the_same_id() {
    let id = |value| {
        let (shown, _) = Recorder::record(value, FORMAT.read);
        shown.lines().find(|line| line.starts_with("  id: ")).map(str::to_owned)
    };
    assert_eq!(id(BY_HUB), id(BY_REST));
    check(
        BY_REST,
        expect![[r#"
        event azure.activity audit/audit 6003 `Microsoft.Sql/servers/delete`
          is: Success Informational
          id: c-1/microsoft.sql/servers/delete/success/1767268798123//subscriptions/s-1/resourcegroups/shop/providers/microsoft.sql/servers/db1
          time: 2026-01-01T11:59:58.123Z
          account: s-1
          subject: db1
          resource: cloud.provider=azure cloud.account.id=s-1 cloud.resource_id=/subscriptions/s-1/resourcegroups/shop/providers/microsoft.sql/servers/db1 cloud.service=microsoft.sql azure.resource_group=shop azure.resource_provider=microsoft.sql azure.resource_type=servers
          actor: eve@example.org Some("user") None
          request: c-1
          details: {"category":"Administrative","result":"Succeeded"}
          raw bytes: 417
    "#]],
    );
}

#[test]
fn sign_ins_and_alerts_are_told_apart() {
    check(
        r#"{"time": "2026-01-01T11:00:00Z", "category": "SignInLogs", "resultType": "50126",
 "resourceId": "/tenants/t-1/providers/Microsoft.aadiam", "operationName": "Sign-in activity",
 "tenantId": "t-1", "identity": "Eve", "correlationId": "c-2", "Level": 4,
 "properties": {"userPrincipalName": "eve@example.org", "appDisplayName": "Portal",
  "ipAddress": "203.0.113.9", "status": {"failureReason": "Invalid password"}}}
{"eventTimestamp": "2026-01-01T11:00:00Z", "category": {"value": "Alert"}, "eventDataId": "e-2",
 "operationName": {"localizedValue": "Activated"}, "status": {"value": "Activated"},
 "level": "Critical", "description": "CPU is high"}"#,
        expect![[r#"
            event azure.activity audit/audit 3002 `Sign-in activity`
              is: Failure Informational
              id: c-2/sign-in activity/50126/1767265200000//tenants/t-1/providers/microsoft.aadiam
              time: 2026-01-01T11:00:00.000Z
              account: t-1
              subject: Portal
              resource: cloud.provider=azure cloud.resource_id=/tenants/t-1/providers/microsoft.aadiam cloud.service=microsoft.aadiam azure.resource_provider=microsoft.aadiam
              actor: eve@example.org Some("user") Some("Eve")
              from: 203.0.113.9
              request: c-2
              text: Invalid password
              details: {"category":"SignInLogs","result":"50126"}
              raw bytes: 415
            event azure.activity alerts/alert 2004 `Activated`
              is: Unknown Critical
              id: e-2
              time: 2026-01-01T11:00:00.000Z
              resource: cloud.provider=azure
              text: CPU is high
              details: {"category":"Alert","result":"Activated"}
              raw bytes: 233
        "#]],
    );
}

#[test]
fn any_object_is_an_event_and_nothing_else_is() {
    check(
        r#"{"records": [7, {}, {"time": true}]}"#,
        expect![[r#"
            refused `7`: this is no object, or one without any field
            refused `{}`: this is no object, or one without any field
            event azure.activity audit/log 6003 ``
              is: Unknown Unknown
              resource: cloud.provider=azure
              raw bytes: 14
        "#]],
    );
}
