//! Paths in a repository that a change should be careful with.
//!
//! **Invariant:** a path is sensitive by whole words of it, so `author.md` is not about
//! authentication.

use super::text::{beginning, parts};

/// So much of a path is looked at.
const PATH_BYTES_MAX: usize = 256;

/// Longer words are none of the table.
const WORD_BYTES_MAX: usize = 16;

/// What these paths touch, each once.
pub(super) fn sensitive<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<&'static str> {
    let mut found = Vec::new();
    for path in paths {
        for reason in of_path(beginning(path, PATH_BYTES_MAX)) {
            if !found.contains(&reason) {
                found.push(reason);
            }
        }
    }
    found
}

fn of_path(path: &str) -> impl Iterator<Item = &'static str> {
    let by_words = parts(path).filter(|part| part.len() <= WORD_BYTES_MAX).filter_map(of_word);
    of_file(path).into_iter().chain(by_words)
}

/// Files that have one name, or one ending, everywhere.
fn of_file(path: &str) -> Option<&'static str> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    match (file, ending) {
        (".gitlab-ci.yml" | "Jenkinsfile" | "azure-pipelines.yml", _) => Some("path:ci"),
        ("bitbucket-pipelines.yml" | ".travis.yml", _) => Some("path:ci"),
        _ if folder.ends_with(".github/workflows") => Some("path:ci"),
        ("compose.yaml" | "compose.yml", _) => Some("path:container"),
        (".env", _) | (_, "pem" | "key" | "p12" | "pfx" | "env") => Some("path:secrets"),
        (_, "tf" | "tfvars" | "hcl") => Some("path:infrastructure"),
        (_, "sql") => Some("path:migrations"),
        _ => None,
    }
}

fn of_word(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "migration" | "migrations" | "migrate" => Some("path:migrations"),
        "terraform" | "pulumi" | "cloudformation" | "helm" | "charts" | "ansible"
        | "kubernetes" | "k8s" | "kustomization" => Some("path:infrastructure"),
        "dockerfile" | "containerfile" | "docker" => Some("path:container"),
        "circleci" | "buildkite" => Some("path:ci"),
        "iam" | "rbac" | "permissions" | "policy" | "policies" => Some("path:iam"),
        "auth" | "oauth" | "oidc" | "saml" | "sso" | "login" | "password" | "authentication"
        | "authorization" => Some("path:auth"),
        "secret" | "secrets" | "credential" | "credentials" | "vault" => Some("path:secrets"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn paths_are_sensitive_by_whole_words() {
        let paths = [
            "db/migrations/0007_orders.rs",
            "schema.sql",
            "infra/vpc.tf",
            "charts/cart/values.yaml",
            "build/Dockerfile.arm",
            "docker-compose.yml",
            ".github/workflows/test.yml",
            "Jenkinsfile",
            "src/iam/roles.rs",
            "src/AuthService.java",
            "config/secrets.yaml",
            ".env",
            "tls/server.key",
            "AUTHORS.md",
            "src/author.rs",
            "docs/circle.md",
            "monkey",
            "",
        ];
        let of = |path: &&str| format!("{path}: {}", sensitive(std::iter::once(*path)).join(" "));
        expect![[r#"
            db/migrations/0007_orders.rs: path:migrations
            schema.sql: path:migrations
            infra/vpc.tf: path:infrastructure
            charts/cart/values.yaml: path:infrastructure
            build/Dockerfile.arm: path:container
            docker-compose.yml: path:container
            .github/workflows/test.yml: path:ci
            Jenkinsfile: path:ci
            src/iam/roles.rs: path:iam
            src/AuthService.java: path:auth
            config/secrets.yaml: path:secrets
            .env: path:secrets
            tls/server.key: path:secrets
            AUTHORS.md: 
            src/author.rs: 
            docs/circle.md: 
            monkey: 
            : "#]]
        .assert_eq(&paths.iter().map(of).collect::<Vec<_>>().join("\n"));
    }
}
