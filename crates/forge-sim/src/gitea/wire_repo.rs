//! A repository as the tracker writes it: some sixty keys, of which a mirror needs five.

use serde_json::{Value, json};

use crate::config::{Access, Flavour};
use crate::gitea::wire;
use crate::sim::Sim;
use crate::time::rfc3339;
use crate::world::Repo;

/// The repository as somebody with this access sees it.
pub(crate) fn repository(sim: &Sim, repo: &Repo, access: Access) -> Value {
    let root = &sim.config.root_url;
    let path = sim.world.path(repo);
    let open = repo.issues.values().filter(|row| row.get().closed_at.is_none() && !row.get().pull).count();
    let mut value = json!({
        "id": repo.id, "owner": wire::user(sim, repo.owner), "name": repo.name, "full_name": path, "description": "",
        "empty": true, "private": repo.private, "fork": false, "template": false, "mirror": false, "size": 22,
        "language": "", "languages_url": format!("{}/languages", wire::api(sim, repo)),
        "html_url": format!("{root}/{path}"), "url": wire::api(sim, repo), "link": "",
        "ssh_url": format!("git@tracker.test:{path}.git"), "clone_url": format!("{root}/{path}.git"),
        "original_url": "", "website": "", "stars_count": 0, "forks_count": 0, "watchers_count": 1,
        "open_issues_count": open, "open_pr_counter": 0, "release_counter": 0, "default_branch": "main",
        "archived": repo.archived, "created_at": rfc3339(repo.created), "updated_at": rfc3339(repo.updated),
        "archived_at": "1970-01-01T00:00:00Z",
        "permissions": { "admin": access == Access::Admin, "push": access >= Access::Write, "pull": true },
        "has_issues": repo.has_issues, "mirror_updated": "0001-01-01T00:00:00Z", "repo_transfer": null, "parent": null
    });
    let settings = json!({ "has_wiki": true, "has_pull_requests": true, "has_projects": true,
        "has_releases": true, "has_packages": true, "has_actions": true, "ignore_whitespace_conflicts": false,
        "allow_merge_commits": true, "allow_rebase": true, "allow_rebase_explicit": true,
        "allow_squash_merge": true, "allow_fast_forward_only_merge": true, "allow_rebase_update": true,
        "default_delete_branch_after_merge": false, "default_merge_style": "merge",
        "default_allow_maintainer_edit": false, "avatar_url": "", "internal": false, "mirror_interval": "",
        "object_format_name": "sha1" });
    if let (Value::Object(all), Value::Object(more)) = (&mut value, settings) {
        all.extend(more);
    }
    if repo.has_issues {
        value["internal_tracker"] = json!({ "enable_time_tracker": true,
            "allow_only_contributors_to_track_time": true, "enable_issue_dependencies": true });
    }
    match sim.config.flavour {
        Flavour::Gitea => {
            value["projects_mode"] = json!("all");
            value["licenses"] = Value::Null;
            value["topics"] = json!([]);
        }
        Flavour::Forgejo => {
            value["wiki_branch"] = json!("main");
        }
    }
    value
}
