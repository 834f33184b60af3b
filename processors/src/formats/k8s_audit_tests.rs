use expect_test::{Expect, expect};

use super::FORMAT;
use crate::formats::recorder::Recorder;

#[expect(clippy::needless_pass_by_value, reason = "expect! makes values")]
fn check(value: &str, expected: Expect) {
    let (shown, read) = Recorder::record(value, FORMAT.read);
    assert!(read, "{shown}");
    expected.assert_eq(&shown);
}

const EXEC: &str = r#"{"kind": "Event", "apiVersion": "audit.k8s.io/v1", "auditID": "a-1",
 "stage": "ResponseComplete", "verb": "create", "requestURI": "/api/v1/x?y=z",
 "user": {"username": "eve", "groups": ["dev"], "extra": {"accessKeyId": ["AKIA1"]}},
 "impersonatedUser": {"username": "admin"}, "sourceIPs": ["198.51.100.7", "10.0.0.1"],
 "userAgent": "kubectl/v1.30", "objectRef": {"resource": "pods", "namespace": "shop",
 "name": "cart-1", "apiVersion": "v1", "subresource": "exec"},
 "responseStatus": {"code": 403, "message": "pods is forbidden"},
 "stageTimestamp": "2026-01-01T11:59:59.123456Z",
 "annotations": {"authorization.k8s.io/decision": "forbid", "authorization.k8s.io/reason": ""}}"#;

#[test]
fn a_call_says_who_did_what_to_which_object() {
    check(
        EXEC,
        expect![[r#"
        event k8s.audit audit/audit 6003 `create pods/exec`
          is: Failure Unknown
          id: a-1/ResponseComplete
          time: 2026-01-01T11:59:59.123Z
          subject: shop/pods/cart-1
          resource: k8s.namespace.name=shop k8s.pod.name=cart-1 k8s.object.kind=Pod k8s.object.name=cart-1
          actor: eve Some("user") None
          from: 198.51.100.7
          agent: kubectl/v1.30
          request: a-1
          session: AKIA1
          text: pods is forbidden
          details: {"decision":"forbid","impersonated_user":"admin","stage":"ResponseComplete","status":403,"subresource":"exec","verb":"create"}
          raw bytes: 681
    "#]],
    );
}

#[test]
fn a_list_gives_one_event_a_request() {
    check(
        r#"{"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [
 {"auditID": "a-2", "stage": "RequestReceived", "verb": "get", "requestURI": "/healthz"},
 {"auditID": "a-2", "stage": "ResponseComplete", "verb": "get", "requestURI": "/healthz?a",
  "user": {"username": "system:serviceaccount:kube-system:dns"}, "responseStatus": {"code": 200}},
 {"auditID": "a-3", "stage": "Panic", "verb": "list", "objectRef": {"resource": "roles"}},
 {"other": 1}]}"#,
        expect![[r#"
            filtered: k8s stage without an outcome
            event k8s.audit audit/audit 6003 `get /healthz`
              is: Success Unknown
              id: a-2/ResponseComplete
              subject: /healthz
              actor: system:serviceaccount:kube-system:dns Some("service_account") None
              request: a-2
              details: {"stage":"ResponseComplete","status":200,"verb":"get"}
              raw bytes: 188
            event k8s.audit audit/audit 3001 `list roles`
              is: Failure Unknown
              id: a-3/Panic
              subject: roles
              resource: k8s.object.kind=Role
              request: a-3
              details: {"stage":"Panic","verb":"list"}
              raw bytes: 88
            refused `{"other": 1}`: this is no audit event of Kubernetes
        "#]],
    );
}

#[test]
fn a_line_of_a_shipper_gives_the_same_as_the_event_itself() {
    let line = serde_json::to_string(EXEC).unwrap();
    for name in ["log", "message"] {
        let shipped = format!(r#"{{"stream": "stdout", "{name}": {line}}}"#);
        assert_eq!(Recorder::record(&shipped, FORMAT.read), Recorder::record(EXEC, FORMAT.read));
    }
    let merged = format!(r#"{{"log": {EXEC}}}"#);
    assert_eq!(Recorder::record(&merged, FORMAT.read), Recorder::record(EXEC, FORMAT.read));
}

/// Where the log keeps objects, they say what a pod is part of and where it runs.
#[test]
fn objects_say_what_they_belong_to() {
    let record = |resource: &str, more: &str| {
        let value = format!(
            r#"{{"apiVersion": "audit.k8s.io/v1", "auditID": "a-9", "stage": "ResponseComplete",
            "verb": "create", "objectRef": {{"resource": "{resource}", "name": "x"}}, {more}}}"#
        );
        let (shown, read) = Recorder::record(&value, FORMAT.read);
        assert!(read, "{shown}");
        let line = shown.lines().find(|line| line.trim_start().starts_with("resource:"));
        line.unwrap().split_once("k8s.object.name=x").unwrap().1.trim().to_owned()
    };
    let owners =
        r#""metadata": {"ownerReferences": [{"kind": "ReplicaSet", "name": "cart-7d9f"}]}"#;
    let pod = format!(r#""responseObject": {{{owners}, "spec": {{"nodeName": "n1"}}}}"#);
    assert_eq!(record("pods", &pod), "k8s.replicaset.name=cart-7d9f k8s.node.name=n1");
    let binding = r#""requestObject": {"target": {"kind": "Node", "name": "n2"}}"#;
    assert_eq!(record("pods", binding), "k8s.node.name=n2");
    assert_eq!(record("secrets", &pod), "");
    assert_eq!(
        record("pods", r#""requestObject": {"metadata": {"ownerReferences": [7, null]}}"#),
        ""
    );
}
