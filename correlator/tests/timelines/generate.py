#!/usr/bin/env python3
"""Writes the labelled timelines beside this file: one file a pattern, thirty timelines each.

usage: generate.py            (the same files every time: chance has a seed)

What a timeline has to say is not computed by any code of ours. It follows from how it is made, by these words:

* The hits of a firing lie at most the pattern's time apart, that time itself included. The firing is at the last.
* Steps in order are strictly in order by their own times; two of one moment are in no order.
* In whatever order messages arrive, their own times decide. A message that arrives more than 10 minutes late
  (audit: 30) is set aside and counts nowhere.
* A message that comes twice is one message.
* Tenants and groups know nothing of each other.
* Having fired, a pattern says no more of a group until as much time has passed as its hits may lie apart.

Each pattern is told below by: its time, how its hits are made, and what is like it and is it not.
"""

import itertools
import json
import pathlib
import random

HERE = pathlib.Path(__file__).resolve().parent
M = 60


class Pattern:
    """One pattern: `hits(group, at, span)` are messages that fulfil it, the first at `at`, the last `span` later."""

    ordered, grouped, first_late, late_over = True, True, 0, 10 * M
    groups = ["shop", "billing", "search", "cart", "login", "mail"]

    def of(self, group):
        return {"component": group}

    def rule(self):
        return None

    def noise(self, group, at):
        """Messages of the same group that are no hits."""
        return []

    def firing(self, time, group, tenant=None):
        fires = {"at": time, "of": self.of(group)}
        if self.rule():
            fires["rule"] = self.rule()
        if tenant:
            fires["tenant"] = tenant
        return fires

    def near(self, group, at):
        """Pairs of a name and messages that do not fulfil it."""
        return []


def at(time, send, **words):
    return {"at": time, "send": send, **words}


# ---- The messages, as their sources write them.

MESSAGES = {
    "push": {
        "ref": "refs/heads/${branch}", "before": "0000000", "after": "$id", "deleted": "$deleted",
        "pusher": {"name": "ada"}, "commits": [{"id": "$id", "modified": ["src/lib.rs"]}],
        "repository": {"full_name": "acme/${repository}", "name": "$repository", "owner": {"login": "acme"}, "pushed_at": "$time_s"},
        "head_commit": {"timestamp": "$time", "message": "more of it"},
    },
    "pull_request": {
        "isobar": "event", "kind": "code", "source": "forge", "id": "$id", "time": "$time", "action": "$action",
        "resource": {"vcs.repository.name": "$repository"},
        "details": {"branch": "feature/x", "target_branch": "$target", "merged": "$merged"},
    },
    "deployed": {
        "isobar": "event", "kind": "code", "class": "deploy", "source": "pipeline", "id": "$id", "time": "$time",
        "action": "service.deployed", "outcome": "$outcome", "resource": {"service.name": "$service", "vcs.repository.name": "monorepo"},
    },
    "built": {
        "isobar": "event", "kind": "code", "class": "deploy", "source": "pipeline", "id": "$id", "time": "$time",
        "action": "build.finished", "outcome": "success", "resource": {"service.name": "$service"}, "details": {"branch": "main"},
    },
    "configured": {
        "isobar": "event", "kind": "audit", "class": "change", "source": "console", "id": "$id", "time": "$time",
        "action": "$action", "outcome": "$outcome", "actor": "ops", "resource": {"service.name": "$service"},
    },
    "finding": {"finding": {"detector": "tail.shift", "measure": "$measure", "severity": "$severity", "id": "$id", "resource": {"service.name": "$service"}}},
    "cost": {"finding": {"detector": "tail.shift", "measure": "$measure", "severity": "high", "id": "$id", "resource": {"cloud.account.id": "$account"}}},
    "alert": {
        "receiver": "isobar", "version": "4", "groupKey": "{}", "status": "$status",
        "alerts": [{
            "status": "$status", "startsAt": "$time", "endsAt": "$ends", "fingerprint": "$id", "annotations": {"summary": "look at it"},
            "labels": {"alertname": "$alert", "service": "$service", "namespace": "$namespace", "severity": "$severity", "account": "$account"},
        }],
    },
    "budget": {
        "isobar": "event", "kind": "alerts", "source": "budgets", "id": "$id", "time": "$time", "action": "alert", "outcome": "failure",
        "severity": "high", "resource": {"cloud.account.id": "$account"}, "details": {"alert_name": "BudgetExceeded", "status": "firing"},
    },
    "ticket": {
        "webhookEvent": "jira:issue_updated", "timestamp": "$time_ms",
        "issue": {"id": "17", "key": "${project}-17", "fields": {
            "project": {"key": "$project"}, "status": {"name": "$status"}, "assignee": {"displayName": "$assignee"}}},
        "changelog": {"id": "$id", "items": [{"field": "status", "fromString": "$before", "toString": "$status"}]},
    },
    "task": {
        "isobar": "event", "kind": "projects", "source": "board", "id": "$id", "time": "$time", "action": "issue_updated",
        "resource": {"service.name": "$service"}, "details": {"status": "$status"},
    },
    "said": {
        "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": "$id", "event_time": "$time_s",
        "event": {"type": "message", "channel": "C1", "user": "U1", "text": "$text", "ts": "${time_s}.000100", "event_ts": "${time_s}.000000",
                  "user_profile": {"real_name": "$author"}},
    },
    "page": {
        "isobar": "event", "kind": "documents", "source": "wiki", "id": "$id", "time": "$time", "action": "$action",
        "resource": {"document.id": "p-1", "vcs.repository.name": "$repository", "service.name": "$service"},
        "details": {"characters": "$characters"}, "text": "$text",
    },
    "extracted": {
        "isobar": "event", "kind": "knowledge", "source": "extractor", "id": "$id", "time": "$time", "action": "extracted",
        "details": {"entities": "$entities", "document": "p-1"}, "text": "$text",
    },
    "call": {
        "eventVersion": "1.09", "eventID": "$id", "eventTime": "$time", "awsRegion": "eu-west-1", "recipientAccountId": "$account",
        "eventSource": "${service}.amazonaws.com", "eventName": "$name", "errorCode": "$error", "sourceIPAddress": "$address",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/${user}"},
    },
    "console": {
        "eventVersion": "1.09", "eventID": "$id", "eventTime": "$time", "awsRegion": "eu-west-1", "recipientAccountId": "123456789012",
        "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "sourceIPAddress": "$address",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/${user}"},
        "additionalEventData": {"MFAUsed": "$factor"}, "responseElements": {"ConsoleLogin": "Success"},
    },
}

