use expect_test::{Expect, expect};

use super::super::recorder::recorded;
use super::*;

fn check(value: &str, expected: &Expect) {
    expected.assert_eq(&recorded(&FORMAT, value.as_bytes()));
}

#[test]
fn a_key_is_created_by_a_session_of_a_role() {
    check(
        r#"{"eventVersion":"1.08","eventTime":"2026-01-01T12:00:00Z","eventID":"e-1",
        "requestID":"r-1","eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey",
        "awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli/2",
        "recipientAccountId":"123456789012","readOnly":false,
        "requestParameters":{"userName":"bo"},"responseElements":{"accessKey":{"status":"Active"}},
        "userIdentity":{"type":"AssumedRole","principalId":"AROA:s","accountId":"123456789012",
        "arn":"arn:aws:sts::123456789012:assumed-role/admin/alice","accessKeyId":"ASIA1",
        "sessionContext":{"sessionIssuer":{"type":"Role",
        "arn":"arn:aws:iam::123456789012:role/admin","userName":"admin"}}}}"#,
        &expect![[r#"
            event aws.cloudtrail e-1 1767268800000 audit/audit/3001 `CreateAccessKey` Success Informational account 123456789012 subject bo
              resource cloud.provider=aws cloud.account.id=123456789012 cloud.region=us-east-1 cloud.service=iam cloud.resource_id=arn:aws:iam::123456789012:user/bo
              actor arn:aws:iam::123456789012:role/admin role admin/alice
              network 192.0.2.1 -> - (None, None) aws-cli/2
              hints - r-1 ASIA1 []
              details {"read_only":false}
        "#]],
    );
}

#[test]
fn denials_and_other_errors() {
    check(
        r#"{"eventID":"e-2","eventSource":"ec2.amazonaws.com","eventName":"StopInstances",
        "errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized.",
        "awsRegion":"eu-west-1","recipientAccountId":"1","requestParameters":
        {"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}}
        {"eventID":"e-3","eventSource":"s3.amazonaws.com","eventName":"GetBucketCors",
        "errorCode":"NoSuchCORSConfiguration","requestParameters":{"bucketName":"b"}}"#,
        &expect![[r#"
            event aws.cloudtrail e-2 -1 audit/audit/6003 `StopInstances` Failure Medium account 1 subject i-1
              resource cloud.provider=aws cloud.account.id=1 cloud.region=eu-west-1 cloud.service=ec2 cloud.resource_id=arn:aws:ec2:eu-west-1:1:instance/i-1
              hints - - - []
              text You are not authorized.
              details {"error_code":"Client.UnauthorizedOperation"}
            event aws.cloudtrail e-3 -1 audit/audit/6003 `GetBucketCors` Failure Informational account - subject b
              resource cloud.provider=aws cloud.service=s3 cloud.resource_id=arn:aws:s3:::b
              hints - - - []
              details {"error_code":"NoSuchCORSConfiguration"}
        "#]],
    );
}

#[test]
fn a_failed_sign_in_has_no_error_code() {
    check(
        r#"[{"eventID":"e-4","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin",
        "errorMessage":"Failed authentication","responseElements":{"ConsoleLogin":"Failure"},
        "additionalEventData":{"MFAUsed":"No"},"requestParameters":null,
        "userIdentity":{"type":"IAMUser","userName":"bo","accountId":"1"}}]"#,
        &expect![[r#"
            event aws.cloudtrail e-4 -1 audit/audit/3002 `ConsoleLogin` Failure Medium account 1 subject signin
              resource cloud.provider=aws cloud.account.id=1 cloud.service=signin
              actor bo user bo
              hints - - - []
              text Failed authentication
              details {"mfa":false}
        "#]],
    );
}

#[test]
fn odd_shapes_are_read() {
    check(
        r#"{"@timestamp":"2026-01-01T12:00:00.000Z","@version":"1","eventName":"Decrypt",
        "eventSource":"kms.amazonaws.com","requestID":"r-5","requestParameters":"text",
        "responseElements":[1],"userIdentity":{"invokedBy":"s3.amazonaws.com"},
        "resources":[{"type":"AWS::KMS::Key"},{"ARN":"arn:aws:kms:x:1:key/k"}]}
        {"eventName":"Odd","eventSource":"x","userIdentity":"root","resources":null,"eventID":7}
        {"eventSource":"x"}"#,
        &expect![[r#"
            event aws.cloudtrail r-5/Decrypt 1767268800000 audit/audit/6003 `Decrypt` Success Informational account - subject k
              resource cloud.provider=aws cloud.service=kms cloud.resource_id=arn:aws:kms:x:1:key/k
              actor s3.amazonaws.com - s3.amazonaws.com
              hints - r-5 - []
            event aws.cloudtrail 7 -1 audit/audit/6003 `Odd` Success Informational account - subject x
              resource cloud.provider=aws cloud.service=x
              hints - - - []
            refused {"eventSource":"x"}
        "#]],
    );
}

#[test]
fn insights_are_alerts() {
    check(
        r#"{"eventID":"e-6","eventTime":"2026-01-01T12:00:00Z","awsRegion":"us-east-1",
        "eventType":"AwsCloudTrailInsight","recipientAccountId":"1","sharedEventID":"s-1",
        "eventSource":null,"insightDetails":{"state":"Start","eventName":"RunInstances",
        "eventSource":"ec2.amazonaws.com","insightType":"ApiCallRateInsight"}}"#,
        &expect![[r#"
            event aws.cloudtrail e-6 1767268800000 alert/alerts/2004 `ApiCallRateInsight` Unknown Medium account 1 subject RunInstances
              resource cloud.provider=aws cloud.account.id=1 cloud.region=us-east-1 cloud.service=ec2
              hints - - - ["s-1"]
              details {"status":"Start"}
        "#]],
    );
}

#[test]
fn what_is_no_record_is_refused() {
    for value in ["", "{", "nonsense", "{\"a\":1}", "\u{0}", "[[["] {
        let read = recorded(&FORMAT, value.as_bytes());
        assert!(!read.starts_with("event"), "{value}: {read}");
    }
    assert!(recorded(&FORMAT, b"{\"eventName\":\"\xff\"}").starts_with("refusal not readable"));
}

#[test]
fn triggers_look_like_records_and_are_none() {
    check(
        r#"{"eventSource":"aws:codecommit","eventId":"c-1","eventName":"ReferenceChanges",
        "eventSourceARN":"arn:aws:codecommit:eu-west-1:1:shop","eventTime":"2026-01-01T12:00:00Z"}
        {"eventSource":"aws:kinesis","eventID":"shard:1","eventName":"aws:kinesis:record",
        "eventSourceARN":"arn:aws:kinesis:eu-west-1:1:stream/s","kinesis":{"data":"aGVsbG8="}}"#,
        &expect![[r#"
            event aws.codecommit c-1 1767268800000 change/code/0 `ReferenceChanges` Unknown Unknown account 1 subject shop
              resource cloud.provider=aws cloud.service=codecommit cloud.account.id=1 cloud.resource_id=arn:aws:codecommit:eu-west-1:1:shop
              hints - - - []
            event aws.kinesis shard:1 -1 change/audit/0 `aws:kinesis:record` Unknown Unknown account 1 subject s
              resource cloud.provider=aws cloud.service=kinesis cloud.account.id=1 cloud.resource_id=arn:aws:kinesis:eu-west-1:1:stream/s
              hints - - - []
        "#]],
    );
}
