//! What stories come from: what was deployed, configured or called, or a key in wrong hands.

use serde_json::{Value, json};

use super::Telling;
use super::kinds::Cause;
use crate::stories::estate::{one, person};
use crate::stories::wire;

impl Telling<'_> {
    /// What it came from; gives when that took effect.
    pub(super) fn cause(&mut self, ms: i64) -> i64 {
        let done_ms = match self.plot.cause {
            Cause::None => return ms,
            Cause::Deploy => self.deploy(ms, "Take the new client"),
            Cause::Configuration => self.configure(ms),
            Cause::Database => {
                let request = json!({"dBInstanceIdentifier": self.service.name, "dBInstanceClass": "db.t3.small"});
                self.call(ms, ("rds", "ModifyDBInstance"), request)
            }
            Cause::Instances => {
                let request = json!({"maxSize": 400, "autoScalingGroupName": self.service.name});
                self.call(ms, ("autoscaling", "UpdateAutoScalingGroup"), request)
            }
            Cause::Key => self.attack(ms),
        };
        if self.plot.cause != Cause::Key
            && let Some(last) = self.told.last_mut()
        {
            last.is_cause = true;
        }
        done_ms
    }

    /// A change of the code, sometimes with its ticket, and its deployment.
    pub(super) fn deploy(&mut self, ms: i64, message: &str) -> i64 {
        let (service, commit) = (self.service, self.commit.clone());
        let message = if self.dice.per_mille(400) {
            format!("{}: {message}", self.ticket)
        } else {
            message.to_owned()
        };
        let change = if self.dice.per_mille(600) {
            wire::push(service, ms, &commit, &message, self.dice)
        } else {
            wire::merge(service, ms, &commit, &message, self.dice)
        };
        self.add(&change, ms);
        if self.dice.per_mille(800) {
            let deployed_ms = ms + self.minutes(1, 5);
            let deployed = wire::deployed(service, deployed_ms, &commit, self.dice);
            self.add(&deployed, deployed_ms);
            return deployed_ms;
        }
        ms
    }

    pub(super) fn configure(&mut self, ms: i64) -> i64 {
        let name = self.service.name;
        if self.dice.per_mille(500) {
            let patched = wire::patched(ms, "deployments", name, self.dice);
            self.add(&patched, ms);
            return ms;
        }
        self.call(
            ms,
            ("ssm", "PutParameter"),
            json!({"name": format!("/prod/{name}/cache-url"), "overwrite": true}),
        )
    }

    pub(super) fn call(&mut self, ms: i64, what: (&str, &str), request: Value) -> i64 {
        let who = person(self.dice);
        let key = format!("AKIA{:0>16}", who.to_ascii_uppercase());
        let call = wire::call(ms, (who, &key), what, (request, Value::Null), self.dice);
        self.add(&call, ms);
        ms
    }

    /// A key is made, and somebody else uses it.
    fn attack(&mut self, ms: i64) -> i64 {
        let (who, name) = (person(self.dice), self.service.name);
        let key = format!("AKIA{}", wire::hex(self.dice, 16).to_ascii_uppercase());
        let old = format!("AKIA{:0>16}", who.to_ascii_uppercase());
        let made = json!({"accessKey": {"userName": format!("svc-{name}"), "accessKeyId": key, "status": "Active"}});
        let request = json!({"userName": format!("svc-{name}")});
        let call =
            wire::call(ms, (who, &old), ("iam", "CreateAccessKey"), (request, made), self.dice);
        self.add(&call, ms);
        if let Some(made) = self.told.last_mut() {
            made.is_cause = true;
        }
        let calls = [
            ("sts", "GetCallerIdentity"),
            ("s3", "ListBuckets"),
            ("secretsmanager", "GetSecretValue"),
            ("s3", "GetObject"),
            ("iam", "ListUsers"),
        ];
        let mut at_ms = ms + self.minutes(2, 8);
        for _ in 0..4 + self.dice.place(4) {
            let (api, action) = *one(&calls, self.dice);
            let request = json!({"secretId": format!("prod/{name}/password-of-database"), "bucketName": format!("acme-{name}-exports")});
            let call = wire::call(
                at_ms,
                (&format!("svc-{name}"), &key),
                (api, action),
                (request, Value::Null),
                self.dice,
            );
            self.add(&call, at_ms);
            at_ms += self.dice.between(2_000, 90_000);
        }
        at_ms
    }
}