URGENT = ["urgent: the checkout fails", "We need this asap.", "This is a blocker for the release.", "There is an outage in the shop.", "Prod is down!"]
CALM = ["Lunch at noon?", "Thanks, looks good to me.", "not urgent: could somebody review this?", "The outage is resolved."]
chance = random.Random(20260302)
pick = lambda *of: chance.choice(of)


def push(time, repository, branch="main", **more):
    return at(time, "push", repository=repository, branch=branch, **more)


def merged(time, repository, target="main"):
    return at(time, "pull_request", repository=repository, action="pull_request.closed", target=target, merged=True)


def finding(time, service, measure, severity="medium"):
    return at(time, "finding", service=service, measure=measure, severity=severity)


def alert(time, name="HighErrorRate", severity="high", status="firing", **words):
    more = {"ends": "$time"} if status == "resolved" else {}
    return at(time, "alert", alert=name, severity=severity, status=status, **words)


def ticket(time, project="SHOP", before="To Do", status="In Progress", assignee="Ada Lovelace"):
    return at(time, "ticket", project=project, before=before, status=status, assignee=assignee)


def said(time, text, author="Grace Hopper"):
    return at(time, "said", text=text, author=author)


def call(time, user, service, name, error=None, account="123456789012", address="192.0.2.1"):
    more = {"error": error} if error else {}
    return at(time, "call", user=user, service=service, name=name, account=account, address=address, **more)


# ---- The patterns.

class DeploymentSequence(Pattern):
    name, time = "deployment_sequence", 30 * M

    def hits(self, group, start, span):
        change = pick(push(start, group), merged(start, group), push(start, group, pick("master", "trunk")))
        measure = pick("system.cpu.utilization", "system.memory.usage", "http.server.request.duration", "p99_latency_ms")
        trouble = pick(finding(start + span, group, measure), alert(start + span, pick("HighCpuUsage", "MemoryPressure", "SlowLatency"), service=group))
        return [change, trouble]

    def noise(self, group, start):
        return [push(start, group, "feature/cart"), finding(start, group, "system.disk.usage")]

    def near(self, group, start):
        change, trouble = push(start, group), finding(start + 4 * M, group, "system.cpu.utilization")
        return [
            ("the change is on a feature branch", [push(start, group, "feature/cart"), trouble]),
            ("the branch was deleted", [push(start, group, deleted=True), trouble]),
            ("the change is only proposed", [at(start, "pull_request", repository=group, action="pull_request.opened", target="main", merged=False), trouble]),
            ("merged into a feature branch", [merged(start, group, "feature/cart"), trouble]),
            ("what is unusual is the disk", [change, finding(start + 4 * M, group, "system.disk.usage")]),
            ("the alert is over", [change, alert(start + 4 * M, "HighCpuUsage", status="resolved", service=group)]),
            ("a build on main is no change", [at(start, "built", service=group), trouble]),
        ]


class QualityDegradation(Pattern):
    name, time, ordered, grouped = "quality_degradation", 15 * M, False, False

    def of(self, group):
        return {}

    def hits(self, group, start, span):
        serious = lambda time, name: alert(time, name, pick("high", "critical", "major", "page"), service=pick("shop", "cart", "mail"))
        return [serious(start, "HighErrorRate"), serious(start + span, "DiskFull")]

    def noise(self, group, start):
        return [alert(start, "Noise", "warning", service="shop")]

    def near(self, group, start):
        first = alert(start, "HighErrorRate", "critical", service="shop")
        return [
            ("the second is a warning", [first, alert(start + 4 * M, "DiskFull", "warning", service="shop")]),
            ("both are warnings", [alert(start, "HighErrorRate", "warning", service="shop"), alert(start + M, "DiskFull", "minor", service="shop")]),
            ("the second says that one is over", [first, alert(start + 4 * M, "DiskFull", "critical", "resolved", service="shop")]),
            ("there is but one", [first]),
            ("the second says nothing of how serious it is", [first, at(start + 4 * M, "alert", alert="HighDiskUsage", status="firing", service="shop")]),
            ("an urgent message is no alert", [first, said(start + M, "urgent: the checkout fails")]),
            ("a finding is no alert of another tool", [first, finding(start + M, "shop", "http_5xx_total", "critical")]),
        ]


class CollaborationBurst(Pattern):
    name, time, grouped = "collaboration_burst", 10 * M, False

    def of(self, group):
        return {}

    def hits(self, group, start, span):
        middle = start + max(1, span // 2)
        return [ticket(start), said(middle, pick(*URGENT)), said(start + span, pick(*URGENT))]

    def noise(self, group, start):
        return [said(start, pick(*CALM)), ticket(start, before="To Do", status="To Do")]

    def near(self, group, start):
        change, urgent = ticket(start), said(start + 2 * M, pick(*URGENT))
        return [
            ("there is but one urgent message", [change, urgent]),
            ("the second message is calm", [change, urgent, said(start + 3 * M, CALM[0])]),
            ("the second is said not to be urgent", [change, urgent, said(start + 3 * M, CALM[2])]),
            ("the second says that it is over", [change, urgent, said(start + 3 * M, CALM[3])]),
            ("the status stays", [ticket(start, before="In Progress"), urgent, said(start + 3 * M, URGENT[1])]),
            ("one of the two came before the change", [said(start - M, URGENT[0]), change, urgent]),
            ("there is no change of status", [urgent, said(start + 3 * M, URGENT[1])]),
        ]


class KnowledgeDiscovery(Pattern):
    name, time, grouped = "knowledge_discovery", 60 * M, False

    def of(self, group):
        return {}

    def long(self, time, characters=None):
        if characters is None and chance.random() < 0.5:
            return at(time, "page", action="page_updated", text="A page about how the shop is run. " * 16)
        return at(time, "page", action="page_created", characters=characters or pick(500, 501, 900, 12_000))

    def rich(self, time, count=None):
        names = ["gateway", "checkout", "ledger", "mailer", "search", "cart", "login"]
        return at(time, "extracted", entities=names[: count or pick(5, 6, 7)])

    def hits(self, group, start, span):
        return [self.long(start), self.rich(start + span)]

    def noise(self, group, start):
        return [at(start, "page", action="page_updated", characters=80), self.rich(start, 2)]

    def near(self, group, start):
        return [
            ("499 characters", [self.long(start, 499), self.rich(start + 5 * M)]),
            ("a short text", [at(start, "page", action="page_updated", text="A short page."), self.rich(start + 5 * M)]),
            ("four entities", [self.long(start, 900), self.rich(start + 5 * M, 4)]),
            ("the page was deleted", [at(start, "page", action="page_deleted", characters=900), self.rich(start + 5 * M)]),
            ("nothing was extracted", [self.long(start, 900)]),
            ("no document", [self.rich(start)]),
            ("a text in which four things are named", [self.long(start, 900), at(start + M, "extracted", text="See SHOP-17, SHOP-18, https://example.com/a and ada@example.com.")]),
        ]


class DeploymentCorrelation(Pattern):
    name, time, ordered = "deployment_correlation", 30 * M, False

    def hits(self, group, start, span):
        change = lambda time: pick(push(time, group, pick("main", "feature/x")), merged(time, group), at(time, "deployed", service=group, outcome="success"))
        trouble = lambda time: pick(finding(time, group, "queue.length", pick("medium", "high")), alert(time, "QueueFull", pick("warning", "high"), service=group))
        return [change(start), trouble(start + span)] if chance.random() < 0.5 else [trouble(start), change(start + span)]

    def noise(self, group, start):
        return [finding(start, group, "queue.length", "low"), at(start, "built", service=group)]

    def near(self, group, start):
        return [
            ("the finding is of little weight", [push(start, group), finding(start + M, group, "queue.length", "low")]),
            ("the roll-out failed", [at(start, "deployed", service=group, outcome="failure"), finding(start + M, group, "queue.length")]),
            ("two changes", [push(start, group), at(start + M, "deployed", service=group, outcome="success")]),
            ("two findings", [finding(start, group, "queue.length"), alert(start + M, "QueueFull", service=group)]),
            ("the alert is over", [push(start, group), alert(start + M, "QueueFull", status="resolved", service=group)]),
            ("a build is no change", [at(start, "built", service=group), finding(start + M, group, "queue.length")]),
            ("the alert names no service", [push(start, group), alert(start + M, "QueueFull")]),
        ]


class DocumentationWithCode(Pattern):
    name, time, ordered = "documentation_with_code", 60 * M, False

    def page(self, time, group):
        return pick(at(time, "page", action="page_updated", repository=group, characters=80), at(time, "page", action="page_created", service=group, characters=80))

    def hits(self, group, start, span):
        change = lambda time: pick(push(time, group, pick("main", "docs/x")), merged(time, group))
        if chance.random() < 0.5:
            return [change(start), self.page(start + span, group)]
        return [self.page(start, group), change(start + span)]

    def noise(self, group, start):
        return [at(start, "built", service=group)]

    def near(self, group, start):
        return [
            ("the page was deleted", [push(start, group), at(start + M, "page", action="page_deleted", repository=group)]),
            ("the change is only proposed", [at(start, "pull_request", repository=group, action="pull_request.opened", target="main", merged=False), self.page(start + M, group)]),
            ("two pages", [self.page(start, group), self.page(start + M, group)]),
            ("two changes", [push(start, group), merged(start + M, group)]),
            ("the page is of nothing", [push(start, group), at(start + M, "page", action="page_updated", characters=80)]),
            ("a roll-out is no change of code", [at(start, "deployed", service=group, outcome="success"), self.page(start + M, group)]),
            ("the branch was deleted", [push(start, group, deleted=True), self.page(start + M, group)]),
        ]


class ProjectWithMessages(Pattern):
    name, time, ordered = "project_with_messages", 15 * M, False
    groups = ["SHOP", "PAY", "OPS", "WEB", "DATA", "MAIL"]

    def of(self, group):
        return {"project": group}

    def rule(self):
        return "Project with messages"

    def message(self, time, group):
        return said(time, pick(f"Who looks at {group}-17?", f"I am done with {group}-4, see https://example.com/{group}-4.", f"({group}-203) is next"))

    def hits(self, group, start, span):
        if chance.random() < 0.5:
            return [ticket(start, group), self.message(start + span, group)]
        return [self.message(start, group), ticket(start + span, group)]

    def noise(self, group, start):
        return [said(start, "Lunch at noon?")]

    def near(self, group, start):
        return [
            ("the message is about another project", [ticket(start, group), self.message(start + M, "OTHER")]),
            ("the message names no ticket", [ticket(start, group), said(start + M, f"How is {group} going?")]),
            ("in small letters it is no ticket", [ticket(start, group), said(start + M, f"see {group.lower()}-17")]),
            ("two tickets and no message", [ticket(start, group), ticket(start + M, group, "In Progress", "Done")]),
            ("two messages and no ticket", [self.message(start, group), self.message(start + M, group)]),
            ("a page is no message", [ticket(start, group), at(start + M, "page", action="page_updated", text=f"about {group}-17")]),
            ("somebody else than the assignee writes", [ticket(start, group, assignee="Ada Lovelace"), said(start + M, "Lunch?", "Alan Turing")]),
        ]


    def special(self, group, start):
        update = ticket(start, group, assignee="Ada Lovelace")
        assignee = {"at": start + M, "rule": "Assignee with messages", "of": {"assignee": "Ada Lovelace"}}
        return [
            ("the assignee writes", [update, said(start + M, "Lunch at noon?", "Ada Lovelace")], [assignee]),
            ("the assignee writes about the project", [update, said(start + M, f"{group}-17 is next", "Ada Lovelace")], [assignee, self.firing(start + M, group)]),
        ]


class AlertCascade(Pattern):
    name, time, ordered = "alert_cascade", 10 * M, False

    def of(self, group):
        return {"service": group}

    def rule(self):
        return "Alert cascade of a service"

    def hits(self, group, start, span):
        one, other = chance.sample(["HighErrorRate", "DiskFull", "QueueFull", "PodRestarts", "SlowAnswers"], 2)
        level = lambda: pick("warning", "high", "info")
        return [alert(start, one, level(), service=group), alert(start + span, other, level(), service=group)]

    def noise(self, group, start):
        return [alert(start, "Noise", status="resolved", service=group)]

    def special(self, group, start):
        source = {"at": start + M, "rule": "Alert cascade of a source", "of": {"source": "alertmanager"}}
        return [("two alerts that name no service", [alert(start, "DiskFull"), alert(start + M, "QueueFull")], [source])]

    def near(self, group, start):
        first = alert(start, "DiskFull", service=group)
        return [
            ("the same alert of two hosts", [first, alert(start + M, "DiskFull", service=group)]),
            ("the second says that one is over", [first, alert(start + M, "QueueFull", status="resolved", service=group)]),
            ("there is but one", [first]),
            ("the second names no service", [first, alert(start + M, "QueueFull")]),
            ("a finding is no alert", [first, finding(start + M, group, "queue.length", "high")]),
            ("a message is no alert", [first, said(start + M, "QueueFull again")]),
            ("the same alert three times", [first, alert(start + M, "DiskFull", service=group), alert(start + 2 * M, "DiskFull", "critical", service=group)]),
        ]


class ChangeThenDegradation(Pattern):
    name, time = "change_then_degradation", 15 * M

    def hits(self, group, start, span):
        change = pick(at(start, "deployed", service=group, outcome="success"), at(start, "configured", service=group, action=pick("update_configuration", "create_flag", "delete_route"), outcome="success"))
        trouble = pick(finding(start + span, group, pick("http_5xx_total", "error.rate", "p99_latency_ms")), alert(start + span, "HighErrorRate", pick("high", "critical"), service=group))
        return [change, trouble]

    def noise(self, group, start):
        return [finding(start, group, "system.cpu.utilization"), at(start, "configured", service=group, action="get_configuration", outcome="success")]

    def near(self, group, start):
        change, trouble = at(start, "deployed", service=group, outcome="success"), finding(start + M, group, "error.rate")
        return [
            ("the roll-out failed", [at(start, "deployed", service=group, outcome="failure"), trouble]),
            ("somebody only looked", [at(start, "configured", service=group, action="get_configuration", outcome="success"), trouble]),
            ("the change of configuration was refused", [at(start, "configured", service=group, action="update_configuration", outcome="failure"), trouble]),
            ("what is unusual is the CPU", [change, finding(start + M, group, "system.cpu.utilization")]),
            ("the alert is a warning", [change, alert(start + M, "HighErrorRate", "warning", service=group)]),
            ("the alert is over", [change, alert(start + M, "HighErrorRate", "critical", "resolved", service=group)]),
            ("a push is no roll-out", [push(start, group), trouble]),
        ]


class CredentialCompromise(Pattern):
    name, time, ordered, late_over = "credential_compromise", 60 * M, False, 30 * M
    groups = ["ada", "bob", "cid", "dan", "eve", "fay"]
    LIKELY, ALL = "Credential compromise is likely", "Credential compromise"

    def of(self, group):
        return {"user": f"arn:aws:iam::123456789012:user/{group}"}

    def rule(self):
        return self.LIKELY

    def login(self, time, user, factor="No", address="192.0.2.1"):
        return at(time, "console", user=user, factor=factor, address=address)

    def foothold(self, time, user, error=None):
        service, name = pick(("iam", "CreateAccessKey"), ("iam", "AttachUserPolicy"), ("cloudtrail", "StopLogging"))
        return call(time, user, service, name, error)

    def denied(self, time, user, count=10, apart=30):
        """The last at this time."""
        begins = time - (count - 1) * apart
        return [call(begins + number * apart, user, "ec2", "RunInstances", pick("AccessDenied", "Client.UnauthorizedOperation")) for number in range(count)]

    def looks(self, time, user, names=("ListUsers", "ListRoles", "ListAccessKeys")):
        return [call(time - (len(names) - 1 - number) * 20, user, "iam", name) for number, name in enumerate(names)]

    def hits(self, group, start, span):
        return [self.login(start, group), self.foothold(start + span, group)]

    def noise(self, group, start):
        return [call(start, group, "ec2", "DescribeInstances"), self.login(start, group, "Yes")]

    def near(self, group, start):
        login, foothold = self.login(start, group), self.foothold(start + 30 * M, group)
        return [
            ("the sign-in has a second factor", [self.login(start, group, "Yes"), foothold]),
            ("the foothold was denied", [login, self.foothold(start + M, group, "AccessDenied")]),
            ("nine calls are denied", [login, *self.denied(start + 10 * M, group, 9)]),
            ("ten calls are denied in eleven minutes", [login, *self.denied(start + 20 * M, group, 10, 74)]),
            ("two different looks, one of them twice", [login, *self.looks(start + 5 * M, group, ("ListUsers", "ListRoles", "ListUsers"))]),
            ("two footholds", [foothold, self.foothold(start + 35 * M, group)]),
            ("two sign-ins", [login, self.login(start + M, group)]),
        ]

    def special(self, group, start):
        likely = lambda time: {"at": time, "rule": self.LIKELY}
        both = lambda second, third: [likely(second), {"at": third, "rule": self.ALL}]
        day = 24 * 60 * M
        return [
            ("a sign-in, then many denied calls", [self.login(start, group), *self.denied(start + 20 * M, group)], [likely(start + 20 * M)]),
            ("looks, then a foothold", [*self.looks(start + M, group), self.foothold(start + 9 * M, group)], [likely(start + 9 * M)]),
            ("all three", [self.login(start, group), *self.looks(start + 5 * M, group), self.foothold(start + 9 * M, group)], both(start + 5 * M, start + 9 * M)),
            ("a new address after a week, then a foothold",
             [self.login(start, group, "Yes", "192.0.2.1"), self.login(start + 8 * day, group, "Yes", "198.51.100.7"), self.foothold(start + 8 * day + 9 * M, group)],
             [likely(start + 8 * day + 9 * M)]),
        ]


class CascadingFailure(Pattern):
    name, time, ordered = "cascading_failure", 5 * M, False
    groups = ["store", "bank", "maps", "news", "chat", "play"]

    def of(self, group):
        return {"application": group}

    def hits(self, group, start, span):
        names = chance.sample(["shop", "cart", "mail", "search", "login"], 3)
        times = [start, start + span // 2, start + span]
        return [alert(time, "HighErrorRate", pick("high", "critical"), service=name, namespace=group) for time, name in zip(times, names)]

    def noise(self, group, start):
        return [alert(start, "Noise", "warning", service="other", namespace=group)]

    def near(self, group, start):
        of = lambda time, service, severity="critical", status="firing", namespace=group: alert(time, "HighErrorRate", severity, status, service=service, namespace=namespace)
        two = [of(start, "shop"), of(start + M, "cart")]
        return [
            ("two services", two),
            ("three alerts of two services", [*two, alert(start + 2 * M, "DiskFull", "critical", service="cart", namespace=group)]),
            ("the third is a warning", [*two, of(start + 2 * M, "mail", "warning")]),
            ("the third is over", [*two, of(start + 2 * M, "mail", "critical", "resolved")]),
            ("the third is of another application", [*two, of(start + 2 * M, "mail", namespace="elsewhere")]),
            ("the third names no service", [*two, alert(start + 2 * M, "HighErrorRate", "critical", namespace=group)]),
            ("the third is a finding", [*two, finding(start + 2 * M, "mail", "error.rate", "critical")]),
        ]


class RunawayCost(Pattern):
    name, time, late_over = "runaway_cost_or_drift", 120 * M, 30 * M
    groups = ["111111111111", "222222222222", "333333333333", "444444444444", "555555555555", "666666666666"]
    DRIFT = "Change without a ticket"

    def of(self, group):
        return {"account": group}

    def rule(self):
        return "Runaway cost after growth"

    def grow(self, time, group, error=None):
        return call(time, "ada", "ec2", pick("RunInstances", "CreateFleet"), error, account=group)

    def hits(self, group, start, span):
        spent = pick(at(start + span, "cost", account=group, measure="aws.billing.estimated_charges"), at(start + span, "budget", account=group))
        return [self.grow(start, group), spent]

    def noise(self, group, start):
        return [call(start, "ada", "ec2", "DescribeInstances", account=group), at(start, "cost", account=group, measure="system.cpu.utilization")]

    def near(self, group, start):
        spent = at(start + 30 * M, "cost", account=group, measure="aws.billing.estimated_charges")
        changed = at(start, "configured", service="shop", action="update_configuration", outcome="success")
        return [
            ("no machine was started", [self.grow(start, group, "Client.InstanceLimitExceeded"), spent]),
            ("somebody only looked", [call(start, "ada", "ec2", "DescribeInstances", account=group), spent]),
            ("what is unusual is not cost", [self.grow(start, group), at(start + M, "cost", account=group, measure="system.cpu.utilization")]),
            ("nothing unusual is spent", [self.grow(start, group)]),
            ("a ticket follows the change", [changed, at(start + 10 * M, "task", service="shop", status="In Progress")]),
            ("a ticket follows at the last moment", [changed, at(start + 30 * M, "task", service="shop", status="In Review")]),
            ("the change was refused", [at(start, "configured", service="shop", action="update_configuration", outcome="failure")]),
        ]

    def special(self, group, start):
        changed = at(start, "configured", service="shop", action="update_configuration", outcome="success")
        drift = [{"at": start, "rule": self.DRIFT, "of": {"component": "shop"}}]
        return [
            ("a change, and no ticket", [changed], drift),
            ("the ticket comes a second too late", [changed, at(start + 30 * M + 1, "task", service="shop", status="In Progress")], drift),
            ("the ticket is of another service", [changed, at(start + M, "task", service="cart", status="In Progress")], drift),
            ("the ticket is not in work", [changed, at(start + M, "task", service="shop", status="To Do")], drift),
        ]


# ---- The kinds of timelines.

class Timelines:
    def __init__(self, pattern):
        self.pattern, self.all = pattern, []

    def add(self, kind, name, events, fires):
        """`fires` are times, or mappings with a time; group and rule are those of the pattern unless they say it."""
        self.all.append({"name": name, "kind": kind, "events": events, "fires": fires})

    def make(self):
        pattern, W = self.pattern, self.pattern.time
        groups = itertools.cycle(pattern.groups)
        start = lambda: chance.randrange(60, 600)
        # Positive.
        for name, span in (("at once", 2), ("in time", W // 3), ("nearly too late", W - 1), ("at the last moment", W)):
            group, t = next(groups), start()
            self.add("positive", name, pattern.hits(group, t, span), [pattern.firing(t + span, group)])
        group, t = next(groups), start()
        hits = pattern.hits(group, t, W // 2)
        between = pattern.noise(group, t + W // 4)
        self.add("positive", "with other things between", sorted(hits + between, key=lambda of: of["at"]), [pattern.firing(t + W // 2, group)])
        group, t = next(groups), start()
        again = t + 3 * W
        self.add("positive", "twice, far apart", pattern.hits(group, t, W // 2) + pattern.hits(group, again, W // 3), [pattern.firing(t + W // 2, group), pattern.firing(again + W // 3, group)])
        if hasattr(pattern, "special"):
            group, t = next(groups), start()
            for name, events, fires in pattern.special(group, t):
                self.add("positive", name, events, [{"of": pattern.of(group), **of} for of in fires])
        # Near misses.
        group, t = next(groups), start()
        self.add("near-miss", "a second too late", pattern.hits(group, t, W + 1), [])
        for name, events in pattern.near(group, start()):
            self.add("near-miss", name, events, [])
        if pattern.grouped:
            one, other = pattern.hits(group, t, W // 3), pattern.hits(next(groups), t, W // 3)
            self.add("near-miss", "the last hit is of another group", one[:-1] + other[-1:], [])
        if pattern.ordered:
            self.add("near-miss", "in the wrong order", self.turned(pattern.hits(group, t, W // 3)), [])
            self.add("near-miss", "all at one moment", [{**of, "at": t} for of in pattern.hits(group, t, W // 3)], [])
        # Out of order: arrivals turned, their own times right; and the other way round.
        for delay in (90, 5 * M, 9 * M):
            group, t = next(groups), start()
            hits = pattern.hits(group, t, min(W, delay) // 2)
            hits[0]["arrives"] = t + delay
            self.add("out-of-order", "the first arrives after the last", hits, [pattern.firing(t + min(W, delay) // 2, group)])
        if pattern.ordered:
            for delay in (2 * M, 6 * M):
                group, t = next(groups), start()
                hits = self.turned(pattern.hits(group, t, M))
                hits.sort(key=lambda of: -of["at"])
                for number, of in enumerate(hits):
                    of["arrives"] = t + M + delay + number
                self.add("out-of-order", "they arrive in the right order and happened in the wrong one", hits, [])
        # Late.
        for late, counts in ((4 * M, True), (9 * M, True), (pattern.late_over + M, False), (pattern.late_over + 5 * M, False)):
            group, t = next(groups), start()
            hits = pattern.hits(group, t, min(W // 2, 3 * M))
            first = next(of for of in hits if of["send"] not in ("finding", "cost"))
            first["arrives"] = first["at"] + late
            end = max(of["at"] for of in hits)
            self.add("late", f"a hit arrives {late // M} min late", hits, [pattern.firing(end, group)] if counts else [])
        # Duplicates.
        for _ in range(2):
            group, t = next(groups), start()
            hits = pattern.hits(group, t, W // 3)
            twice = []
            for number, of in enumerate(hits):
                of["id"] = f"d{len(self.all)}-{number}"
                twice += [of, {**of, "arrives": of["at"] + chance.randrange(1, 60)}]
            self.add("duplicate", "each message comes twice", twice, [pattern.firing(t + W // 3, group)])
        group, t = next(groups), start()
        hits = pattern.hits(group, t, W // 3)[:-1]
        twice = []
        for number, of in enumerate(hits):
            of["id"] = f"d{len(self.all)}-{number}"
            twice += [of, {**of, "arrives": of["at"] + 30}, {**of, "arrives": of["at"] + 50}]
        self.add("duplicate", "all but the last, three times", twice, [])
        # Tenants.
        group, t = next(groups), start()
        full, part = pattern.hits(group, t, W // 3), pattern.hits(group, t + 1, W // 3)[:-1]
        mixed = [{**of, "tenant": "red"} for of in full] + [{**of, "tenant": "blue"} for of in part]
        self.add("tenants", "one has all of it, the other a part", mixed, [pattern.firing(t + W // 3, group, "red")])
        both = [{**of, "tenant": tenant} for tenant in ("red", "blue") for of in pattern.hits(group, t, W // 3)]
        self.add("tenants", "both have all of it", both, [pattern.firing(t + W // 3, group, tenant) for tenant in ("red", "blue")])
        hits = pattern.hits(group, t, W // 3)
        split = [{**of, "tenant": "red"} for of in hits[:-1]] + [{**hits[-1], "tenant": "blue"}]
        self.add("tenants", "the last hit is another tenant's", split, [])
        return self.all

    @staticmethod
    def turned(hits):
        """The same messages, in time from the last to the first."""
        times = sorted((of["at"] for of in hits), reverse=True)
        return sorted(({**of, "at": time} for of, time in zip(hits, times)), key=lambda of: of["at"])


# ---- Writing.

def flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        plain = value.replace("-", "").replace("_", "").replace(".", "").replace("/", "")
        return value if plain.isalnum() and not plain[0].isdigit() and value not in ("No", "Yes") else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def event(of):
    of = dict(of)
    of["at"] = f"{of['at']}s"
    if "arrives" in of:
        of["arrives"] = f"{of['arrives']}s"
    return "    - " + flow(of)


def written(pattern, timelines):
    used = {of["send"] for timeline in timelines for of in timeline["events"]}
    lines = [f"# Written by generate.py; what each says is told there. {len(timelines)} timelines of {pattern.name}.", "events:"]
    lines += [f"  {name}: {json.dumps(message)}" for name, message in MESSAGES.items() if name in used]
    lines.append("timelines:")
    for timeline in timelines:
        fires = [{**of, "at": f"{of['at']}s"} for of in timeline["fires"]]
        lines += [f"- name: {flow(timeline['name'])}", f"  kind: {timeline['kind']}", "  events:"]
        lines += [event(of) for of in timeline["events"]]
        lines.append(f"  fires: {flow(fires)}")
    return "\n".join(lines) + "\n"


PATTERNS = [DeploymentSequence, QualityDegradation, CollaborationBurst, KnowledgeDiscovery, DeploymentCorrelation, DocumentationWithCode,
            ProjectWithMessages, AlertCascade, ChangeThenDegradation, CredentialCompromise, CascadingFailure, RunawayCost]


def main():
    total = 0
    for make in PATTERNS:
        pattern = make()
        timelines = Timelines(pattern).make()
        total += len(timelines)
        (HERE / f"{pattern.name}.yaml").write_text(written(pattern, timelines))
    print(f"{total} timelines of {len(PATTERNS)} patterns")


if __name__ == "__main__":
    main()
